import { BraidError, type Change, Message, type Model } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { type AuditEntry, Builder, flow, MemoryStore, Session } from '../src/index.ts'
import { thrown } from './material.ts'

const CARD = /\d{4} \d{4}/g

/** Card numbers become stars. */
function redact(message: Message): Message {
  const { content } = message
  if (content.type === 'instruction') {
    return new Message({ ...message, content: { ...content, instruction: content.instruction.replace(CARD, '****') } })
  }
  if (content.type === 'system')
    return new Message({ ...message, content: { ...content, system: content.system.replace(CARD, '****') } })
  if (content.type !== 'assistant-response') return message
  const parts = content.parts.map((part) =>
    part.type === 'text' ? { ...part, text: part.text.replace(CARD, '****') } : part,
  )
  return new Message({ ...message, content: { ...content, parts } })
}

/** Keeps what was written. */
class WatchedStore extends MemoryStore {
  readonly runs = {
    run: async () => undefined,
    runs: async () => [],
    operations: async () => [],
    log: async () => [],
    memos: async () => [],
    requests: async () => [],
  }
  readonly written: Change[] = []

  override async write(changes: readonly Change[]): Promise<void> {
    await super.write(changes)
    this.written.push(...changes)
  }

  get kept(): string {
    return JSON.stringify(this.written.filter(({ type }) => type.startsWith('branch') || type === 'append'))
  }
}

test('redact sees every message before it is written, and what it gives back is what the next turn reads', async () => {
  const store = new WatchedStore()
  const session = new Session(
    { redact, imodel: scriptedModel(({ messages }) => `1111 2222 of ${messages.length}`) },
    { store },
  )
  const branch = await session.createBranch({ name: 'chat', system: 'Card 1234 5678.' })
  await session.conduct('communicate', branch, { instruction: 'My card is 1234 5678' })
  await branch.append({ role: 'user', content: '1234 5678 again' })
  await branch.setSystem('Card 5678 1234.')
  expect((await branch.messages()).map(({ text }) => text)).toEqual([
    'Card ****.',
    'My card is ****',
    '**** of 2',
    '**** again',
  ])
  expect(store.kept).not.toMatch(CARD)
})

test('what had come of an answer that broke off is redacted where it stands', async () => {
  const store = new WatchedStore()
  const broken = scriptedModel([['Your card 1234 5678', new BraidError('server_error', 'gone')]])
  const session = new Session({ redact, imodel: broken as Model }, { store })
  await thrown('server_error', () => session.conduct('communicate', 'chat', { instruction: 'x' }))
  const operation = store.written.find(({ type }) => type === 'operation')
  expect(JSON.stringify(operation)).toContain('Your card ****')
  expect(JSON.stringify(store.written)).not.toMatch(CARD)
})

test.each([
  [
    'operation_failed',
    (): Message => {
      throw new Error('1234 5678 was found')
    },
  ],
  ['invalid_request', () => undefined as unknown as Message],
  ['invalid_request', () => Message.instruction('another one')],
] as const)(
  'what redact does wrong fails the operation with %s, and nothing of the message is written',
  async (code, wrong) => {
    const store = new WatchedStore()
    const session = new Session({ redact: wrong, imodel: scriptedModel('secret') }, { store })
    const error = await thrown(code, () => session.conduct('communicate', 'chat', { instruction: 'secret' }))
    expect(error.message).toContain('redact')
    expect(error.message).not.toContain('1234')
    expect(await (await session.branch('chat')).messages()).toEqual([])
    const ends = store.written.flatMap((change) => (change.type === 'operation' ? [change.operation] : []))
    expect(ends.at(-1)?.outcome?.status).toBe('failed')
    expect(JSON.stringify(store.written)).not.toContain('secret')
    await thrown('invalid_request', () => new Session({ redact: 'all' as unknown as typeof redact }))
  },
)

test('an audit sink is told of every operation that ends, in memory too, and of nothing that was said', async () => {
  const entries: AuditEntry[] = []
  const session = new Session({
    audit: (entry) => entries.push(entry),
    imodel: scriptedModel('SECRET', { name: 'gpt' }),
  })
  const builder = new Builder({ session })
  const asked = builder.communicate({ name: 'asked', instruction: 'SECRET', branch: 'chat' })
  const bad = builder.task({
    name: 'bad',
    dependsOn: asked,
    run: () => {
      throw new BraidError('tool_failed', 'SECRET')
    },
  })
  builder.task({ name: 'after', dependsOn: bad, run: () => 1 })
  await thrown('run_failed', () => flow(builder))
  const [runId] = entries.map((entry) => entry.runId)
  const said = entries.map(({ endedAt, startedAt, host, ...entry }) => {
    expect(endedAt).toBeInstanceOf(Date)
    expect(host).not.toBe('')
    return { ...entry, started: startedAt instanceof Date }
  })
  const common = { sessionId: session.id, runId, pid: process.pid }
  expect(said).toMatchObject([
    {
      ...common,
      operationId: 'asked',
      kind: 'communicate',
      branch: 'chat',
      imodel: 'gpt',
      attempts: 1,
      status: 'completed',
      started: true,
    },
    { ...common, operationId: 'bad', kind: 'task', attempts: 1, status: 'failed', error: 'tool_failed', started: true },
    { ...common, operationId: 'after', kind: 'task', attempts: 0, status: 'skipped', because: 'bad', started: false },
  ])
  expect(JSON.stringify(entries)).not.toContain('SECRET')
})

test('an audit sink that throws is a warning, once, and the run goes on', async () => {
  const warnings: Error[] = []
  const heard = (warning: Error): number => warnings.push(warning)
  process.on('warning', heard)
  const session = new Session({
    audit: () => {
      throw new Error('full')
    },
  })
  const builder = new Builder({ session })
  for (const name of ['a', 'b']) builder.task({ name, run: () => name })
  await flow(builder)
  await new Promise((resolve) => {
    setImmediate(resolve)
  })
  process.off('warning', heard)
  expect(warnings.map((warning) => (warning as NodeJS.ErrnoException).code)).toEqual(['BRAID_AUDIT'])
})
