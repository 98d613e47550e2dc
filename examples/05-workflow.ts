// A workflow, as it runs: the article is written from the research, and both end up on their branches.
import './local.ts'
import { Builder, flow, flowStream, iModel, Session } from 'braid'

await using session = await Session.open('.braid/exercise.db')
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
  if (chunk.type === 'operation-start') process.stdout.write(`[${builder.get(operationId).branch}] `)
  if (chunk.type === 'text-delta') process.stdout.write(chunk.data)
  if (chunk.type === 'operation-end') console.log('\n')
}

const results = await flow(builder.operations) // completed above, so nothing runs again
console.log(results.get(research).split('\n').length, 'benefits,', results.get(article).length, 'characters')
