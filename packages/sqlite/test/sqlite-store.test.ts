import { join } from 'node:path'
import { BraidError, Message, newId, type Outcome } from '@braid/core'
import { openStore } from '@braid/sqlite'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { create, ended, MAIN, rejects, say, started, temporaryFolder } from './history.ts'

describe('a history in a file', () => {
  test('two stores on one file see what the other wrote, and one that was overtaken gets branch_moved', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const [one, two] = [await openStore(path), await openStore(path)]
    await one.write([create()])
    await Promise.all(Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? one : two).write([say(`${index}`)])))
    const texts = (await one.messages(MAIN.id)).map((message) => Number(message.text))
    expect([...texts].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index))
    expect(texts.filter((text) => text % 2 === 0)).toEqual(Array.from({ length: 25 }, (_, index) => index * 2))
    const length = await one.length(MAIN.id)
    await two.write([say('first', length)])
    await rejects(one.write([say('second', length)]), 'branch_moved', 'main', '50', '51')
    await rejects(one.write([create({ ...MAIN, id: newId() })]), 'duplicate_branch')
    await Promise.all([one.close(), two.close()])
  })

  test('a fork is one row, however long its parent is', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const store = await openStore(path)
    await store.write([create(), ...Array.from({ length: 500 }, (_, index) => say(`${index}`))])
    const before = countRows(path)
    await store.write([create({ id: newId(), name: 'fork', createdAt: new Date(), parent: { id: MAIN.id, at: 400 } })])
    expect(countRows(path)).toEqual({ ...before, branches: 2 })
    expect(before).toMatchObject({ branches: 1, messages: 500, entries: 500 })
    await store.close()
  })

  test('a long branch is read in pages, and the event loop has a turn between two of them', async () => {
    const store = await openStore(':memory:')
    await store.write([create(), ...Array.from({ length: 1000 }, (_, index) => say(`${index}`))])
    let turns = 0
    let ticking = true
    const tick = () => {
      turns++
      if (ticking) setImmediate(tick)
    }
    setImmediate(tick)
    const read = await store.messages(MAIN.id)
    ticking = false
    expect(read.map((message) => Number(message.text))).toEqual(Array.from({ length: 1000 }, (_, index) => index))
    expect(turns).toBeGreaterThanOrEqual(3)
    await store.close()
  })

  test('a person can read the conversations of all branches in the sqlite3 shell', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const store = await openStore(path)
    await store.write([create({ ...MAIN, system: Message.system('Be brief.') }), say('one'), say('two')])
    const fork = { id: newId(), name: 'fork', createdAt: new Date(), parent: { id: MAIN.id, at: 1 } }
    const inner = { id: newId(), name: 'inner', createdAt: new Date(), parent: { id: fork.id, at: 1 } }
    await store.write([create(fork), { type: 'append', branchId: fork.id, messages: [Message.assistant('three')] }])
    await store.write([create(inner), { type: 'append', branchId: inner.id, messages: [Message.assistant('four')] }])
    expect(select(path, 'SELECT branch, position, role, text FROM conversation')).toEqual([
      ['main', 0, 'system', 'Be brief.'],
      ['main', 1, 'user', 'one'],
      ['main', 2, 'user', 'two'],
      ['fork', 1, 'user', 'one'],
      ['fork', 2, 'assistant', 'three'],
      ['inner', 1, 'user', 'one'],
      ['inner', 2, 'assistant', 'four'],
    ])
    await store.close()
  })

  test('an operation is kept with how it ended, and a result that cannot be kept is marked as lost', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const store = await openStore(path)
    const cycle: unknown[] = []
    cycle.push(cycle)
    const result = (value: unknown): Outcome => ({
      status: 'completed',
      result: value,
      usage: { inputTokens: 3, outputTokens: 4 },
      durationMs: 12.5,
      attempts: 1,
    })
    const partial = Message.assistant('half')
    const error = new BraidError('rate_limited', 'Slow down.', {
      retryAfterMs: 100,
      operationId: 'failed',
      issues: [{ path: 'steps[0]', message: 'expected string, got a number' }],
    })
    const aborted = new Error('The user left.')
    await store.write([
      create(),
      started('run-1'),
      ended('run-1', 'text', result('hello')),
      ended('run-1', 'void', result(undefined)),
      ended('run-1', 'function', result({ call: () => 1 })),
      ended('run-1', 'cycle', result(cycle)),
      ended('run-1', 'class', result(new Map([[1, 2]]))),
      ended(
        'run-1',
        'getter',
        result({
          get broken() {
            throw new Error('no')
          },
        }),
      ),
      ended('run-1', 'message', result([partial, new Date(0), 1n])),
      ended('run-1', 'failed', { status: 'failed', error, partial }),
      ended('run-1', 'skipped', { status: 'skipped', because: 'failed' }),
      ended('run-1', 'cancelled', { status: 'cancelled', reason: aborted }),
      { type: 'append', branchId: MAIN.id, messages: [partial] },
    ])
    expect(
      select(path, 'SELECT id, result_kind, json(result) FROM operations WHERE status = $status', {
        status: 'completed',
      }),
    ).toEqual([
      ['text', 'json', '"hello"'],
      ['void', 'undefined', null],
      ['function', 'lost', null],
      ['cycle', 'lost', null],
      ['class', 'lost', null],
      ['getter', 'lost', null],
      ['message', 'json', expect.stringContaining('half')],
    ])
    expect(
      select(path, 'SELECT operation, status, because, error FROM outcomes WHERE status <> $status', {
        status: 'completed',
      }),
    ).toEqual([
      [
        'failed',
        'failed',
        null,
        JSON.stringify({
          code: 'rate_limited',
          message: 'Slow down.',
          retryable: true,
          retryAfterMs: 100,
          operationId: 'failed',
          issues: [{ path: 'steps[0]', message: 'expected string, got a number' }],
        }),
      ],
      ['skipped', 'skipped', 'failed', null],
      ['cancelled', 'cancelled', null, JSON.stringify({ name: 'Error', message: 'The user left.' })],
    ])
    expect(
      select(path, "SELECT input_tokens, output_tokens, duration_ms FROM outcomes WHERE operation = 'text'"),
    ).toEqual([[3, 4, 12.5]])
    expect(countRows(path)).toMatchObject({ messages: 1, operations: 10 })
    await store.close()
  })

  test('what is said of a run or an operation again replaces what was said before', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const store = await openStore(path)
    await store.write([
      started('run-1'),
      ended('run-1', 'a', { status: 'failed', error: new BraidError('timeout', 'Late.') }),
    ])
    await store.write([
      ended('run-1', 'a', { status: 'skipped', because: 'b' }),
      { type: 'run', run: { id: 'run-1', status: 'completed', startedAt: new Date(0), endedAt: new Date(1) } },
    ])
    expect(select(path, 'SELECT operation, status, because, error FROM outcomes')).toEqual([
      ['a', 'skipped', 'b', null],
    ])
    expect(select(path, 'SELECT id, status, ended_at FROM runs')).toEqual([
      ['run-1', 'completed', '1970-01-01T00:00:00.001Z'],
    ])
    await store.close()
  })

  test('an operation of a run that was never written is unknown_run', async () => {
    const store = await openStore(':memory:')
    await rejects(store.write([ended('run-1', 'a', { status: 'skipped', because: 'b' })]), 'unknown_run', 'run-1')
    await store.close()
  })

  test('a message whose values cannot be read rejects its own write alone', async () => {
    const store = await openStore(':memory:')
    const broken = Message.instruction('x', {
      context: {
        get no() {
          throw new TypeError('no')
        },
      },
    })
    const outcomes = await Promise.allSettled([
      store.write([create()]),
      store.write([{ type: 'append', branchId: MAIN.id, messages: [broken] }]),
      store.write([say('fine')]),
    ])
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(outcomes[1]).toHaveProperty('reason.code', 'invalid_request')
    expect(await store.length(MAIN.id)).toBe(1)
    await store.close()
  })

  test('closing leaves one file, without a write-ahead log beside it', async () => {
    const folder = temporaryFolder()
    const store = await openStore(join(folder, 'work.db'))
    const writing = store.write([create(), say('x')])
    await store.close()
    await writing
    expect(select(join(folder, 'work.db'), 'SELECT text FROM conversation')).toEqual([['x']])
  })
})

function select(path: string, sql: string, parameters: Record<string, unknown> = {}): unknown[] {
  const db = new Database(path, { readonly: true })
  try {
    return db.prepare(sql).raw().all(parameters)
  } finally {
    db.close()
  }
}

function countRows(path: string): Record<string, unknown> {
  const tables = ['sessions', 'branches', 'messages', 'entries', 'runs', 'operations']
  return Object.fromEntries(
    tables.map((table) => [table, (select(path, `SELECT count(*) FROM ${table}`)[0] as unknown[])[0]]),
  )
}
