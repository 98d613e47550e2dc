import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scriptedModel, startProviderServer } from '@braid/testing'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BraidError, Builder, flow, iModel, Message, type ModelId, Session } from '../src/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-session-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function errorOf(promise: Promise<unknown>): Promise<BraidError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(BraidError)
  return error as BraidError
}

describe('Session.open', () => {
  test('makes the file, and what was said is there when it is opened again', async () => {
    const path = join(folder, 'work.db')
    {
      await using session = await Session.open(path, { imodel: scriptedModel('Server-sent events.') })
      await session.conduct('communicate', 'chat', { instruction: 'What is SSE?' })
      const chat = await session.branch('chat')
      await (await chat.fork('other')).append(Message.instruction('And WebSockets?'))
    }
    await using session = await Session.open(path)
    const said = async (name: string) => (await (await session.branch(name)).messages()).map(({ text }) => text)
    expect(await said('chat')).toEqual(['What is SSE?', 'Server-sent events.'])
    expect(await said('other')).toEqual(['What is SSE?', 'Server-sent events.', 'And WebSockets?'])
  })

  test.each([
    ['a folder that does not exist', 'folder_missing', () => join(folder, 'nowhere', 'work.db')],
    ['a folder', 'not_a_database', () => folder],
    ['a file that is no database', 'not_a_database', () => file('notes.txt', 'Dear diary, '.repeat(200))],
    ['a database of another program', 'not_a_database', () => foreign('other.db', 'CREATE TABLE recipes (title)')],
    [
      'a database of a newer Braid',
      'newer_database',
      () => foreign('new.db', `PRAGMA application_id = ${0x42726169}; PRAGMA user_version = 999`),
    ],
  ] as const)('refuses %s with %s, naming the file', async (_, code, path) => {
    const error = await errorOf(Session.open(path()))
    expect(error.code).toBe(code)
    expect(error.message).toContain(folder)
  })

  test('refuses to make a file that is only to be read', async () => {
    const error = await errorOf(Session.open(join(folder, 'none.db'), { readOnly: true }))
    expect(error.code).toBe('database_missing')
  })

  test('leaves a database of another program as it was', async () => {
    const path = foreign('other.db', 'CREATE TABLE recipes (title)')
    await errorOf(Session.open(path))
    const db = new Database(path, { readonly: true })
    expect(db.prepare('SELECT name FROM sqlite_schema').pluck().all()).toEqual(['recipes'])
    expect(db.pragma('journal_mode', { simple: true })).toBe('delete')
    db.close()
  })

  test('closes the file again when its default model cannot be made', async () => {
    const path = join(folder, 'work.db')
    const error = await errorOf(Session.open(path, { imodel: 'nobody/model' as ModelId }))
    expect(error.code).toBe('unknown_provider')
    // An exclusive lock is given to nobody while a connection is open in WAL mode.
    const db = new Database(path)
    db.pragma('locking_mode = EXCLUSIVE')
    expect(() => db.exec('BEGIN EXCLUSIVE; COMMIT')).not.toThrow()
    db.close()
  })

  function file(name: string, content: string): string {
    writeFileSync(join(folder, name), content)
    return join(folder, name)
  }

  function foreign(name: string, sql: string): string {
    const db = new Database(join(folder, name))
    db.exec(`${sql}; CREATE TABLE IF NOT EXISTS recipes (title)`)
    db.close()
    return join(folder, name)
  }
})

describe('a model named by provider and model', () => {
  test('needs no registering, in a session and in a builder of its own', async () => {
    await using server = await startProviderServer()
    server.reply('from the session').reply('from the builder')
    const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: `${server.url}/v1` }
    const before = { ...process.env }
    Object.assign(process.env, env)
    try {
      await using session = new Session({ imodel: 'openai/gpt-4o-mini' })
      expect(await session.conduct('generate', 'any', { instruction: 'Hello' })).toBe('from the session')
      const builder = new Builder()
      const hello = builder.generate({ instruction: 'Hello', imodel: 'openai/gpt-4o' })
      expect((await flow(builder)).get(hello)).toBe('from the builder')
      await builder.session.close()
    } finally {
      for (const name of Object.keys(env)) delete process.env[name]
      Object.assign(process.env, before)
    }
    expect(server.requests.map(({ model }) => model)).toEqual(['gpt-4o-mini', 'gpt-4o'])
  })

  test('that nobody can make is a named error of the operation that names it', async () => {
    await using session = new Session()
    const conduct = (imodel: string) => session.conduct('generate', 'any', { instruction: 'Hello', imodel })
    expect((await errorOf(conduct('opnai/gpt-4o'))).message).toContain('Did you mean openai?')
    expect((await errorOf(conduct('gpt'))).code).toBe('unknown_imodel')
  })
})

test('closing a session closes the connections that its models keep', async () => {
  await using server = await startProviderServer()
  const model = new iModel('openai/gpt-4o-mini', { baseUrl: `${server.url}/v1`, apiKey: 'k' })
  const session = new Session({ imodel: model })
  await session.conduct('generate', 'any', { instruction: 'Hello' })
  expect(server.openSockets).toBe(1)
  await session.close()
  await server.until(({ openSockets }) => openSockets === 0)
})
