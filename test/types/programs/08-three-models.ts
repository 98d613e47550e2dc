// One question, three models, whatever became of each.
import { Builder, flow, iModel } from 'braid'

const models = [
  new iModel('openai/gpt-4o-mini', { name: 'gpt' }),
  new iModel('anthropic/claude-haiku-4-5', { name: 'claude' }),
  new iModel('gemini/gemini-2.5-flash', { name: 'gemini', timeout: { first: 5_000 } }),
]
const builder = new Builder()
builder.fanOut(models, (imodel) =>
  builder.generate({ name: imodel.name, imodel, instruction: 'Name one thing most people get wrong about SQLite.' }),
)

const results = await flow(builder, { onError: 'continue', concurrency: 2 })
for (const [operationId, outcome] of results) {
  switch (outcome.status) {
    case 'completed':
      console.log(operationId, outcome.durationMs, outcome.usage.outputTokens)
      break
    case 'failed':
      console.log(operationId, outcome.error.code, outcome.partial?.text)
      break
    case 'skipped':
      console.log(operationId, 'skipped because of', outcome.because)
      break
    case 'cancelled':
      console.log(operationId, 'cancelled', outcome.reason)
      break
    default:
      outcome satisfies never
  }
}
