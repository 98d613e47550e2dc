import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@braid/sqlite'
import Database from 'better-sqlite3'
import { describe, expect, onTestFinished, test } from 'vitest'
import { create, MAIN, rejects, say, temporaryFolder } from './history.ts'
import { holdLock } from './other-process.ts'

describe('openStore', () => {
  test('makes a file that says what it is: Braid’s mark, its schema version, large pages, write-ahead log', async () => {
    const path = join(temporaryFolder(), 'work.db')
    await (await openStore(path)).close()
    const db = new Database(path, { readonly: true })
    const pragma = (name: string) => db.pragma(name, { simple: true })
    expect(pragma('application_id')).toBe(0x42726169)
    expect(pragma('user_version')).toBe(3)
    expect(pragma('page_size')).toBe(16384)
    expect(pragma('journal_mode')).toBe('wal')
    expect(pragma('integrity_check')).toBe('ok')
    db.close()
  })

  test('opened twice at once, a new file has one session', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const stores = await Promise.all([openStore(path), openStore(path), openStore(path)])
    const sessions = await Promise.all(stores.map((store) => store.session()))
    expect(new Set(sessions.map((session) => session.id)).size).toBe(1)
    await Promise.all(stores.map((store) => store.close()))
  })

  test.each([['soon'], [-1], [Number.NaN]])('with %j as its `lockTimeout`, nothing is opened', async (lockTimeout) => {
    const path = join(temporaryFolder(), 'work.db')
    await rejects(openStore(path, { lockTimeout: lockTimeout as number }), 'invalid_request', '`lockTimeout`')
    expect(existsSync(path)).toBe(false)
  })

  test('an empty file, which a crash can leave behind, becomes a database', async () => {
    const path = join(temporaryFolder(), 'work.db')
    writeFileSync(path, '')
    const store = await openStore(path)
    await store.write([create()])
    expect(await store.branches()).toEqual([MAIN])
    await store.close()
  })

  test.each([
    ['a word', Buffer.from('hello')],
    ['a page of text', Buffer.from('not a database\n'.repeat(5000))],
    ['bytes', Buffer.alloc(100_000, 0xff)],
  ])('leaves a file of %s alone: not_a_database', async (_, bytes) => {
    const folder = temporaryFolder()
    const path = join(folder, 'notes.txt')
    writeFileSync(path, bytes)
    await rejects(openStore(path), 'not_a_database', path)
    await rejects(openStore(path, { readOnly: true }), 'not_a_database', path)
    expect(readFileSync(path).equals(bytes)).toBe(true)
    expect(readdirSync(folder)).toEqual(['notes.txt'])
  })

  test.each([
    ['tables', 'CREATE TABLE songs (title TEXT)'],
    ['a version', 'PRAGMA user_version = 3'],
    ['a mark', 'PRAGMA application_id = 252006674'],
  ])('leaves the database of another program alone, which it knows by %s: not_a_database', async (_, sql) => {
    const folder = temporaryFolder()
    const path = join(folder, 'songs.db')
    new Database(path).exec(sql).close()
    const before = readFileSync(path)
    await rejects(openStore(path), 'not_a_database', path, 'another program')
    expect(readFileSync(path).equals(before)).toBe(true)
    expect(readdirSync(folder)).toEqual(['songs.db'])
  })

  test('a folder, or no path at all, is not_a_database', async () => {
    const folder = temporaryFolder()
    await rejects(openStore(folder), 'not_a_database', 'folder')
    await rejects(openStore(''), 'not_a_database', 'empty')
  })

  test('a database of a later schema is newer_database, and says which', async () => {
    const path = join(temporaryFolder(), 'work.db')
    await (await openStore(path)).close()
    new Database(path).exec('PRAGMA user_version = 99').close()
    await rejects(openStore(path), 'newer_database', '99', 'update Braid')
    await rejects(openStore(path, { readOnly: true }), 'newer_database')
  })

  test('a folder that is missing, or that is a file, is folder_missing', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'file'), 'x')
    await rejects(openStore(join(folder, 'a', 'b.db')), 'folder_missing', join(folder, 'a'))
    await rejects(openStore(join(folder, 'file', 'b.db')), 'folder_missing', join(folder, 'file'))
  })

  test('a file or a folder that this user may not write is database_read_only', async () => {
    const folder = temporaryFolder()
    const [shut, open] = [join(folder, 'shut'), join(folder, 'open')]
    for (const place of [shut, open]) {
      mkdirSync(place)
      await (await openStore(join(place, 'work.db'))).close()
      chmodSync(join(place, 'work.db'), 0o444)
    }
    chmodSync(folder, 0o755)
    chmodSync(shut, 0o555)
    chmodSync(open, 0o777)
    await asOrdinaryUser(async () => {
      await rejects(openStore(join(shut, 'work.db')), 'database_read_only', 'write access')
      await rejects(openStore(join(shut, 'new.db')), 'database_read_only', 'write access')
      await rejects(openStore(join(open, 'work.db')), 'database_read_only', 'write access')
    })
    expect(existsSync(join(shut, 'new.db'))).toBe(false)
  })

  test('a file that another process keeps locked is database_locked, and opens once it is free', async () => {
    const path = join(temporaryFolder(), 'work.db')
    await (await openStore(path)).close()
    const holder = await holdLock(path)
    await rejects(openStore(path, { lockTimeout: 50 }), 'database_locked', path)
    const opening = openStore(path)
    await holder.release()
    await (await opening).close()
  })

  test('Braid’s mark without Braid’s tables is database_corrupt', async () => {
    const path = join(temporaryFolder(), 'work.db')
    await (await openStore(path)).close()
    new Database(path).exec('DROP VIEW conversation; DROP VIEW outcomes; DROP TABLE entries').close()
    await rejects(openStore(path), 'database_corrupt', path)
  })

  test('pages that are damaged are database_corrupt when they are read', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const store = await openStore(path)
    await store.write([create(), ...Array.from({ length: 50 }, (_, index) => say(`${index} ${'x'.repeat(2000)}`))])
    await store.close()
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0xa5, 16384))
    const damaged = await openStore(path)
    await rejects(damaged.messages(MAIN.id), 'database_corrupt', path, '.recover')
    await damaged.close()
  })

  test('a native binary that is missing, or is not one for this Node, is native_binary', async () => {
    const folder = temporaryFolder()
    const wrong = join(folder, 'better_sqlite3.node')
    writeFileSync(wrong, 'built for another machine')
    await rejects(
      openStore(':memory:', { nativeBinding: wrong }),
      'native_binary',
      process.version,
      '. Run `npm rebuild',
    )
    await rejects(
      openStore(':memory:', { nativeBinding: join(folder, 'none.node') }),
      'native_binary',
      '. Run `npm rebuild',
    )
  })
})

describe('openStore for reading', () => {
  test('reads what is there, also what a writer adds meanwhile, and writes nothing', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const writer = await openStore(path)
    await writer.write([create(), say('one')])
    const reader = await openStore(path, { readOnly: true })
    expect(await reader.session()).toEqual(await writer.session())
    expect(await reader.length(MAIN.id)).toBe(1)
    await writer.write([say('two')])
    expect((await reader.messages(MAIN.id)).map((message) => message.text)).toEqual(['one', 'two'])
    await rejects(reader.write([say('three')]), 'database_read_only', 'readOnly')
    expect(await writer.length(MAIN.id)).toBe(2)
    await reader.close()
    await writer.close()
  })

  test('a file that is missing is database_missing, and is not made', async () => {
    const folder = temporaryFolder()
    await rejects(openStore(join(folder, 'none.db'), { readOnly: true }), 'database_missing', 'none.db')
    await rejects(openStore(join(folder, 'a', 'none.db'), { readOnly: true }), 'folder_missing')
    expect(readdirSync(folder)).toEqual([])
  })

  test('an empty file is not_a_database, and stays empty', async () => {
    const path = join(temporaryFolder(), 'empty.db')
    writeFileSync(path, '')
    await rejects(openStore(path, { readOnly: true }), 'not_a_database', 'empty')
    expect(readFileSync(path)).toHaveLength(0)
  })
})

/** To root, nothing is read-only: CI's containers run as root, so the file system is asked as somebody else. */
async function asOrdinaryUser(run: () => Promise<void>): Promise<void> {
  const NOBODY = 65534
  if (process.geteuid?.() !== 0) return run()
  const back = () => process.seteuid?.(0)
  onTestFinished(back)
  process.seteuid?.(NOBODY)
  await run().finally(back)
}
