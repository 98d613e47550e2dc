import { copyFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BraidError, Message, type Store } from '@braid/core'
import { openStore } from '@braid/sqlite'
import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { create, temporaryFolder } from './history.ts'

const folder = join(import.meta.dirname, 'schemas')
const versions = readdirSync(folder).map((file) => Number(file.replace('.sql', '')))

/** A file as that version of the schema left it. */
function fileOf(version: number): string {
  const path = join(temporaryFolder(), 'work.db')
  const db = new Database(path)
  db.exec(readFileSync(join(folder, `${version}.sql`), 'utf8'))
  db.close()
  return path
}

const RUNS = {
  runs: [{ id: 'r-1', status: 'running', startedAt: new Date('2026-01-02T03:04:05.000Z') }],
  operations: [
    {
      runId: 'r-1',
      id: 'ask',
      kind: 'communicate',
      branch: 'main',
      attempts: 1,
      endedAt: new Date('2026-01-02T03:04:06.000Z'),
      outcome: { status: 'failed', error: new BraidError('overloaded', 'try later') },
    },
  ],
}

async function runsOf(store: Store): Promise<unknown> {
  return { runs: await store.runs?.runs(), operations: await store.runs?.operations('r-1') }
}

function tablesOf(path: string): unknown {
  const db = new Database(path, { readonly: true })
  const tables = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    .pluck()
    .all() as string[]
  const columns = tables.map((table) => [
    table,
    db.pragma(`table_xinfo(${table})`),
    db.pragma(`foreign_key_list(${table})`),
  ])
  const others = db.prepare("SELECT name, sql FROM sqlite_schema WHERE type <> 'table' ORDER BY name").all()
  const version = db.pragma('user_version', { simple: true })
  db.close()
  return { version, columns, others }
}

describe.each(versions)('a file of schema %i', (version) => {
  test('becomes what a new file is when it is opened, and keeps what it has', async () => {
    const [path, fresh] = [fileOf(version), join(temporaryFolder(), 'new.db')]
    const store = await openStore(path)
    await (await openStore(fresh)).close()
    expect((await store.session()).id).toBe('s-1')
    const [main, fork] = await store.branches()
    expect(main).toMatchObject({ name: 'main', resources: ['gpt', 'search'], capabilities: [] })
    expect(main).not.toHaveProperty('window')
    expect(fork).toMatchObject({ name: 'fork', parent: { id: 'b-main', at: 1 } })
    if (version >= 2) expect(fork).toHaveProperty('window', { last: 4 })
    expect(await runsOf(store)).toEqual(RUNS)
    const texts = (await store.messages('b-main')).map(({ text }) => text)
    expect(texts).toEqual(['Be brief.', 'What is SSE?', 'Server-sent events.'])
    const wide = { id: 'b-new', name: 'new', window: { last: 4 }, createdAt: new Date() }
    await store.write([create(wide)])
    expect(await store.branch('new')).toEqual(wide)
    await store.close()
    expect(tablesOf(path)).toEqual(tablesOf(fresh))
  })

  test('can be read without being changed', async () => {
    const path = fileOf(version)
    const copy = `${path}.copy`
    copyFileSync(path, copy)
    const store = await openStore(path, { readOnly: true })
    expect((await store.branches()).map(({ name }) => name)).toEqual(['main', 'fork'])
    expect(await store.messages('b-fork')).toHaveLength(1)
    expect(await runsOf(store)).toEqual(RUNS)
    expect(await store.runs?.log('r-1', 0)).toEqual([])
    expect(await store.runs?.memos('r-1')).toEqual([])
    expect(await store.runs?.requests('r-1', 0)).toEqual([])
    await store.close()
    expect(readFileSync(path).equals(readFileSync(copy))).toBe(true)
  })

  test('is brought forward once, however many open it at once', async () => {
    const path = fileOf(version)
    const stores = await Promise.all([openStore(path), openStore(path), openStore(path)])
    for (const store of stores) {
      await store.write([{ type: 'append', branchId: 'b-main', messages: [Message.instruction('hello')] }])
    }
    expect(await stores[0]?.length('b-main')).toBe(5)
    await Promise.all(stores.map((store) => store.close()))
  })
})
