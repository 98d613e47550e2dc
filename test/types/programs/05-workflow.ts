// Seed example 5: a workflow, as it runs.
import { Builder, flow, flowStream, iModel, Session } from 'braid'

const session = await Session.open('work.db')
const model = new iModel({ provider: 'openai', model: 'gpt-4o-mini', temperature: 0.7 })
session.services.register(model)

const builder = new Builder({ session })
const research = builder.communicate({
  instruction: 'List 3 key benefits of exercise',
  imodel: model.name,
  branch: 'research',
})
const article = builder.communicate({
  instruction: 'Write a short article using these benefits',
  branch: 'article',
  contextFrom: [research],
})

for await (const [operationId, chunk] of flowStream(builder.operations)) {
  const operation = builder.operations.find((each) => each.id === operationId)
  if (chunk.type === 'text-delta') process.stdout.write(`[${operation?.branch}] ${chunk.data}`)
}
const results = await flow(builder.operations)
console.log(results.get(research).length, results.get(article).length)
