// Seed example 4: two models at once, one merged stream.
import { Builder, flowStream, iModel } from 'braid'

const gpt = new iModel({ provider: 'openai', model: 'gpt-4o-mini', name: 'gpt' })
const claude = new iModel({ provider: 'anthropic', model: 'claude-haiku-4-5', name: 'claude' })

const builder = new Builder()
const answers = builder.fanOut([gpt, claude], (imodel) =>
  builder.generate({ name: imodel.name, instruction: 'What is the future of AI?', imodel }),
)

const stream = flowStream(builder)
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'operation-start') console.log(`[${operationId}] Starting...`)
  if (chunk.type === 'text-delta') process.stdout.write(`[${operationId}] ${chunk.data}`)
}
const results = await stream.results
for (const answer of results.all(answers)) console.log(answer.slice(0, 200))
