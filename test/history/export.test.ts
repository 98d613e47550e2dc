import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { BraidError, type ErrorCode, Message } from '@braid/core'
import { MemoryStore } from '@braid/flow'
import { openStore } from '@braid/sqlite'
import { Builder, flow, lines, Session } from 'braid'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scriptedModel } from '@braid/testing'
import { act, steps } from './random-session.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-export-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let count = 0
function path(): string {
  count += 1
  return join(folder, `${count}.db`)
}

async function linesOf(session: Session): Promise<string[]> {
  const lines: string[] = []
  for await (const line of session.export()) lines.push(line)
  return lines
}

async function thrown(code: ErrorCode, run: () => Promise<unknown>): Promise<BraidError> {
  const error: unknown = await run().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(BraidError)
  expect((error as BraidError).code).toBe(code)
  return error as BraidError
}

/** Two branches and a run with a tool. */
async function small(): Promise<readonly string[]> {
  await using session = await Session.open(path(), { imodel: scriptedModel('An answer.') })
  const chat = await session.createBranch({ name: 'chat', system: 'Be brief.' })
  await session.conduct('communicate', chat, { instruction: 'What is SSE?' })
  await (await chat.fork('other')).append({ role: 'user', content: 'Thanks' })
  await (await session.branch('other')).archive()
  return await linesOf(session)
}

describe('a session that is exported, deleted and imported', () => {
  test('is the same one, line by line, whatever has happened to it', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan) => {
        const file = path()
        const store = await openStore(file)
        await act(store, plan)
        await store.close()
        const before = await Session.open(file)
        const lines = await linesOf(before)
        const names = (await before.branches({ archived: true })).map(({ name }) => name)
        const { id } = before
        const histories = await historiesOf(before)
        await before.close()
        rmSync(file)
        await using after = await Session.import(lines, file)
        expect(after.id).toBe(id)
        expect((await after.branches({ archived: true })).map(({ name }) => name)).toEqual(names)
        expect(await historiesOf(after)).toEqual(histories)
        expect(await linesOf(after)).toEqual(lines)
        expect(
          new Set(lines.flatMap((line) => [...line.matchAll(/"\$message":\{"id":"([^"]+)"/g)].map(([, of]) => of)))
            .size,
        ).toBe(lines.join('').split('"$message":{"id"').length - 1)
      }),
      { numRuns: 30 },
    )
  }, 60_000)

  test('keeps its branches and messages in memory as well, where no runs are kept', async () => {
    const lines = await small()
    await using session = await Session.import(lines)
    expect((await session.branches({ archived: true })).map(({ name, archived }) => [name, archived])).toEqual([
      ['chat', false],
      ['other', true],
    ])
    const kept = lines.filter((line) => /"type":"(branch|message)"/.test(line))
    expect((await linesOf(session)).slice(1, -1)).toEqual(kept)
    expect(lines.some((line) => line.includes('"type":"operation"'))).toBe(true)
  })

  test('goes on where it was', async () => {
    const lines = await small()
    await using session = await Session.import(
      lines.map((line) => line.trimEnd()),
      path(),
      { imodel: scriptedModel('And more.') },
    )
    const builder = new Builder({ session })
    builder.communicate({ instruction: 'Go on', branch: 'chat' })
    await flow(builder)
    expect((await (await session.branch('chat')).messages()).map(({ text }) => text)).toEqual([
      'Be brief.',
      'What is SSE?',
      'An answer.',
      'Go on',
      'And more.',
    ])
  })
})

async function historiesOf(session: Session): Promise<unknown> {
  return Promise.all(
    (await session.branches({ archived: true })).map(async (branch) => [
      branch.name,
      branch.archived,
      branch.resources,
      branch.window,
      await branch.lineage(),
      await branch.messages(),
    ]),
  )
}

test.each([
  ['node:readline', (file: string) => createInterface({ input: createReadStream(file) })],
  ['lines()', (file: string) => lines(createReadStream(file, 'utf8'))],
] as const)('an export is imported from a file by %s', async (_, read) => {
  const file = `${path()}.jsonl`
  writeFileSync(file, (await small()).join(''))
  await using session = await Session.import(read(file), path())
  expect(await linesOf(session)).toEqual(readFileSync(file, 'utf8').split(/(?<=\n)/))
})

describe('what is damaged is refused by the number of its line, and leaves no file', () => {
  const change =
    (line: number, to: (text: string) => string) =>
    (lines: readonly string[]): string[] =>
      lines.map((text, index) => (index === line - 1 ? to(text) : text))
  test.each<[string, number, (lines: readonly string[]) => readonly string[]]>([
    ['nothing at all', 1, () => []],
    ['something else', 1, () => ['{"hello":"world"}']],
    ['another version', 1, change(1, (text) => text.replace('"version":1', '"version":2'))],
    ['a line cut off', 3, change(3, (text) => text.slice(0, 40))],
    ['a line that is no object', 4, change(4, () => '[]\n')],
    ['a line of an unknown type', 2, change(2, (text) => text.replace('"branch"', '"brunch"'))],
    ['a field that is missing', 2, change(2, (text) => text.replace('"name"', '"nome"'))],
    ['a message of nothing', 3, change(3, (text) => text.replace('"instruction"', '"instruktion"'))],
    ['a message that never came', 3, change(3, (text) => text.replace(/"message":\{.*\}\}/, '"message":"gone"}'))],
    ['a branch that came twice', 3, (lines) => [lines[0]!, lines[1]!, lines[1]!, ...lines.slice(2)]],
    ['a message without its branch', 2, (lines) => [lines[0]!, ...lines.slice(2)]],
    ['an end too early', 6, (lines) => [...lines.slice(0, 5), lines.at(-1)!]],
    ['no end', 6, (lines) => lines.slice(0, 5)],
    ['two sessions', 3, (lines) => [lines[0]!, lines[1]!, ...lines]],
  ])('%s', async (_, line, damage) => {
    const damaged = damage(await small())
    const file = path()
    const error = await thrown('invalid_export', () => Session.import(damaged, file))
    expect(error.message).toMatch(new RegExp(`^line ${line} of the export`))
    expect(error.message).not.toContain('SSE')
    expect(readdirSync(folder).filter((name) => name.startsWith(basename(file)))).toEqual([])
    await thrown('invalid_export', () => Session.import(damaged))
  })

  test('a message that redact changes is imported as it leaves it', async () => {
    const redact = (message: Message) =>
      message.content.type === 'instruction'
        ? new Message({ ...message, content: { ...message.content, instruction: 'gone' } })
        : message
    await using session = await Session.import(await small(), path(), { redact })
    const texts = (await (await session.branch('other')).messages()).map(({ text }) => text)
    expect(texts).toEqual(['Be brief.', 'gone', 'An answer.', 'gone'])
  })

  test('a file that is there is left alone', async () => {
    const file = path()
    writeFileSync(file, 'mine')
    await thrown('file_exists', async () => Session.import(await small(), file))
    expect(existsSync(`${file}.importing`)).toBe(false)
  })
})

test('a long branch is read in parts, and what is written meanwhile does no harm', async () => {
  let most = 0
  const store = new (class extends MemoryStore {
    override async messages(...args: Parameters<MemoryStore['messages']>): Promise<readonly Message[]> {
      const messages = await super.messages(...args)
      most = Math.max(most, messages.length)
      return messages
    }
  })()
  const session = new Session({}, { store })
  const long = await session.createBranch({ name: 'long' })
  await long.append(...Array.from({ length: 1_000 }, (_, index) => Message.instruction(`${index}`)))
  const lines: string[] = []
  for await (const line of session.export()) {
    if (lines.length % 100 === 0) await long.append(Message.assistant('meanwhile'))
    lines.push(line)
  }
  expect(most).toBeLessThan(1_000)
  await using again = await Session.import(lines)
  const texts = (await (await again.branch('long')).messages()).map(({ text }) => text)
  expect(texts.slice(0, 1_000)).toEqual(Array.from({ length: 1_000 }, (_, index) => `${index}`))
})
