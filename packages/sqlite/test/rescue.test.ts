import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BranchRecord, type Change, Message, newId, type Store } from '@braid/core'
import { openStore } from '@braid/sqlite'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { create, ended, MAIN, rejects, started, temporaryFolder } from './history.ts'

const PAGE = 16384

const FORK: BranchRecord = { id: newId(), name: 'fork', createdAt: new Date(), parent: { id: MAIN.id, at: 150 } }
const SYSTEM = Message.system('Be brief.')
const SAID = Array.from({ length: 300 }, (_, index) => Message.instruction(`${index} ${'x'.repeat(1000)}`))
const FORKED = Array.from({ length: 50 }, (_, index) => Message.instruction(`forked ${index}`))

describe('a damaged file that is opened with `rescue`', () => {
  test('that is whole reads as it is, is not written to, and has lost nothing', async () => {
    const path = await wholeFile()
    const before = readFileSync(path)
    const [store, rescued] = [await openStore(path), await openStore(path, { rescue: true, readOnly: false })]
    expect(await rescued.session()).toEqual(await store.session())
    expect(await rescued.branches()).toEqual(await store.branches())
    for (const { id } of await store.branches()) {
      expect(await rescued.messages(id)).toEqual(await store.messages(id))
      expect(await rescued.messages(id, { last: 3 })).toEqual(await store.messages(id, { last: 3 }))
      expect(await rescued.length(id)).toBe(await store.length(id))
    }
    expect(await rescued.runs?.runs()).toEqual(await store.runs?.runs())
    expect(await rescued.runs?.operations('run')).toEqual(await store.runs?.operations('run'))
    expect(await rescued.runs?.log('run', 150)).toEqual(
      await store.runs?.log('run', 150).then((all) => all.slice(0, 1)),
    )
    expect(await rescued.care?.check()).toEqual([])
    await rejects(rescued.write([create()]), 'database_read_only')
    await rescued.close()
    await rejects(rescued.session(), 'session_closed')
    await store.close()
    expect(readFileSync(path).equals(before)).toBe(true)
  })

  test('whichever page is damaged, gives the rest, in order and as it was, and says what it has lost', async () => {
    const path = await wholeFile()
    const whole = readFileSync(path)
    let damaged = 0
    let lost = 0
    for (let page = 2; page <= whole.length / PAGE; page++) {
      const bytes = Buffer.from(whole)
      writeFileSync(path, bytes.fill(0xa5, (page - 1) * PAGE, page * PAGE))
      if (await isClean(path)) continue
      damaged++
      const rescued = await openStore(path, { rescue: true })
      const missing = await missingFrom(rescued)
      lost += missing
      if (missing > 0) expect(await rescued.care?.check(), `page ${page}`).not.toEqual([])
      await rescued.close()
    }
    expect(damaged).toBeGreaterThan(20)
    expect(lost / damaged).toBeLessThan(100)
  }, 120_000)

  test('a file that is no database at all, or whose first page is damaged, stays what it is', async () => {
    const path = await wholeFile()
    writeFileSync(path, readFileSync(path).fill(0xa5, 0, PAGE))
    await rejects(openStore(path, { rescue: true }), 'not_a_database')
  })
})

/** How many messages cannot be read any more; that the others are as they were, in their order, is asserted. */
async function missingFrom(store: Store): Promise<number> {
  let missing = 0
  const expected = new Map([
    [MAIN.id, [SYSTEM, ...SAID]],
    [FORK.id, [...SAID.slice(0, 150), ...FORKED]],
  ])
  const branches = await store.branches()
  for (const [id, all] of expected) {
    if (!branches.some((branch) => branch.id === id)) {
      missing += all.length
      continue
    }
    const read = await store.messages(id)
    let at = 0
    for (const message of read) {
      while (all[at]?.id !== message.id) {
        at++
        if (at >= all.length) throw new Error(`${message.text.slice(0, 10)} is not in its place`)
      }
      expect(message.text).toBe(all[at]?.text)
      at++
    }
    missing += all.length - read.length
  }
  for (const run of (await store.runs?.runs()) ?? []) {
    await store.runs?.operations(run.id)
    await store.runs?.log(run.id, 0)
    await store.runs?.memos(run.id)
  }
  return missing
}

/** Whether the page that was damaged is one that nobody uses. */
async function isClean(path: string): Promise<boolean> {
  const db = new Database(path, { readonly: true })
  try {
    return db.pragma('integrity_check', { simple: true }) === 'ok'
  } catch {
    return false
  } finally {
    db.close()
  }
}

async function wholeFile(): Promise<string> {
  const path = join(temporaryFolder(), 'work.db')
  const store = await openStore(path)
  const completed = { status: 'completed', result: 'x'.repeat(500), usage: {}, durationMs: 1, attempts: 1 } as const
  const log = Array.from({ length: 40 }, (_, index): Change => {
    return {
      type: 'log',
      runId: 'run',
      page: { first: index * 10 + 1, count: 10, data: new Uint8Array(4000).fill(index) },
    }
  })
  await store.write([
    create({ ...MAIN, system: SYSTEM }),
    { type: 'append', branchId: MAIN.id, messages: SAID },
    create(FORK),
    { type: 'append', branchId: FORK.id, messages: FORKED },
    started('run'),
    ...Array.from({ length: 60 }, (_, index) => ended('run', `operation-${index}`, completed)),
    ...log,
    { type: 'memo', runId: 'run', memo: { operationId: 'operation-1', key: 'k', value: 'v'.repeat(3000) } },
  ])
  await store.close()
  return path
}
