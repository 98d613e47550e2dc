import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProviderServer } from '@braid/testing'
import { afterAll, describe, expect, test } from 'vitest'
import { run, start } from '../../../test/support/program.ts'
import { Session } from '../src/index.ts'

const MAIN = fileURLToPath(new URL('../src/command/main.ts', import.meta.url))
/** No Ollama answers there, whatever runs on this machine. */
const NOBODY = { OLLAMA_HOST: 'http://127.0.0.1:1' }

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A place of its own: the demo keeps its database where it is run. */
function newVisitor() {
  const cwd = mkdtempSync(join(tmpdir(), 'braid-demo-'))
  folders.push(cwd)
  const database = join(cwd, '.braid/demo.db')
  const options = (env: Record<string, string> = {}) => ({ cwd, env: { ...NOBODY, ...env } })
  return {
    database,
    demo: (env?: Record<string, string>) => run(MAIN, ['demo'], options(env)),
    start: () => start(MAIN, ['demo'], options()),
    open: () => Session.open(database),
  }
}

/** The branches, each with who spoke on it. */
async function branches(session: Session): Promise<Record<string, string[]>> {
  const list = await session.branches()
  return Object.fromEntries(
    await Promise.all(list.map(async (each) => [each.name, (await each.messages()).map(({ role }) => role)] as const)),
  )
}

describe.concurrent('braid demo without a key', () => {
  test('asks three models, writes an article, and the next visit forks it for another version', async () => {
    const { demo, open } = newVisitor()
    const first = await demo()
    expect(first).toMatchObject({ code: 0, stderr: '' })
    expect(first.stdout).toContain('No API key and no Ollama found')
    for (const name of ['openai', 'anthropic', 'gemini', 'synthesis', 'article']) {
      expect(first.stdout).toContain(`[${name}] completed`)
      expect(first.stdout).toMatch(new RegExp(`^${name} +completed +\\d+ +\\d+/\\d+ +\\d+ ms +\\d+ ms$`, 'm'))
    }
    const lanes = first.stdout.match(/^\[(openai|anthropic|gemini)\]/gm) ?? []
    expect(new Set(lanes.slice(0, 3)).size).toBe(3)
    expect(first.stdout).toContain('\n# What makes software last\n')
    expect(first.stdout).not.toContain('\u001b')

    const second = await demo()
    expect(second).toMatchObject({ code: 0, stderr: '' })
    expect(second.stdout).toContain('this visit forks its branch and writes version 2')
    expect(second.stdout).toContain('\n# Why some programs get old\n')

    await using session = await open()
    const turn = ['user', 'assistant']
    expect(await branches(session)).toEqual({
      openai: turn,
      anthropic: turn,
      gemini: turn,
      synthesis: turn,
      article: turn,
      'article-v2': [...turn, ...turn],
    })
  })

  test('interrupted with Ctrl-C keeps what arrived, closes the database, and is gone on with', async () => {
    const { demo, open, database, start } = newVisitor()
    const program = start()
    await program.printed('[openai] What lasts is small')
    program.process.kill('SIGINT')
    const interrupted = await program.ended
    expect(interrupted).toMatchObject({ code: 130, stderr: '' })
    expect(interrupted.stdout).toContain('Interrupted. What had arrived is kept.')
    expect(interrupted.stdout).toContain('Run the demo again to go on from there.')
    // A connection that was closed leaves no write-ahead log behind.
    expect(existsSync(`${database}-wal`)).toBe(false)
    {
      await using session = await open()
      const [question, partial] = await (await session.branch('openai')).messages()
      expect(question?.text).toContain('What makes software last?')
      expect(partial?.status).toBe('partial')
      expect(partial?.text).toMatch(/^What lasts is small/)
    }

    const next = await demo()
    expect(next).toMatchObject({ code: 0, stderr: '' })
    expect(next.stdout).toContain('Going on where the last visit was interrupted.')
    await using session = await open()
    const article = await (await session.branch('article')).messages()
    expect(article.at(-1)?.text).toMatch(/^# What makes software last/)
    expect(Object.keys(await branches(session)).sort()).toEqual([
      'anthropic',
      'article',
      'gemini',
      'openai',
      'synthesis',
    ])
  })
})

describe.concurrent('braid demo with a key', () => {
  test('asks the provider that the key is for, under three names', async () => {
    await using server = await startProviderServer({ requireKey: 'a-key' })
    const { code, stdout, stderr } = await newVisitor().demo({
      GROQ_API_KEY: 'a-key',
      GROQ_BASE_URL: `${server.url}/v1`,
    })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('Asking groq/llama-3.3-70b-versatile.')
    expect(stdout).toContain('[groq-3] completed')
    expect(server.requests).toHaveLength(5)
    expect(server.requests.at(-1)?.prompt).toContain('Write a short article')
  })

  test('says what each operation died of when the provider refuses, and fails', async () => {
    await using server = await startProviderServer({ requireKey: 'another-key' })
    const { code, stdout, stderr } = await newVisitor().demo({
      OPENAI_API_KEY: 'secret-key',
      OPENAI_BASE_URL: `${server.url}/v1`,
    })
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(/^ {2}openai: .*401/m)
    expect(stdout).toMatch(/^article +skipped/m)
    expect(stdout).not.toContain('secret-key')
  })
})
