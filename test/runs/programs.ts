// Processes of their own: `node programs.ts <program> <what it is given, as JSON>`. Each says where its run is, and then goes on until it is killed.
import { tool } from '@braid/core'
import { Builder, flowStream, type Run, Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { openStore } from '@braid/sqlite'
import { z } from 'zod'

interface Given {
  readonly path: string
  readonly url: string
}

/** One turn is done, and another one in the middle of its answer, which never ends. */
async function halfWay({ path, url }: Given): Promise<void> {
  const session = await open(path, url)
  const builder = new Builder({ session })
  const first = builder.communicate({ name: 'first', instruction: 'one', branch: 'talk', imodel: 'model' })
  builder.communicate({ name: 'second', instruction: 'two', branch: 'talk', imodel: 'model', dependsOn: first })
  const run = await flowStream(builder).detach()
  await until(session, run, (said) => said.includes('so far'))
}

/** A step is done, in which a tool was called that is to run once; in the next one it was called again, and another call does not end. */
async function inAStep({ path, url }: Given): Promise<void> {
  const session = await open(path, url)
  let paid = 0
  const pay = tool({
    name: 'pay',
    description: 'pays',
    input: z.object({ to: z.string() }),
    once: true,
    run: () => `receipt ${++paid}`,
  })
  const wait = tool({
    name: 'wait',
    description: 'waits',
    input: z.object({}),
    run: () => new Promise<string>(() => {}),
  })
  session.services.register(pay, wait)
  const builder = new Builder({ session })
  builder.react({ name: 'agent', instruction: 'pay both', branch: 'talk', imodel: 'model', tools: ['pay', 'wait'] })
  const run = await flowStream(builder).detach()
  await until(session, run, (said) => said.includes('receipt 2'))
}

/** A call waits for somebody to approve it. */
async function asking({ path, url }: Given): Promise<void> {
  const session = await open(path, url)
  const wipe = tool({
    name: 'wipe',
    description: 'wipes',
    input: z.object({ disk: z.string() }),
    approval: true,
    run: ({ disk }) => `wiped ${disk}`,
  })
  session.services.register(wipe)
  const builder = new Builder({ session })
  builder.react({ name: 'agent', instruction: 'wipe it', branch: 'talk', imodel: 'model', tools: ['wipe'] })
  builder.task({
    name: 'other',
    run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  })
  const run = await flowStream(builder).detach()
  await until(session, run, (said) => said.includes('tool-approval-request'))
  await run.results().catch(() => {})
  await session.close()
}

async function open(path: string, url: string): Promise<Session> {
  const store = await openStore(path)
  const session = new Session({}, { store, record: await store.session() })
  session.services.register(new iModel('openai/model', { name: 'model', baseUrl: url, apiKey: 'key' }))
  return session
}

/** Says its run's id when this holds of all that is in the store. */
async function until(session: Session, run: Run, holds: (said: string) => boolean): Promise<void> {
  const other = new Session({}, { store: session.store })
  let said = ''
  let text = ''
  for await (const [, chunk] of (await stored(other, run.id)).stream()) {
    said += JSON.stringify(chunk)
    if (chunk.type === 'text-delta') text += chunk.data
    if (holds(said + text)) break
  }
  process.send?.({ runId: run.id })
  // It does not end by itself.
  setInterval(() => {}, 1_000)
}

/** The run as another process would have it: what it reads is in the file. */
async function stored(session: Session, id: string): Promise<Run> {
  for (;;) {
    const run = (await session.runs.list()).find((each) => each.id === id)
    if (run) return run
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const PROGRAMS: Readonly<Record<string, (given: Given) => Promise<void>>> = {
  'half-way': halfWay,
  'in-a-step': inAStep,
  asking,
}

const [, , name = '', given = '{}'] = process.argv
const program = PROGRAMS[name]
if (!program) throw new Error(`no program "${name}"; there are: ${Object.keys(PROGRAMS).join(', ')}`)
await program(JSON.parse(given) as Given)
