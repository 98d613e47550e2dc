import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Ended, run, start } from '../../../test/support/program.ts'
import { Message, Session } from '../src/index.ts'

const MAIN = fileURLToPath(new URL('../src/command/main.ts', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-command-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const braid = (...args: string[]): Promise<Ended> => run(MAIN, args, { cwd: folder })

describe.concurrent('braid', () => {
  test('--version is the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    expect(await braid('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('--help lists the commands; without a command it does too, and fails', async () => {
    const [asked, bare] = await Promise.all([braid('--help'), braid()])
    expect(asked).toMatchObject({ code: 0, stderr: '' })
    for (const command of ['braid demo', 'braid log <db>', '--version']) expect(asked.stdout).toContain(command)
    expect(bare).toEqual({ ...asked, code: 2 })
  })

  test.each([
    [['dmeo'], 'there is no command "dmeo"'],
    [['log'], 'which database?'],
    [['log', 'missing.db'], 'missing.db'],
    [['log', '--db', 'work.db'], 'braid log takes no "--db"'],
    [['log', 'work.db', 'chat', 'other'], 'braid log takes no "other"'],
    [['demo', 'work.db'], 'braid demo takes no "work.db"'],
    [['demo', '--dbb', 'x.db'], "Unknown option '--dbb'"],
  ])('%j fails with one sentence and no stack', async (args, says) => {
    const { code, stdout, stderr } = await braid(...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^braid: /)
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('    at ')
  })
})

describe('braid log', () => {
  const path = (): string => join(folder, 'log.db')
  beforeAll(async () => {
    await using session = await Session.open(path())
    const chat = await session.createBranch({ name: 'chat', system: 'Answer briefly.' })
    await chat.append(
      Message.instruction('What is a fork?', { context: 'git' }),
      Message.assistant('A second way on.\nOf two.'),
    )
    await (await chat.fork('chat-v2')).append(Message.instruction('\u001b[31mThanks.'))
    await chat.fork('same')
    await (await session.createBranch({ name: 'empty' })).archive()
  })

  test('prints every branch, each fork with where it comes from, and what was said', async () => {
    const { code, stdout, stderr } = await braid('log', path())
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const time = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g
    expect(stdout.replace(time, 'TIME')).toBe(`chat  2 messages
├─ chat-v2  3 messages, 2 of them shared
└─ same  2 messages, 2 of them shared
empty  0 messages, put away

chat
  1  TIME system
    Answer briefly.
  2  TIME user
    (with context) What is a fork?
  3  TIME assistant
    A second way on.
    Of two.

chat-v2, after 3 of chat
  4  TIME user
    \\u001b[31mThanks.

`)
  })

  test('prints one branch alone, all of it, and lists the others when there is none of that name', async () => {
    const [one, fork, none] = await Promise.all([
      braid('log', path(), 'empty'),
      braid('log', path(), 'chat-v2'),
      braid('log', path(), 'chta'),
    ])
    expect(one).toEqual({ code: 0, stdout: 'empty  0 messages\n\n', stderr: '' })
    expect(fork.stdout).toMatch(/^chat-v2 {2}3 messages, 2 of them shared with chat\n {2}1 .*system\n/)
    expect(none.code).toBe(1)
    expect(none.stderr).toContain('no branch is called "chta"; there are: chat, chat-v2, same, empty')
  })

  test('--json is one object a line', async () => {
    const { stdout } = await braid('log', path(), '--json')
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.filter(({ messages }) => messages !== undefined)).toMatchObject([
      { branch: 'chat', archived: false, messages: 3, lineage: [] },
      { branch: 'chat-v2', messages: 4, lineage: [{ branch: 'chat' }] },
      { branch: 'same' },
      { branch: 'empty', archived: true, messages: 0 },
    ])
    expect(lines[1]).toMatchObject({ branch: 'chat', message: { role: 'system', text: 'Answer briefly.' } })
  })

  test('stops quietly when its reader leaves, as `head` does', async () => {
    const long = join(folder, 'long.db')
    {
      await using session = await Session.open(long)
      const branch = await session.createBranch({ name: 'long' })
      await branch.append(...Array.from({ length: 200 }, () => Message.instruction('x'.repeat(4_000))))
    }
    const program = start(MAIN, ['log', long], { cwd: folder })
    await program.printed('long  200 messages')
    program.process.stdout?.destroy()
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' })
  })
})
