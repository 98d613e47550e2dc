import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { run } from '../support/program.ts'
import { blocksOf } from './blocks.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
/** Plays the providers that there is no key for. */
const local = new URL('../../examples/local.ts', import.meta.url).href

/** What each program prints, in the order in which they stand there. */
const PRINTS: Readonly<Record<string, readonly RegExp[]>> = {
  'README.md': [
    /^Thirty minutes a day change more than your waistline/,
    /^(?=.*^gpt-4o-mini completed$)(?=.*^claude-haiku-4-5 completed$)(?=.*^gemini-2\.5-flash completed$)/ms,
  ],
  'docs/guide.md': [
    /^Air scatters short waves.*\nstop, \d+ tokens\n82 gpt-4o-mini\n$/s,
    /^chat user assistant\nanother-answer user assistant user\n$/,
    /^chat-2 comes from chat\nfirst-try {2}2 messages, put away\n└─ chat-2 {2}2 messages, 0 of them shared\n(?=.*^user on chat-2$).*\nchat-2 imported\n$/ms,
    /^access_denied for \[ 'claude-haiku-4-5' \] 2\n$/,
    /^system user assistant user\n7\n$/,
    /tokens for 5 operations\n$/,
    /^words completed\n(?=.*^loud\/0\/louder\/2\/more completed$).*^loud completed\n\[ 'TIDE!!', 'MOON!!' \]\n$/ms,
    /^step 1\nstep 2\nstep 3\nDal tadka, 32 minutes\n$/,
    /^{ kind: 'bug', isUrgent: true }\nkind: .*\nisUrgent: .*\n$/,
    /^step 1 \[ true, true, false \]\nstep 2 \[\]\ninstruction assistant-response action-request action-response assistant-response\n$/,
    /^(?=.*^refunded { order: 'A-1', cents: 1900 }$)(?=.*was denied: not without the manager$).*$/ms,
    /^●┄╮ {4}facts .*^⊘─┊─┤ {2}quiz {4}because of myths {2}task .*^flowchart TD$.*:::skipped$/ms,
    /^(?=.*^one 106$)(?=.*^two 82$)(?=.*^\d+ both completed .*completed: 3,.*^189$)/ms,
    /^running\n\d+ events, the last of them: event: end data: {"status":"completed"}\ncommunicate-1 completed\n$/,
    /^text\/event-stream id: 1 event: end\ndata: {"status":"completed"}\n$/,
    /^cancelled 1\n\d+ facts completed\n\d+ quiz cancelled\n.*the last reader left.*\nquiz: attempt 2, forget what you showed\ntrue\n$/,
    /^bad operation_failed no luck\nkept whatever happens { status: 'skipped', because: 'bad' }\n$/,
    /^partial true\n$/,
    /^attempt 1\nflaky: overloaded, forget.*\nattempt 2\nflaky: .*\nattempt 3\nafter 3 attempts\n$/,
    /^Oslo, attempt 1\nOslo completed\nRome, attempt 1\nRome completed\n.*Lima (cancelled|skipped)\nbudget_spent\n$/s,
    /^openai\/gpt-4o-mini, about 6 tokens\npaid for\nopenai\/gpt-4o-mini, about 6 tokens\nfree\nopenai\/gpt-4o-mini, about 5 tokens\nauthentication 401 false undefined\n$/,
    /^20 taken, and not much more produced\n$/,
    /^Air scatters.*\nThis is gpt-4o-mini.*\[ 'answer', 'check' \]\n$/s,
    /^ok\n$/,
    /^ok\n$/,
  ],
  'docs/history.md': [/^\[ 'chat' \] Which tea has the most caffeine\?\n\[\]\n$/],
}
const documents = Object.keys(PRINTS)
const programsOf = (document: string) => blocksOf(document).filter(({ info }) => info === 'ts program')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-docs-'))
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const folderOf = (document: string): string => join(folder, document.replace(/\W/g, '-'))

/** A program in a file of its own, in the folder of its document. */
function write(document: string, index: number, content: string): string {
  const place = folderOf(document)
  mkdirSync(place, { recursive: true })
  const file = join(place, `program-${index + 1}.ts`)
  writeFileSync(file, `${content}\nexport {}\n`)
  return file
}

describe('the programs in the documents', () => {
  test('have the types they should', async () => {
    const files = documents.flatMap((document) =>
      programsOf(document).map(({ content }, i) => write(document, i, content)),
    )
    const base = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8')) as { compilerOptions: object }
    const config = {
      compilerOptions: {
        ...base.compilerOptions,
        composite: false,
        declaration: false,
        declarationMap: false,
        sourceMap: false,
        noEmit: true,
        customConditions: ['source'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      files,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const { code, stdout, stderr } = await run(tsc, ['-p', folder], { cwd: folder })
    expect(stdout + stderr).toBe('')
    expect(code).toBe(0)
  })

  describe.each(documents)('of %s', (document) => {
    const programs = programsOf(document)

    test('are all expected here', () => {
      expect(programs).toHaveLength(PRINTS[document]!.length)
    })

    // One after the other in one folder, as a reader would try them: the later ones may find the file of the earlier ones.
    test.each(programs.map((program, index) => ({ ...program, index })))('$place runs', async ({ content, index }) => {
      const file = write(document, index, content)
      const { code, stdout, stderr } = await run(file, [], { cwd: folderOf(document), imports: [local] })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(PRINTS[document]![index]!)
    })
  })

  test('leave a file that every query of the guide can be asked of', () => {
    const db = new Database(join(folderOf('docs/guide.md'), 'work.db'), { readonly: true })
    const queries = blocksOf('docs/guide.md')
      .filter(({ info }) => info === 'sql')
      .flatMap(({ content }) => content.split(';\n').filter((query) => query.trim() !== ''))
    expect(queries).toHaveLength(5)
    const rows = queries.map((query) => db.prepare(query).all())
    db.close()
    expect(rows[0]).toMatchObject([
      { position: 1, role: 'user' },
      { role: 'assistant', status: 'complete' },
    ])
    expect(rows[1]).toContainEqual(expect.objectContaining({ operation: 'communicate', status: 'completed' }))
    expect(rows[2]).toEqual([{ name: 'another-answer', fork_of: 'chat', shared: 1 }])
    expect(rows[3]).toMatchObject([{ status: 'cancelled' }, { status: 'completed' }])
    expect(rows[4]).toMatchObject([{ branch: 'physics', position: 2 }])
  })
})

describe('every document', () => {
  const all = [
    'README.md',
    'CONTRIBUTING.md',
    'docs/guide.md',
    'docs/command-line.md',
    'docs/examples.md',
    'docs/seeds.md',
    'docs/behaviours.md',
  ]

  test.each(all)('%s links only to what is there', (document) => {
    const text = readFileSync(join(root, document), 'utf8')
    const links = Array.from(text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g), ([, link]) => link!)
    for (const link of links) {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? join(root, document) : resolve(root, dirname(document), path)
      expect(existsSync(target), `${document} links to ${link}`).toBe(true)
      if (anchor !== undefined) expect(anchorsOf(readFileSync(target, 'utf8')), link).toContain(anchor)
    }
  })

  test('names only scripts that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: object }
    for (const document of all) {
      const named = readFileSync(join(root, document), 'utf8').matchAll(/npx -y pnpm@[\d.]+ (?!exec)(\w+)/g)
      for (const [command, script] of named) expect(Object.keys(scripts), command).toContain(script)
    }
  })
})

/** As GitHub makes them from headings. */
function anchorsOf(text: string): string[] {
  return Array.from(text.matchAll(/^#+ (.+)$/gm), ([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )
}
