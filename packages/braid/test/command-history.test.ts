import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scriptedModel, startProviderServer } from '@braid/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { start } from '../../../test/support/program.ts'
import { run } from '../src/command/command.ts'
import { BraidError, Builder, flow, flowStream, Session } from '../src/index.ts'

const MAIN = fileURLToPath(new URL('../src/command/main.ts', import.meta.url))

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-command-history-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

afterEach(() => {
  vi.restoreAllMocks()
})

interface Printed {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The command in this process, which takes no time to start; one after the other, since they print to the same place. */
async function braid(...args: string[]): Promise<Printed> {
  let stdout = ''
  let stderr = ''
  const out = vi.spyOn(console, 'log').mockImplementation((line) => {
    stdout += `${line}\n`
  })
  const bad = vi.spyOn(console, 'error').mockImplementation((line) => {
    stderr += `${line}\n`
  })
  const raw = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text
    return true
  })
  try {
    const code = await run(args)
    return { code, stdout, stderr }
  } finally {
    for (const spy of [out, bad, raw]) spy.mockRestore()
  }
}
const linesOf = ({ stdout }: Printed): Record<string, unknown>[] =>
  stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)

let count = 0
/** A database with a conversation, and with a run in which something failed. */
async function database(search = false): Promise<{ path: string; runId: string }> {
  count += 1
  const path = join(folder, `${count}.db`)
  await using session = await Session.open(path, { imodel: scriptedModel('Two tides a day.'), search })
  const chat = await session.createBranch({ name: 'chat', system: 'Be brief.' })
  await session.conduct('communicate', chat, { instruction: 'What are tides?' })
  const builder = new Builder({ session })
  const facts = builder.communicate({ name: 'facts', instruction: 'Facts', branch: 'facts' })
  const list = builder.expand({
    name: 'chapters',
    dependsOn: facts,
    items: () => ['moon', 'sun'],
    each: (item, sub) => sub.task({ name: 'draft', run: () => item }),
    max: 2,
  })
  const bad = builder.task({
    name: 'bad',
    dependsOn: facts,
    run: () => {
      throw new Error('no luck')
    },
  })
  builder.task({ name: 'book', dependsOn: [list, bad], run: () => 1 })
  const stream = flowStream(builder)
  await stream.results.catch(() => {})
  return { path, runId: stream.runId }
}

describe('braid', () => {
  test('runs lists the runs, and those with a status', async () => {
    const { path, runId } = await database()
    const all = await braid('runs', path)
    const failed = await braid('runs', path, '--status', 'failed', '--last', '5')
    const json = await braid('runs', path, '--json')
    expect(all.stdout).toMatch(/^run +status +began +took +operations\n(.*\n){2}$/)
    expect(all.stdout).toMatch(new RegExp(`${runId} +failed .* 4 of 6 completed\n`))
    expect(failed.stdout.match(/\n/g)).toHaveLength(2)
    expect(linesOf(json)[1]).toMatchObject({
      run: runId,
      status: 'failed',
      operations: { completed: 4, failed: 1, skipped: 1 },
    })
  })

  test('show draws the graph of a run, whose id may be cut short, and says what failed', async () => {
    const { path, runId } = await database()
    const text = await braid('show', path, runId.slice(-8))
    const json = await braid('show', path, runId, '--json')
    expect(text.stderr).toBe('')
    expect(text.stdout.replace(/\d+(\.\d)? m?s\b/g, 'TIME')).toMatch(
      /failed {2}began .*\n\n✓ +facts +TIME, .* {2}communicate · on facts · began at TIME\n(.*\n)*.* ✓ +chapters\/0\/draft .*\n.* ✓ +chapters\/1\/draft (.*\n)*.*✗.* bad +operation_failed after TIME +task .*\n.*⊘.* book +because of bad +task\n\nbad: no luck\n$/,
    )
    expect(linesOf(json)[0]).toMatchObject({ run: runId, status: 'failed' })
    expect(linesOf(json).find(({ operationId }) => operationId === 'bad')).toMatchObject({
      outcome: { error: { message: 'no luck' } },
    })
  })

  test('replay says again what a run said, in its order, and ends as it ended', async () => {
    const { path, runId } = await database()
    const text = await braid('replay', path, 'last', '--speed', '50')
    const json = await braid('replay', path, runId, '--fast', '--json')
    expect(text.stdout).toMatch(/^\[facts\] communicate.*\n\[facts\] Two tides a day\.\n\[facts\] completed\n/)
    expect(text.stdout).toContain('[bad] failed: no luck')
    expect([text.code, json.code]).toEqual([1, 1])
    expect(text.stderr).toMatch(/^braid: /)
    const lines = linesOf(json)
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index + 1))
    expect(lines[0]).toMatchObject({ operationId: 'facts', chunk: { type: 'operation-start' } })
  })

  test('fork makes another way on from a message by its number or its id', async () => {
    const { path } = await database()
    const id = String((linesOf(await braid('log', path, 'chat', '--json'))[2]!['message'] as { id: string }).id)
    expect((await braid('fork', path, 'chat', 'left', '--at', '2')).stdout).toBe(
      'left has the first 2 messages of chat\n',
    )
    expect(linesOf(await braid('fork', path, 'chat', 'right', '--at', id.slice(-12), '--json'))).toMatchObject([
      { branch: 'right', messages: 2, lineage: [{ branch: 'chat', at: id }] },
    ])
    expect((await braid('fork', path, 'chat', 'whole')).stdout).toContain('first 3 messages')
    const wrong = await braid('fork', path, 'chat', 'x', '--at', '9')
    const taken = await braid('fork', path, 'chat', 'left')
    expect([wrong.code, taken.code]).toEqual([1, 1])
    expect(wrong.stderr).toContain('braid log shows the numbers')
    expect(taken.stderr).toContain('left')
  })

  test('search finds messages by their words, and says how where there is no index', async () => {
    const { path } = await database()
    const without = await braid('search', path, 'tides')
    expect([without.code, without.stdout]).toEqual([1, ''])
    expect(without.stderr).toContain('--index')
    const made = await braid('search', path, 'day', 'TIDES', '--index')
    expect(made.stdout).toMatch(/^(chat|facts)\n.*assistant.*\n {4}Two tides a day\.\n\n/)
    expect(linesOf(await braid('search', path, 'what tides', '--json'))).toMatchObject([
      { branches: ['chat'], message: { text: 'What are tides?' } },
    ])
    expect((await braid('search', path, 'nothing of that')).stdout).toBe('nothing found\n')
  })

  test('export and import make the same database, also through pipes', async () => {
    const { path } = await database()
    const [jsonl, copy, piped] = ['jsonl', 'copy.db', 'piped.db'].map((end) => `${path}.${end}`) as [
      string,
      string,
      string,
    ]
    expect(await braid('export', path, jsonl)).toEqual({ code: 0, stdout: '', stderr: '' })
    const lines = readFileSync(jsonl, 'utf8')
    expect((await braid('export', path)).stdout).toBe(lines)
    expect((await braid('import', copy, jsonl)).stdout).toBe(`${copy} has 2 branches\n`)
    expect((await braid('export', copy)).stdout).toBe(lines)
    const program = start(MAIN, ['import', piped], { cwd: folder, stdin: true })
    program.process.stdin?.end(lines)
    expect((await program.ended).code).toBe(0)
    expect((await braid('export', piped)).stdout).toBe(lines)
    const again = await braid('export', path, jsonl)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('EEXIST')])
    writeFileSync(`${jsonl}.cut`, lines.slice(0, lines.length / 2))
    const cut = await braid('import', `${path}.cut.db`, `${jsonl}.cut`)
    expect([cut.code, cut.stderr]).toEqual([1, expect.stringMatching(/line \d+ of the export/)])
    expect(existsSync(`${path}.cut.db`)).toBe(false)
  })

  test('a branch is exported and imported as the messages of an API', async () => {
    const { path } = await database()
    const openai = await braid('export', path, '--branch', 'chat', '--as', 'openai')
    expect(JSON.parse(openai.stdout)).toEqual({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'What are tides?' },
        { role: 'assistant', content: 'Two tides a day.' },
      ],
    })
    writeFileSync(`${path}.json`, openai.stdout)
    expect((await braid('import', path, `${path}.json`, '--branch', 'again', '--as', 'openai')).stdout).toBe(
      '3 messages on again\n',
    )
    expect((await braid('export', path, '--branch', 'again', '--as', 'openai')).stdout).toBe(openai.stdout)
    expect((await braid('export', path, '--as', 'gemini', '--branch', 'chat')).stderr).toContain(
      '--as openai or --as anthropic',
    )
    expect((await braid('import', path, `${path}.json`, '--branch', 'third')).stderr).toContain('together')
  })

  test('prune removes what it was told to, and asks when it was told nothing', async () => {
    const { path, runId } = await database()
    const none = await braid('prune', path)
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('--keep 100')])
    expect((await braid('prune', path, '--older-than', '1d')).stdout).toMatch(/^removed 0 runs and 0 messages\n/)
    expect(linesOf(await braid('prune', path, '--keep', '1', '--vacuum', '--json'))).toMatchObject([{ runs: 1 }])
    expect(linesOf(await braid('runs', path, '--json')).map((line) => line['run'])).toEqual([runId])
    for (const age of ['30', 'soon', '1y']) expect((await braid('prune', path, '--older-than', age)).code).toBe(1)
    expect((await braid('prune', path, '--keep', 'all')).code).toBe(1)
  })

  test('check says what there is when the file is sound, and ends with 1 when it is not', async () => {
    const { path } = await database()
    const sound = await braid('check', path)
    expect([sound.code, sound.stdout]).toEqual([0, expect.stringMatching(/is sound\n2 branches, 5 messages, 2 runs; /)])
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(7, 16_384 * 3, 16_384 * 5))
    const broken = await braid('check', path)
    expect(broken.code).toBe(1)
    expect(broken.stdout + broken.stderr).not.toContain('    at ')
    const saved = await braid('export', path, '--rescue')
    expect(saved.code).toBe(0)
    expect(linesOf(saved).at(-1)).toMatchObject({ type: 'end' })
  })

  test.each([
    [['show', 'x.db'], 'which run? braid runs <db> lists them; braid show <db> <run>'],
    [['fork', 'x.db', 'chat'], 'which name? braid fork <db> <branch> <name>'],
    [['search', 'x.db'], 'which words?'],
    [['runs', 'x.db', '--status', 'done'], 'one of running, waiting'],
    [['replay', 'x.db', 'y', '--speed', 'fast'], '--speed'],
    [['check', 'x.db', '--fast'], 'braid check takes no "--fast"'],
    [['import', 'x.db', 'missing.jsonl'], 'missing.jsonl'],
  ])('%j fails with one sentence and no stack', async (args, says) => {
    const { code, stdout, stderr } = await braid(...args)
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^braid: /)
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('    at ')
  })
})

describe('braid resume', () => {
  test('goes on with a run whose plan is data, asking the model that it is given', async () => {
    const path = join(folder, 'resume.db')
    let runId = ''
    {
      await using session = await Session.open(path, {
        imodel: scriptedModel([new BraidError('server_error', 'gone')]),
      })
      const builder = new Builder({ session })
      builder.communicate({ name: 'facts', instruction: 'Facts', branch: 'facts' })
      const stream = flowStream(builder)
      await stream.results.catch(() => {})
      runId = stream.runId
    }
    await using server = await startProviderServer({ reply: 'Two tides a day.' })
    vi.stubEnv('OPENAI_BASE_URL', `${server.url}/v1`)
    vi.stubEnv('OPENAI_API_KEY', 'key')
    const { code, stdout } = await braid('resume', path, runId.slice(-8), '--imodel', 'openai/gpt-4o-mini')
    vi.unstubAllEnvs()
    expect(stdout).toContain('[facts] Two tides a day.\n[facts] completed\n')
    expect(code).toBe(0)
    const again = await braid('resume', path, runId)
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining(runId)])
    expect((await braid('log', path, 'facts')).stdout.match(/ user\n/g)).toHaveLength(1)
  })

  test('makes a plan with functions by a program, and asks for it where it is missing', async () => {
    const path = join(folder, 'resume-code.db')
    const program = join(folder, 'plan.mjs')
    writeFileSync(
      program,
      `import { existsSync } from 'node:fs'
       import { Builder } from 'braid'
       export default (session) => {
         const builder = new Builder({ session })
         const first = builder.task({ name: 'first', run: () => 'once' })
         builder.task({ name: 'second', dependsOn: first, run: ({ results }) => {
           if (!existsSync('ready')) throw new Error('not ready')
           return results.get(first)
         } })
         return builder
       }`,
    )
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(folder, 'node_modules'))
    const make = join(folder, 'make.mjs')
    writeFileSync(
      make,
      `import { flowStream, Session } from 'braid'
       import plan from './plan.mjs'
       const session = await Session.open('resume-code.db')
       const stream = flowStream(plan(session))
       await stream.results.catch(() => {})
       await session.close()
       console.log(stream.runId)`,
    )
    const runId = (await start(make, [], { cwd: folder }).ended).stdout.trim()
    const needed = await braid('resume', path, runId)
    expect([needed.code, needed.stderr]).toEqual([1, expect.stringMatching(/plan/)])
    writeFileSync(join(folder, 'ready'), '')
    const { code, stdout } = await start(MAIN, ['resume', 'resume-code.db', runId, 'plan.mjs', '--json'], {
      cwd: folder,
    }).ended
    expect(code).toBe(0)
    const ends = linesOf({ code: 0, stdout, stderr: '' }).filter(
      ({ chunk }) => (chunk as { type: string }).type === 'operation-end',
    )
    expect(ends.map(({ operationId }) => operationId)).toEqual(['second'])
    writeFileSync(join(folder, 'nothing.mjs'), 'export const plan = 1')
    for (const [file, says] of [
      ['nothing.mjs', 'export default (session) => builder'],
      ['missing.mjs', 'missing.mjs cannot be loaded'],
    ] as const) {
      const wrong = await braid('resume', path, runId, join(folder, file))
      expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining(says)])
    }
  })
})

test('log --follow shows the run that is going on in another process, to its end', async () => {
  const path = join(folder, 'follow.db')
  await using session = await Session.open(path, { imodel: scriptedModel('x') })
  const none = await braid('log', path, '--follow')
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('no run is going on')])
  let open = (): void => {}
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const builder = new Builder({ session })
  builder.task({
    name: 'slow',
    async *run() {
      yield 'first words. '
      await gate
      yield 'last words.'
    },
  })
  const going = flow(builder)
  const program = start(MAIN, ['log', path, '--follow', '--json'], { cwd: folder })
  await program.printed('first words.')
  open()
  await going
  const { code, stdout } = await program.ended
  expect(code).toBe(0)
  expect(stdout).toContain('last words.')
  expect(JSON.parse(stdout.trim().split('\n').at(-1)!)).toMatchObject({
    operationId: 'slow',
    chunk: { type: 'operation-end', status: 'completed' },
  })
})
