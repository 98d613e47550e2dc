import { Builder, flow, flowStream, Session } from '@braid/flow'
import { openStore } from '@braid/sqlite'
import { describe, expect, test } from 'vitest'
import { connect, type Database } from '../../packages/sqlite/src/driver.ts'
import { SqliteStore } from '../../packages/sqlite/src/sqlite-store.ts'
import { CommitCounter } from '../../packages/sqlite/test/wal.ts'
import { askers, ground, Outside, openSession, read, SIZES } from './material.ts'

describe.each(SIZES)('law 7, with %i operations: nothing shown as ended is lost', (count) => {
  test('when an end is shown, another connection to the file sees the result, the messages and the status', async () => {
    const { server, builder, path } = await ground()
    server.reply('an answer', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const outside = new Outside(path)
    let ends = 0
    const { error } = await read(flowStream(plan), ([id, chunk]) => {
      if (chunk.type !== 'operation-end') return
      ends += 1
      expect(outside.operations().find((each) => each.id === id)).toMatchObject({ status: 'completed', attempts: 1 })
      const index = id.slice('ask-'.length)
      expect(outside.conversation(`branch-${index}`)).toEqual([
        `user complete question ${index}`,
        'assistant complete an answer',
      ])
    })
    expect(error).toBeUndefined()
    expect(ends).toBe(count)
    expect(outside.runs()).toEqual(['completed'])
  })

  test('before an end is shown, nothing of the turn is there: result, messages and status come at once', async () => {
    const { server, builder, path } = await ground()
    server.reply('an answer', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const outside = new Outside(path)
    await read(flowStream(plan), ([, { type }]) => {
      if (type !== 'finish' && type !== 'operation-end') return
      const ended = new Set(outside.operations().map(({ id }) => id))
      for (let index = 0; index < count; index += 1) {
        const messages = outside.conversation(`branch-${index}`).length
        expect(messages).toBe(ended.has(`ask-${index}`) ? 2 : 0)
      }
    })
  })

  test('what had arrived before a failure is kept and marked, and is there after reopening', async () => {
    const { server, session, builder, path } = await ground()
    server.reply('so far and no further', { fault: { type: 'truncate' }, times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const { error } = await read(flowStream(plan))
    expect(error).toMatchObject({ code: 'run_failed' })
    await session.close()
    const store = await openStore(path, { readOnly: true })
    for (const branch of await store.branches()) {
      const messages = await store.messages(branch.id)
      expect(messages.map(({ role, status }) => `${role} ${status}`)).toEqual(['user complete', 'assistant partial'])
      expect(messages[1]?.text).toContain('so far')
    }
    await store.close()
    for (const { status, partial } of new Outside(path).operations()) {
      expect(status).toBe('failed')
      expect(partial).toContain('so far')
    }
  })

  test('what had arrived before a cancellation is kept and marked', async () => {
    const { server, builder, path } = await ground()
    server.reply('on and on', { fault: { type: 'endless' }, times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const shown = new Map<string, string>()
    for await (const [id, chunk] of flowStream(plan)) {
      if (chunk.type === 'text-delta') shown.set(id, (shown.get(id) ?? '') + chunk.data)
      if (shown.size === count) break
    }
    const outside = new Outside(path)
    for (const [id, text] of shown) {
      const [question, answer] = outside.conversation(`branch-${id.slice('ask-'.length)}`)
      expect(question).toMatch(/^user complete/)
      // All that was shown, and what waited behind it.
      expect(answer?.startsWith(`assistant partial ${text}`)).toBe(true)
    }
  })
})

test('law 7: ends that fall together are committed together', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  let open!: () => void
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  let waiting = 0
  for (let index = 0; index < 100; index += 1) {
    builder.task({
      run: async () => {
        waiting += 1
        if (waiting === 100) open()
        await gate
      },
    })
  }
  const counter = new CommitCounter(path)
  await flow(builder)
  // The run begins, the hundred end, the run ends; a group may be cut once for its size.
  expect(counter.commits).toBeLessThanOrEqual(5)
  counter.close()
})

test('law 7: an end that cannot be stored is not shown as completed', async () => {
  for (const [code, damage] of [
    ['database_read_only', (db: Database) => db.pragma('query_only = ON')],
    [
      'disk_full',
      (db: Database) => db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 3}`),
    ],
  ] as const) {
    const { path } = await openSession()
    // A second connection of the store's own making, whose handle the test can reach.
    const db = await connect(path, { readOnly: false, nativeBinding: undefined })
    const store = new SqliteStore(db, { path, readOnly: false, lockTimeout: 1_000, maxFileBytes: 1_000_000 })
    const session = new Session({}, { store })
    const builder = new Builder({ session })
    let ran = 0
    const first = builder.task({ name: 'first', run: () => 'stored' })
    const second = builder.task({
      name: 'second',
      dependsOn: first,
      branch: 'notes',
      run: async ({ branch }) => {
        ran += 1
        await branch?.append({ role: 'user', content: 'x'.repeat(1_000_000) })
        damage(db)
        return 'not stored'
      },
    })
    const third = builder.task({ name: 'third', dependsOn: second, run: () => (ran += 1) })
    const { tuples, error } = await read(flowStream(builder))
    const ends = new Map(
      tuples.flatMap(([id, chunk]) => (chunk.type === 'operation-end' ? [[id, chunk] as const] : [])),
    )
    expect(ends.get('first')).toMatchObject({ status: 'completed' })
    expect(ends.get('second')).toMatchObject({ status: 'failed', error: { code, operationId: 'second' } })
    expect(ends.get(third.id)).toMatchObject({ status: 'skipped', because: 'second' })
    expect(error).toMatchObject({ code: 'run_failed' })
    expect(ran).toBe(1)
    const outside = new Outside(path)
    expect(outside.operations()[0]).toMatchObject({ id: 'first', status: 'completed' })
    expect(outside.operations().filter(({ status }) => status === 'completed')).toHaveLength(1)
    expect(outside.conversation('notes')).toEqual([])
    db.pragma('query_only = OFF')
    db.pragma('max_page_count = 1000000')
    await session.close()
  }
})
