import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { BraidError } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { describe, expect, test } from 'vitest'
import { connect } from '../src/driver.ts'
import { SqliteStore } from '../src/sqlite-store.ts'
import { create, MAIN, rejects, say, temporaryFolder } from './history.ts'

describe('a file in trouble', () => {
  test('a full disk is disk_full: what was written stays, what failed leaves nothing, and it goes on when there is room', async () => {
    const { db, store } = await openWithConnection()
    await store.write([create()])
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 3}`)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 60 }, (_, index) => store.write([say(`${index} ${'x'.repeat(2000)}`)])),
    )
    const written = outcomes.flatMap((outcome, index) => (outcome.status === 'fulfilled' ? [index] : []))
    const codes = new Set(
      outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [(outcome.reason as BraidError).code] : [])),
    )
    expect(codes).toEqual(new Set(['disk_full']))
    expect(written.length).toBeGreaterThan(0)
    expect((await store.messages(MAIN.id)).map((message) => Number.parseInt(message.text, 10))).toEqual(written)
    db.pragma('max_page_count = 1000000')
    await store.write([say('room again')])
    expect(await store.length(MAIN.id)).toBe(written.length + 1)
    await store.close()
  })

  test('a file that becomes read-only is database_read_only, and can still be read', async () => {
    const { db, store } = await openWithConnection()
    await store.write([create(), say('one')])
    db.pragma('query_only = ON')
    await rejects(store.write([say('two')]), 'database_read_only')
    expect(await store.length(MAIN.id)).toBe(1)
    await store.close()
  })

  test('a file that is deleted or replaced under the store is database_gone, where SQLite itself would say nothing', async () => {
    const folder = temporaryFolder()
    for (const takeAway of [
      (path: string) => rmSync(path),
      (path: string) => renameSync(path, `${path}.bak`),
      (path: string) => renameSync(join(folder, 'other.db'), path),
    ]) {
      await (await openStore(join(folder, 'other.db'))).close()
      const path = join(folder, 'work.db')
      const store = await openStore(path)
      await store.write([create(), say('kept')])
      takeAway(path)
      await rejects(store.write([say('lost')]), 'database_gone', path)
      expect((await store.messages(MAIN.id)).map((message) => message.text)).toContain('kept')
      await store.close()
      for (const name of ['work.db', 'work.db-wal', 'work.db-shm']) rmSync(join(folder, name), { force: true })
    }
  })
})

/** A store together with its connection, on which the trouble is made. */
async function openWithConnection() {
  const path = join(temporaryFolder(), 'work.db')
  await (await openStore(path)).close()
  const db = await connect(path, { readOnly: false })
  return { db, store: new SqliteStore(db, { path, readOnly: false, lockTimeout: 5000 }) }
}
