// Tried again, with growing waits, where that may help. (Without a key, the provider is overloaded at first, and then breaks off.)
import './local.ts'
import { Builder, flowStream, iModel, Session } from 'braid'

// Before its first word a model asks again by itself, and nobody sees it.
// At most so many times in all; the first wait is up to 20 ms, each further one up to twice as long. Default: errors that are `retryable`.
const imodel = new iModel('openai/gpt-4o-mini', { retry: { attempts: 4, backoff: 20, on: (error) => error.retryable } })
await using session = new Session({ imodel })
const builder = new Builder({ session })
const answer = builder.communicate({
  name: 'answer',
  instruction: 'Explain exponential backoff',
  branch: 'chat',
  // What was shown can only be begun anew, which is an attempt of the operation. What the model has given up itself is not tried again here.
  retry: { attempts: 2, backoff: 20 },
})

const stream = flowStream(builder)
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'text-delta') process.stdout.write(chunk.data)
  // What was shown of the attempt before is to be forgotten.
  if (chunk.type === 'operation-reset') console.log(`\n[${operationId}, attempt ${chunk.attempt}: ${chunk.error.code}]`)
}
const outcome = (await stream.results).outcome(answer)
console.log(`\n${outcome.status === 'completed' ? outcome.attempts : 'no'} attempts`)

// The question is there once, what had come of the answer before is there as well, marked.
for (const { role, status } of await (await session.branch('chat')).messages()) console.log(role, status)
