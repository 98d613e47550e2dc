import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Corpus, type Expected, readCorpus, type StreamCase } from '../support/corpus.ts'
import { run } from '../support/program.ts'
import { describeShared } from '../support/shared.ts'
import { checkCase } from './check-case.ts'
import { Readers } from './readers.ts'
import { checkStandards } from './standards.ts'

const OWN = fileURLToPath(new URL('../streams', import.meta.url))
const RUN = fileURLToPath(new URL('run.ts', import.meta.url))

function eachCase(corpus: Corpus): void {
  const readers = new Readers()
  it.each(corpus.cases.map((streamCase) => [streamCase.id, streamCase] as const))('%s', (_, streamCase) => {
    expect(checkCase(corpus, streamCase, readers)).toEqual([])
  })
}

describe('the streams of our own making', () => eachCase(readCorpus(OWN)!))

describeShared('the recorded streams of real providers', ({ corpus }) => eachCase(corpus))

describeShared('the vectors of the standards', ({ root }) => {
  it.each(checkStandards(join(root, 'corpus')).map((standard) => [standard.name, standard] as const))(
    '%s',
    (_, { passed, failures }) => {
      expect(failures).toEqual([])
      expect(passed).toBeGreaterThan(0)
    },
  )
})

describe('pnpm conformance', () => {
  const { cases, expected } = readCorpus(OWN)!
  const [right, wrong] = cases.filter(({ api }) => api === 'openai-chat') as [StreamCase, StreamCase]
  const said = expected(wrong).choices['0']!
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'braid-conformance-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** A folder with these cases, laid out as a corpus. */
  function lay(name: string, listed: readonly StreamCase[], wanted: Readonly<Record<string, Expected>>): string {
    const place = join(folder, name)
    for (const { file } of listed) cpSync(join(OWN, file), join(place, file))
    writeFileSync(join(place, 'manifest.json'), JSON.stringify(listed))
    writeFileSync(join(place, 'expected.json'), JSON.stringify(wanted))
    return place
  }

  it('says of each case that fails where it first differs, and of one that no family reads, that none does', async () => {
    const foreign = { ...right, id: 'foreign', api: 'telepathy' }
    const lost = { ...right, id: 'lost' }
    const place = lay('differs', [right, wrong, foreign, lost], {
      [right.id]: expected(right),
      [wrong.id]: { ...expected(wrong), choices: { 0: { ...said, text: `${said.text}!`, finish_reason: 'none' } } },
      foreign: expected(right),
    })
    const { code, stdout, stderr } = await run(RUN, [place], { cwd: folder })
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout).toMatch(/^openai-chat +1\/3 /m)
    expect(stdout).toMatch(
      new RegExp(`^FAILED ${wrong.id}\\n  choice 0, text: .* instead of .*!"\\n  and 1 more$`, 'm'),
    )
    expect(stdout).toMatch(/^FAILED foreign\n {2}Braid has no family "telepathy"$/m)
    expect(stdout).toMatch(/^FAILED lost\n {2}expected.json has nothing on it$/m)
    expect(stdout).toMatch(/\n1 passed, 3 failed\n$/)
  })

  it('lets an ambiguous case differ in the fields that are named, and in no others', async () => {
    const differs = { ...expected(wrong), choices: { 0: { ...said, finish_reason: 'none' } } }
    const twin = { ...wrong, id: 'twin' }
    const place = lay('ambiguous', [wrong, twin], {
      [wrong.id]: { ...differs, ambiguous: 'finish_reason' },
      twin: { ...differs, ambiguous: ['text'] },
    })
    const { code, stdout } = await run(RUN, [place], { cwd: folder })
    expect(code).toBe(1)
    expect(stdout).toContain(`Ambiguous: ${wrong.id} (as expected)`)
    expect(stdout).toContain('Ambiguous: twin (differs)')
    expect(stdout).toMatch(/\n1 passed, 1 failed\n$/)
  })

  it('ends well where every case is right', async () => {
    const { code, stdout } = await run(RUN, [OWN], { cwd: folder })
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`\\n${cases.length} passed, 0 failed\\n$`))
  })

  it('says what a folder that is no corpus lacks', async () => {
    const { code, stderr } = await run(RUN, [folder], { cwd: folder })
    expect(code).toBe(1)
    expect(stderr).toContain('Expected manifest.json and expected.json in')
  })
})
