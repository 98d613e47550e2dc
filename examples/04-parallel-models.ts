// Two models at once, one merged stream: what they say arrives interleaved, each piece with the name of who said it.
import './local.ts'
import { Builder, flowStream, iModel } from 'braid'

const gpt = new iModel({ provider: 'openai', model: 'gpt-4o-mini', name: 'gpt' })
const claude = new iModel({ provider: 'anthropic', model: 'claude-haiku-4-5', name: 'claude' })

const builder = new Builder()
const answers = builder.fanOut([gpt, claude], (imodel) =>
  builder.generate({ name: imodel.name, instruction: 'What is the future of AI?', imodel }),
)

const pieces = new Map<string, number>()
const stream = flowStream(builder)
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'operation-start') console.log(`[${operationId}] Starting...`)
  if (chunk.type === 'text-delta') {
    const count = (pieces.get(operationId) ?? 0) + 1
    pieces.set(operationId, count)
    if (count <= 5) console.log(`[${operationId}] ${chunk.data}`)
  }
  if (chunk.type === 'operation-end') console.log(`[${operationId}] Complete (${pieces.get(operationId)} pieces)`)
}

const results = await stream.results
for (const answer of results.all(answers)) console.log(`\n(${answer.length} characters) ${answer.slice(0, 200)}`)
