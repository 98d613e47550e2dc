import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Change, Message, newId, type Store, type StoreCare } from '@braid/core'
import { openStore } from '@braid/sqlite'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { create, ended, MAIN, rejects, say, started, temporaryFolder } from './history.ts'

describe('prune', () => {
  test('takes away runs that ended before a date, but for the last so many, with all that belongs to them', async () => {
    const { path, store, care } = await openWithCare()
    for (const day of [1, 2, 3, 4]) await store.write(wholeRun(`run-${day}`, new Date(2026, 0, day)))
    expect(await care.prune({ olderThan: new Date(2026, 0, 4), keep: 2 })).toEqual({ runs: 2, messages: 2 })
    expect((await store.runs?.runs())?.map(({ id }) => id)).toEqual(['run-3', 'run-4'])
    expect(rows(path)).toMatchObject({ runs: 2, operations: 4, run_log: 2, memos: 2, requests: 2, messages: 2 })
    expect(await care.prune({ keep: 1 })).toEqual({ runs: 1, messages: 1 })
    expect(await care.prune({ olderThan: new Date() })).toEqual({ runs: 1, messages: 1 })
    expect(rows(path)).toMatchObject({ runs: 0, operations: 0, run_log: 0, memos: 0, requests: 0, messages: 0 })
    expect(await care.check()).toEqual([])
    await store.close()
  })

  test('leaves a run that goes on, also one that began long ago, and one that can be resumed', async () => {
    const { store, care } = await openWithCare()
    const long = new Date(2020, 0)
    const lease = { token: 't', pid: 1, host: 'h', boot: '', expiresAt: new Date(Date.now() + 60_000) }
    await store.write([
      { type: 'run', run: { id: 'goes on', status: 'running', startedAt: long, lease } },
      {
        type: 'run',
        run: { id: 'crashed today', status: 'running', startedAt: long, lease: { ...lease, expiresAt: new Date() } },
      },
      {
        type: 'run',
        run: { id: 'crashed then', status: 'running', startedAt: long, lease: { ...lease, expiresAt: long } },
      },
    ])
    expect(await care.prune({ keep: 0 })).toEqual({ runs: 0, messages: 0 })
    expect(await care.prune({ olderThan: new Date(2021, 0) })).toEqual({ runs: 1, messages: 0 })
    expect((await store.runs?.runs())?.map(({ id }) => id)).toEqual(['goes on', 'crashed today'])
    await store.close()
  })

  test('takes away the messages that no branch has any more, and their files, and leaves what somebody has', async () => {
    const { path, store, care } = await openWithCare()
    const file = (fill: number) => ({
      type: 'file' as const,
      mediaType: 'image/png',
      bytes: new Uint8Array(100_000).fill(fill),
    })
    const shared = Message.instruction('shared', { files: [file(1)] })
    const own = Message.instruction('own', { files: [file(1), file(2)] })
    const system = Message.system('s')
    const fork = { id: newId(), name: 'fork', createdAt: new Date(), parent: { id: MAIN.id, at: 1 } }
    await store.write([
      create({ ...MAIN, system }),
      { type: 'append', branchId: MAIN.id, messages: [shared, own] },
      create(fork),
    ])
    expect(rows(path)).toMatchObject({ messages: 3, blobs: 2, message_blobs: 3 })
    await store.write([{ type: 'branch-deleted', branchId: MAIN.id }])
    expect(await care.prune({})).toEqual({ runs: 0, messages: 2 })
    expect(rows(path)).toMatchObject({ messages: 1, blobs: 1, message_blobs: 1 })
    expect(await store.messages(fork.id)).toEqual([shared])
    expect(await care.check()).toEqual([])
    await store.close()
  })

  test('of many things at once, it leaves the event loop its turns', async () => {
    const { store, care } = await openWithCare()
    await store.write([create(), ...Array.from({ length: 3000 }, (_, index) => say(`${index}`))])
    await store.write([{ type: 'branch-deleted', branchId: MAIN.id }])
    const { turns, result } = await countingTurns(() => care.prune({}))
    expect(result).toEqual({ runs: 0, messages: 3000 })
    expect(turns).toBeGreaterThanOrEqual(10)
    await store.close()
  })
})

describe('vacuum, stats, backup and check', () => {
  test('vacuum gives back what is free, in a thread of its own, while writes wait for it', async () => {
    const { path, store, care } = await openWithCare()
    await store.write([create(), ...Array.from({ length: 2000 }, (_, index) => say(`${index} ${'x'.repeat(2000)}`))])
    await store.write([{ type: 'branch-deleted', branchId: MAIN.id }, create({ ...MAIN, id: newId(), name: 'next' })])
    await care.prune({})
    const before = await care.stats()
    expect(before).toMatchObject({ branches: 1, messages: 0, runs: 0 })
    expect(before.freeBytes).toBeGreaterThan(3_000_000)
    const { turns } = await countingTurns(() =>
      Promise.all([care.vacuum(), store.write([create({ ...MAIN, id: newId(), name: 'meanwhile' })])]),
    )
    expect(turns).toBeGreaterThan(1)
    const after = await care.stats()
    expect(after).toMatchObject({ branches: 2, freeBytes: 0 })
    expect(statSync(path).size).toBeLessThan(1_000_000)
    expect(after.bytes).toBeLessThan(before.bytes)
    await store.close()
  })

  test('a backup made while others write is whole, and is a database like any other', async () => {
    const { path, store, care } = await openWithCare()
    await store.write([create(), ...Array.from({ length: 500 }, (_, index) => say(`${index} ${'x'.repeat(2000)}`))])
    const copy = `${path}.copy`
    let writing = true
    const writer = (async () => {
      let count = 0
      for (; writing; count++) await store.write([say(`more ${count}`), say(`and ${count}`)])
      return count
    })()
    await care.backup(copy)
    writing = false
    const written = await writer
    const copied = await openStore(copy)
    const length = await copied.length(MAIN.id)
    expect(length).toBeGreaterThanOrEqual(500)
    expect(length).toBeLessThanOrEqual(500 + written * 2)
    expect(length % 2).toBe(0)
    expect(await copied.messages(MAIN.id)).toEqual((await store.messages(MAIN.id)).slice(0, length))
    expect(await copied.care?.check()).toEqual([])
    await copied.close()
    await store.close()
  })

  test('a backup leaves a file that is there alone: file_exists', async () => {
    const { path, store, care } = await openWithCare()
    writeFileSync(`${path}.copy`, 'mine')
    await rejects(care.backup(`${path}.copy`), 'file_exists', `${path}.copy`)
    await rejects(care.backup(join(path, 'no', 'folder.db')), 'folder_missing')
    expect(statSync(`${path}.copy`).size).toBe(4)
    await store.close()
  })

  test('check says what is wrong in words, and nothing where nothing is', async () => {
    const { path, store, care } = await openWithCare()
    const image = { type: 'file' as const, mediaType: 'image/png', bytes: new Uint8Array(1000).fill(3) }
    await store.write([create(), say('one'), say('two'), say('three')])
    await store.write([{ type: 'append', branchId: MAIN.id, messages: [Message.instruction('x', { files: [image] })] }])
    await store.write(wholeRun('run-1', new Date()))
    expect(await care.check()).toEqual([])
    const db = new Database(path)
    db.pragma('foreign_keys = OFF')
    db.exec(`DELETE FROM entries WHERE position = 2; UPDATE run_log SET first = 2; UPDATE blobs SET data = x'00';
      INSERT INTO branches (session, id, name, parent, shared, created_at) VALUES (1, 'b', 'beyond', 1, 9, '');
      UPDATE operations SET ended_at = NULL WHERE id = 'a'`)
    db.close()
    const wrong = await care.check()
    expect(wrong).toEqual([
      'the branch beyond shares 9 messages with a parent that has fewer',
      'the branch main has a gap among its messages',
      'the log of the run run-1 has a gap before chunk 2',
      'the operation a of the run run-1 is completed and has no end',
      expect.stringContaining('has other bytes'),
    ])
    new Database(path).exec('PRAGMA foreign_keys = OFF; DELETE FROM messages WHERE key = 1').close()
    expect(await care.check()).toEqual(['a row of entries names one of messages that is not there'])
    await store.close()
  })

  test('closing waits for what is under way, and what comes after it is session_closed', async () => {
    const { path, store, care } = await openWithCare()
    await store.write([create(), say('x')])
    const [backup, check] = [care.backup(`${path}.copy`), care.check()]
    await store.close()
    await backup
    expect(await check).toEqual([])
    await rejects(care.check(), 'session_closed')
    expect(readdirSync(join(path, '..')).sort()).toEqual(['work.db', 'work.db.copy'])
  })

  test('a file that is only read is measured, checked and copied, and nothing else', async () => {
    const { path, store } = await openWithCare()
    await store.write([create(), say('x')])
    await store.close()
    const reader = await openStore(path, { readOnly: true })
    const care = reader.care as StoreCare
    expect(await care.stats()).toMatchObject({ branches: 1, messages: 1 })
    expect(await care.check()).toEqual([])
    await care.backup(`${path}.copy`)
    await rejects(care.prune({ keep: 0 }), 'database_read_only')
    await rejects(care.vacuum(), 'database_read_only')
    await reader.close()
  })

  test('in memory it is the same, but for what a file alone has', async () => {
    const store = await openStore(':memory:')
    const care = store.care as StoreCare
    await store.write([create(), say('x')])
    await care.vacuum()
    expect(await care.check()).toEqual([])
    expect((await care.stats()).bytes).toBeGreaterThan(0)
    await store.close()
  })
})

async function openWithCare(): Promise<{ path: string; store: Store; care: StoreCare }> {
  const path = join(temporaryFolder(), 'work.db')
  const store = await openStore(path)
  return { path, store, care: store.care as StoreCare }
}

/** A run that ended, with two operations, one of which left a partial answer, and a part of everything else. */
function wholeRun(runId: string, at: Date): Change[] {
  const completed = { status: 'completed', result: 1, usage: {}, durationMs: 1, attempts: 1 } as const
  return [
    started(runId),
    ended(runId, 'a', completed),
    ended(runId, 'b', { status: 'cancelled', reason: undefined, partial: Message.assistant('half') }),
    { type: 'log', runId, page: { first: 1, count: 2, data: new Uint8Array([1]) } },
    { type: 'memo', runId, memo: { operationId: 'a', key: 'k', value: 1 } },
    { type: 'request', runId, request: { type: 'cancel' } },
    { type: 'run', run: { id: runId, status: 'completed', startedAt: at, endedAt: at } },
  ]
}

async function countingTurns<T>(work: () => Promise<T>): Promise<{ turns: number; result: T }> {
  let turns = 0
  let going = true
  const working = work().finally(() => {
    going = false
  })
  while (going) {
    await nextTurn()
    turns++
  }
  return { turns, result: await working }
}

function rows(path: string): Record<string, unknown> {
  const db = new Database(path, { readonly: true })
  const tables = ['messages', 'blobs', 'message_blobs', 'runs', 'operations', 'run_log', 'memos', 'requests']
  const counts = tables.map((table) => [table, db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()])
  db.close()
  return Object.fromEntries(counts)
}
