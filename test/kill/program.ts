import { flowStream, type Results, Session } from 'braid'
import { planOf } from './plan.ts'

/**
 * Begins the plan, or goes on with it, and writes down what it is shown, a line each, before it asks for more. It is killed at any moment.
 */
const [path = '', url = '', ledger = ''] = process.argv.slice(2)
// Everything is loaded by now: what may be killed begins here.
say({ ready: true })
const session = await Session.open(path)
const builder = planOf(session, { url, ledger })
const [last] = await session.runs.list({ last: 1 })
let results: Results
// It may have been killed when everything was done but the telling.
if (last?.status === 'completed') results = await last.results()
else {
  const stream = last === undefined ? flowStream(builder) : session.resume(last.id, builder)
  for await (const [operationId, chunk] of stream) {
    if (chunk.type === 'operation-end') say({ ended: operationId, status: chunk.status })
    if (chunk.type === 'tool-result' && chunk.toolName === 'book') say({ booked: JSON.stringify(chunk.input) })
  }
  results = await stream.results
}
say({ results: [...results].map(([id, outcome]) => [id, outcome.status === 'completed' ? outcome.result : outcome]) })
await session.close()

/** Written before the next thing happens: a pipe is written to at once. */
function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
