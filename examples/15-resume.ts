// Started again after a crash, this program goes on where it was.
import './local.ts'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Builder, flowStream, Session } from 'braid'

async function nightly(): Promise<void> {
  await using session = await Session.open('.braid/nightly.db', { imodel: 'openai/gpt-4o' })
  const builder = new Builder({ session })
  const instruction = 'Summarise the incident reports of the day'
  const read = builder.communicate({ name: 'read', instruction, branch: 'nightly' })
  const plan = builder.communicate({
    name: 'plan',
    instruction: 'What should we fix first?',
    contextFrom: read,
    branch: 'nightly',
  })
  const [unfinished] = await session.runs.list({ status: 'interrupted', last: 1 })
  const stream = unfinished ? session.resume(unfinished.id, builder) : flowStream(builder)
  for await (const [operationId, chunk] of stream) {
    if (chunk.type === 'operation-start') console.log(`${operationId} begins`)
    if (chunk.type === 'operation-reset') console.log(`${operationId}: attempt ${chunk.attempt}`)
    if (chunk.type === 'operation-end') console.log(`${operationId} ${chunk.status}`)
    // The power fails while it plans.
    if (crashes && operationId === 'plan' && chunk.type === 'text-delta') process.kill(process.pid, 'SIGKILL')
  }
  console.log(await stream.result(read))
  console.log(await stream.result(plan))
}

const crashes = process.argv[2] === 'crashes'
if (!crashes) {
  await once(fork(fileURLToPath(import.meta.url), ['crashes']), 'exit')
  console.log('the process was killed; here is the next one')
}
await nightly()
