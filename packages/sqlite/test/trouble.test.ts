import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
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

  test('a file that is deleted or replaced under the store is database_gone, and all that it had is saved beside it', async () => {
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
      const late = ['one', 'two', 'three'].map((text) => store.write([say(text)]))
      for (const write of late) await rejects(write, 'database_gone', path, '.saved-')
      await rejects(store.write([say('four')]), 'database_gone', path, '.saved-')
      expect((await store.messages(MAIN.id)).map((message) => message.text)).toContain('kept')
      await store.close()
      const [saved, ...others] = readdirSync(folder).filter((name) => name.includes('.saved-'))
      expect(others).toEqual([])
      const rescued = await openStore(join(folder, saved ?? ''))
      expect((await rescued.messages(MAIN.id)).map((message) => message.text)).toEqual([
        'kept',
        'one',
        'two',
        'three',
        'four',
      ])
      expect(await rescued.care?.check()).toEqual([])
      await rescued.close()
      for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true })
    }
  })

  test('when its folder is gone as well, what it had is saved in the folder for temporary files', async () => {
    const folder = join(temporaryFolder(), 'work')
    mkdirSync(folder)
    const store = await openStore(join(folder, 'work.db'))
    await store.write([create(), say('kept')])
    rmSync(folder, { recursive: true })
    const error = await store.write([say('late')]).then(
      () => undefined,
      (thrown: BraidError) => thrown,
    )
    await store.close()
    const saved = error?.message.match(/is in (\S+\.saved-\S+):/)?.[1] ?? ''
    expect(saved.startsWith(tmpdir())).toBe(true)
    const rescued = await openStore(saved)
    expect(await rescued.length(MAIN.id)).toBe(2)
    await rescued.close()
    rmSync(saved)
  })
})

/** A store together with its connection, on which the trouble is made. */
async function openWithConnection() {
  const path = join(temporaryFolder(), 'work.db')
  await (await openStore(path)).close()
  const db = await connect(path, { readOnly: false })
  return { db, store: new SqliteStore(db, { path, readOnly: false, lockTimeout: 5000, maxFileBytes: 1_000_000 }) }
}
