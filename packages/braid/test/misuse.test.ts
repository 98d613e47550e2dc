import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BraidError, Builder, type OpenOptions, Session } from '../src/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-misuse-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What plain JavaScript may give: TypeScript refuses each of these. */
const loose = <T>(value: unknown): T => value as T

async function refused(call: () => unknown): Promise<string> {
  const error = await (async () => call())().catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(BraidError)
  return (error as BraidError).message
}

test('a misspelt `readOnly` opens nothing, for writing least of all', async () => {
  const path = join(folder, 'work.db')
  expect(await refused(() => Session.open(path, { readonly: true } as OpenOptions))).toMatch(/`readonly`.*`readOnly`/)
  expect(existsSync(path)).toBe(false)
  expect(await refused(() => Session.open(loose(undefined)))).toMatch(/path of a file/)
})

test('a path in the place of the options is no session in memory', async () => {
  expect(await refused(() => new Session(loose('work.db')))).toMatch(/Session\.open\(path\)/)
})

test('a builder is given its session by name, and does not work on another in silence', async () => {
  await using session = new Session()
  expect(await refused(() => new Builder(loose(session)))).toMatch(/new Builder\(\{ session \}\)/)
  expect(await refused(() => new Builder(loose({ sesion: session })))).toMatch(/`sesion`.*`session`/)
  expect(new Builder({ session }).session).toBe(session)
  expect(new Builder().session).toBeInstanceOf(Session)
})
