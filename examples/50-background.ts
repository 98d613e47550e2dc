// A run in the background: whoever started it goes on, somebody else watches it, and its results are there in the end.
import './local.ts'
import { appendFile, readFile } from 'node:fs/promises'
import { Builder, flowStream, Session } from 'braid'

await using session = await Session.open('.braid/background.db', { imodel: 'openai/gpt-4o-mini' })

async function launch(): Promise<string> {
  const builder = new Builder({ session })
  builder.communicate({ name: 'audit', instruction: 'Find gaps in the login module', branch: 'login' })
  builder.communicate({ name: 'fixes', instruction: 'Draft a fix for each gap', branch: 'login' })
  const run = await flowStream(builder).detach()
  return run.id
}

/** Leaving the loop, or failing in it, stops the watching and not the run. */
async function watch(id: string): Promise<void> {
  const run = await session.runs.get(id)
  for await (const [operationId, chunk] of run.stream()) {
    if (chunk.type === 'operation-start') await appendFile('.braid/run.log', `▶ ${operationId}\n`)
    if (chunk.type === 'operation-end') await appendFile('.braid/run.log', `${chunk.status} ${operationId}\n`)
  }
}

const id = await launch()
const watching = watch(id)
const run = await session.runs.get(id)
console.log(`${(await session.runs.list({ status: 'running' })).length} run is ${run.status}; go and have a coffee`)

for (const [operationId, outcome] of await run.results()) console.log(operationId, outcome.status)
await watching
console.log(`\n${await readFile('.braid/run.log', 'utf8')}`)

// What was said is on the branch, and the conversation goes on from there: now, or when the file is opened again.
console.log(await session.conduct('communicate', 'login', { instruction: 'Which gap is the worst?' }))
