import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openStore } from '@braid/sqlite'
import { type ReceivedRequest, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { prepare } from '../../examples/answers.ts'
import { type Ended, run } from '../support/program.ts'
import { type Example, roles } from './example.ts'
import { RECIPES } from './recipes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const examples = join(root, 'examples')
const files = readdirSync(examples).filter((file) => /^\d\d.*\.ts$/.test(file))

const STORY = /^The workshop smelled of oil.*and she hung it on the wall\.$/s
const ASYNC = 'Tell me about async programming in TypeScript'
const PRACTICAL = 'Can you give me a practical example?'

function secondTurnHasTheFirst(requests: readonly ReceivedRequest[]): void {
  const [first, second] = requests
  expect(first?.messages.at(-1)?.text).toBe(ASYNC)
  expect(second?.messages.at(-3)?.text).toBe(ASYNC)
  expect(second?.messages.at(-2)).toMatchObject({ role: 'assistant' })
  expect(second?.messages.at(-1)?.text).toBe(PRACTICAL)
}

const EXAMPLES: Readonly<Record<string, Example>> = {
  '01-streaming.ts': {
    asks: ['gpt-4o-mini'],
    prints: (stdout) => {
      expect(stdout).toMatch(/^Assistant: The workshop/)
      expect(stdout.replace('Assistant: ', '').trim()).toMatch(STORY)
    },
    sends: ([request]) => expect(request?.body).toMatchObject({ temperature: 0.7, stream: true }),
  },
  '02-branch-context.ts': {
    asks: ['claude-sonnet-4-5', 'claude-sonnet-4-5'],
    prints: async (stdout, folder) => {
      expect(stdout).toContain(`User: ${PRACTICAL}\nAssistant: You asked: "${ASYNC}".`)
      expect(stdout).toMatch(/user 45\nassistant \d+\nuser 36\nassistant \d+\n$/)
      const store = await openStore(join(folder, '.braid/chat.db'), { readOnly: true })
      const chat = await store.branch('chat')
      expect((await store.messages(chat!.id)).map(({ role }) => role)).toEqual([
        'user',
        'assistant',
        'user',
        'assistant',
      ])
      await store.close()
    },
    sends: secondTurnHasTheFirst,
  },
  '02b-branch-by-hand.ts': {
    asks: ['claude-sonnet-4-5', 'claude-sonnet-4-5'],
    prints: (stdout) => {
      expect(stdout).toContain(`You asked: "${ASYNC}".`)
      expect(stdout).toMatch(/\n\nsystem 15\nuser 45\nassistant \d+\nuser 36\nassistant \d+\n$/)
    },
    sends: (requests) => {
      secondTurnHasTheFirst(requests)
      expect(roles(requests[1])).toEqual(['system', 'user', 'assistant', 'user'])
    },
  },
  '03-progress.ts': {
    asks: ['gpt-4o'],
    prints: (stdout) => {
      const [, dots, pieces, tokens] =
        /^Generating response(\.*)\n\nReceived (\d+) pieces, (\d+) tokens\n\n/.exec(stdout) ?? []
      expect(Number(pieces)).toBeGreaterThan(50)
      expect(tokens).toBe(pieces)
      expect(dots).toHaveLength(Math.floor(Number(pieces) / 10))
      expect(stdout).toMatch(/Response:\nTwo particles can share one state.*broken it ever since\.\n$/s)
    },
  },
  '04-parallel-models.ts': {
    asks: ['claude-haiku-4-5', 'gpt-4o-mini'],
    prints: (stdout) => {
      const lines = stdout.split('\n')
      for (const [one, other] of [
        ['gpt', 'claude'],
        ['claude', 'gpt'],
      ]) {
        const first = lines.findIndex((line) => line.startsWith(`[${one}] `) && !/Starting|Complete/.test(line))
        const otherEnded = lines.findIndex((line) => line.startsWith(`[${other}] Complete (`))
        expect(lines.indexOf(`[${one}] Starting...`)).toBeGreaterThanOrEqual(0)
        expect(first).toBeGreaterThan(lines.indexOf(`[${one}] Starting...`))
        expect(first).toBeLessThan(otherEnded)
      }
      expect(stdout).toMatch(/\n\n\(106 characters\) Smaller models.*\n\n\(113 characters\) More work.*\n$/)
    },
  },
  '05-workflow.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini'],
    prints: async (stdout, folder) => {
      expect(stdout).toMatch(/^\[research\] 1\. A stronger heart.*\n\n\[article\] Thirty minutes a day/s)
      expect(stdout).toMatch(/\n3 benefits, 197 characters\n$/)
      const store = await openStore(join(folder, '.braid/exercise.db'), { readOnly: true })
      expect((await store.branches()).map(({ name }) => name)).toEqual(['research', 'article'])
      await store.close()
    },
    sends: ([research, article]) => {
      expect(research?.prompt).toBe('List 3 key benefits of exercise')
      // The answer of the first is in the instruction of the second, under its name.
      expect(article?.prompt).toMatch(
        /^Write a short article using these benefits.*communicate-1.*you said: "List 3 key/s,
      )
    },
  },
  '06-research-write-edit.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'claude-sonnet-4-5'],
    prints: (stdout) => expect(stdout).toMatch(/^Sleep is work\..*as much as many\.\n\n\d+ tokens\n$/s),
    sends: (requests) => expect(requests[2]?.prompt).toMatch(/^Edit for clarity.*### research.*### write/s),
  },
  '07-perspectives.ts': {
    answered: true,
    asks: ['gpt-4o', 'gpt-4o', 'gpt-4o', 'gpt-4o'],
    prints: `security: high risk, the token is in the log, the input is not checked
performance: low risk, one query more per page
readability: medium risk, two names for one thing
Hold: the token is in the log
`,
    sends: (requests) => {
      expect(requests[0]?.body).toMatchObject({ response_format: { type: 'json_schema' } })
      expect(requests[3]?.prompt).toMatch(/security.*"risk": "high".*performance.*readability/s)
    },
  },
  '08-three-models.ts': {
    asks: ['claude-haiku-4-5', 'gemini-2.5-flash', 'gpt-4o-mini'],
    prints: (stdout) => {
      expect(stdout.replace(/\d+ ms/g, 'N ms')).toBe(
        'gpt N ms 20 tokens\nclaude N ms 20 tokens\ngemini N ms 20 tokens\n',
      )
    },
  },
  '09-conditional.ts': {
    answered: true,
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini'],
    prints: `{ kind: 'bug', summary: 'The export crashes on names with an emoji' }
fix: Count characters, not code units, where the export pads names.
answer: none was needed
reply: Thank you for telling us. The next version pads names by their characters.
`,
    sends: ([parsed, fixed]) => {
      expect(parsed?.prompt).toContain('The export crashes when a name has an emoji in it')
      expect(fixed?.prompt).toBe('Propose a fix: The export crashes on names with an emoji')
    },
  },
  '10-expand.ts': {
    asks: Array.from({ length: 5 }, () => 'gpt-4o-mini'),
    answered: true,
    prints: (stdout) => {
      const [ends = '', ...book] = stdout.trimEnd().split('\n\n')
      const lines = ends.split('\n')
      expect(lines[0]).toBe('outline completed')
      for (const id of ['0/draft', '0/polish', '1/draft', '1/polish'])
        expect(lines).toContain(`chapters/${id} completed`)
      expect(lines.slice(-2)).toEqual(['chapters completed', 'book completed'])
      expect(book).toEqual([
        '# Tides',
        'The moon pulls and the sea follows.',
        'Between high water and low lives what can do without either.',
      ])
    },
  },
  '11-react-tools.ts': {
    asks: ['claude-sonnet-4-5', 'claude-sonnet-4-5'],
    answered: true,
    prints: (stdout) => {
      expect(stdout).toMatch(/^step 1\n-> weather { city: 'Oslo' }\n/)
      for (const city of ['Oslo', 'Rome', 'Atlantis'])
        expect(stdout).toContain(`.. looking out of a window in ${city}\n`)
      expect(stdout).toContain("<- { city: 'Rome', sky: 'sun' }\n")
      expect(stdout).toContain('!! the tool "weather" failed: nobody in Atlantis looks out of a window\n')
      expect(stdout).toMatch(/\nstep 2\n{ city: 'Rome', takeUmbrella: false }\n$/)
      // It starts while the model is still talking.
      expect(stdout.indexOf('<- ')).toBeLessThan(stdout.lastIndexOf('-> '))
    },
    sends: ([, second]) => expect(second?.toolResults.map(({ failed }) => failed)).toEqual([false, false, true]),
  },
  '12-approval.ts': {
    asks: ['gpt-4o', 'gpt-4o'],
    answered: true,
    prints: (stdout) => {
      expect(stdout).toContain('May it call refund with {"order":"B-2","cents":9900}?\n')
      expect(stdout).toContain("refunded { order: 'A-1', cents: 1900 }\n")
      expect(stdout).not.toContain("refunded { order: 'B-2'")
      expect(stdout).toMatch(/somebody has to come back to you\.\n$/)
    },
    sends: ([, second]) => expect(JSON.stringify(second?.toolResults)).toContain('not without the manager'),
  },
  '13-fork-and-compare.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini'],
    prints: (stdout) => {
      expect(stdout).toContain("sober: 'A fork is a copy of a conversation")
      expect(stdout).toContain("playful: 'Imagine your chat met a junction")
      expect(stdout).toMatch(/\nbranch 2\nbranch-sober 4\nbranch-playful 4\n$/)
    },
    sends: (requests) => {
      for (const request of requests.slice(1)) expect(roles(request)).toEqual(['user', 'assistant', 'user'])
    },
  },
  '14-detach-and-reattach.ts': {
    asks: ['gpt-4o-mini'],
    prints: (stdout) => {
      const [before, after] = stdout.split('… (the connection broke, and comes back)\n')
      expect(`${before}${after}`).toBe('Values in order: numbers = [1, 2, 3].\n(end: completed)\n')
      expect(before?.length).toBeGreaterThan(0)
      expect(after).toContain('3]')
    },
  },
  '15-resume.ts': {
    asks: ['gpt-4o', 'gpt-4o', 'gpt-4o'],
    prints: `read begins
read completed
plan begins
the process was killed; here is the next one
plan: attempt 2
plan completed
Two outages, both after a deployment at night.
The deployment at night.
`,
    sends: ([, second, third]) => expect(third?.messages).toEqual(second?.messages),
  },
  '16-custom-operation.ts': {
    asks: [],
    prints: (stdout) => {
      const counts = [...stdout.matchAll(/^source lines (\d+)$/gm)].map(([, count]) => Number(count))
      expect(counts.length).toBeGreaterThan(2)
      expect(counts).toEqual([...counts].sort((a, b) => a - b))
      expect(counts.at(-1)).toBe(readFileSync(join(examples, '16-custom-operation.ts'), 'utf8').split('\n').length - 1)
      expect(stdout).toMatch(/\nshort enough\n$/)
    },
  },
  '17-cancel-token.ts': {
    asks: ['gpt-4o-mini'],
    prints: (stdout) => expect(stdout).toMatch(/^The workshop.{90,140}\nstopped: enough\npartial true\n$/s),
    sends: ([request]) => expect(roles(request)).toEqual(['user']),
  },
  '18-function-model.ts': {
    asks: ['claude-haiku-4-5'],
    prints: (stdout) => {
      expect(stdout).toContain('you said: "Tabs or spaces?"')
      expect(stdout).toContain("'You sent 1 message. I have no opinion.'")
    },
  },
  '19-own-provider.ts': {
    asks: ['acme-large'],
    prints: 'Air scatters short waves more than long ones, so blue light comes from everywhere.\nstop, 14 tokens\n',
    sends: ([request]) => expect(request?.body).toMatchObject({ temperature: 0.5, stream: true }),
  },
  '20-partial-on-error.ts': {
    asks: ['llama-3.3-70b-versatile'],
    prints: (stdout) => {
      const [before = '', after = ''] = stdout.split('\n\nstream_truncated: ')
      expect(before).toMatch(/^In the beginning there was very little/)
      expect(after).toMatch(/ \(try again\)\n/)
      expect(after).toMatch(new RegExp(`\npartial: ${before.length} characters\n$`))
    },
  },
  '21-refine.ts': {
    asks: Array.from({ length: 5 }, () => 'gpt-4o-mini'),
    answered: true,
    prints: `draft completed
refine/1/critique completed
refine/1/improve completed
refine/2/critique completed
refine/2/improve completed
refine completed
9 of 10: An hour later, your tea is still tea.
`,
  },
  '22-names.ts': {
    asks: Array.from({ length: 5 }, () => 'gpt-4o-mini'),
    prints: (stdout) => {
      const [plan, quiz, became, chart] = stdout.split('\n\n')
      expect(plan).toContain('●─┊─╯  quiz    communicate · ← facts, myths')
      expect(quiz).toMatch(/^True or false\?/)
      expect(became?.replace(/\d+ ms, \d+ tokens/g, 'N')).toContain('✓─┊─╯  quiz    N  communicate')
      expect(chart).toMatch(/^flowchart TD\n {2}n0\["✓ facts<br\/>communicate · on bees<br\/>.*:::completed$/m)
      expect(chart).toContain('n0 -.->|"bees"| n3')
    },
  },
  '23-partial-objects.ts': {
    answered: true,
    asks: ['gemini-2.5-flash'],
    prints: (stdout) => {
      expect(stdout).toContain('\nDal tadka\n  2 min  Rinse the lentils\n  ? min  Boil')
      expect(stdout).toMatch(/\n {2}5 min {2}Fry cumin and garlic, and pour over\n32 minutes\n$/)
    },
  },
  '24-stream-by-hand.ts': {
    asks: [],
    prints: (stdout) => {
      expect(stdout).toContain("input: { harbour: 'Ny-Ålesund' }")
      expect(stdout).toContain("ready to run { toolCallId: 'toolu_now', toolName: 'now', input: {} }")
      expect(stdout).toMatch(/\n60 tokens in \d+ ms\ntrue Looking\.\n$/)
    },
  },
  '25-subgraph.ts': {
    asks: Array.from({ length: 8 }, () => 'gpt-4o-mini'),
    answered: true,
    prints: 'pass short; true\nfail repeats itself\n',
  },
  '26-route.ts': {
    asks: ['llama-3.3-70b-versatile'],
    prints: 'Air scatters short waves more than long ones, so blue light comes from everywhere.\n(quick)\n',
  },
  '27-formatted.ts': {
    asks: ['gemini-2.5-flash'],
    prints: `- Rest your eyes.
- Look away every twenty minutes!
- Can you see the horizon from your desk?
- Then look at that.

Total words: 20
`,
  },
  '28-buffered.ts': {
    asks: ['gpt-4o-mini'],
    prints: (stdout) => {
      const pieces = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as string)
      expect(pieces.length).toBeGreaterThan(3)
      for (const piece of pieces.slice(0, -1)) expect(piece.match(/\S+/g)).toHaveLength(10)
      expect(pieces.join('')).toMatch(STORY)
    },
  },
  '29-to-file.ts': {
    asks: ['gpt-4o-mini'],
    prints: (stdout, folder) => {
      const written = readFileSync(join(folder, '.braid/story.txt'), 'utf8')
      expect(written).toMatch(STORY)
      expect(stdout).toBe(`${written.length} characters are in .braid/story.txt\n`)
    },
  },
  '30-whole-words.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini'],
    prints: `Longest word: everywhere.
[ ] A stronger heart and better circulation.
[ ] A clearer mind and a calmer mood.
[ ] Deeper sleep at night.
`,
  },
  '31-testing.ts': {
    asks: [],
    prints: `the quiz is made from the facts
a rate limit has a name, and says how long to wait
leaving the loop closes the connection
`,
  },
  '32-live-ui.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini'],
    prints: (stdout) => {
      expect(stdout).toMatch(
        /│ Air scatters short waves.*comes from everywhere\.\n└ 14 tokens, \d+ chunks, \d+ bytes\n/,
      )
      expect(stdout).toMatch(/│ \(removed\)\n└ \d+ tokens, \d+ chunks, \d+ bytes\n$/)
      expect(stdout).not.toContain('horizon')
    },
  },
  '33-several-answers.ts': {
    asks: ['gpt-4o-mini', 'claude-haiku-4-5', 'claude-haiku-4-5', 'claude-haiku-4-5', 'gpt-4o-mini'],
    prints: (stdout) => {
      const [native, simulated, , second] = stdout.split('\n')
      expect(native).toBe('openai/gpt-4o-mini: Plait, Strand, Threefold (3 tokens for all)')
      const [, names] = /^anthropic\/claude-haiku-4-5: (.*) \(3 tokens for all\)$/.exec(simulated ?? '') ?? []
      expect(names?.split(', ').sort()).toEqual(['Plait', 'Strand', 'Threefold'])
      expect(second).toBe('The second of two: Strand')
    },
    sends: ([native, ...others]) => {
      expect(native?.body).toMatchObject({ n: 3 })
      for (const { body } of others.slice(0, 3)) expect(body).not.toHaveProperty('n')
    },
  },
  '34-listen.ts': {
    asks: ['gpt-4o-mini'],
    answered: true,
    prints: `1. Rest your eyes.
2. Look away every twenty minutes!
3. Can you see the horizon from your desk?
4. Then look at that.
4 sentences; the first question: Can you see the horizon from your desk?
`,
  },
  '35-validate-and-recover.ts': {
    answered: true,
    asks: ['claude-haiku-4-5', 'claude-haiku-4-5'],
    prints: `asking…
asking…
{"items":[{"name":"cup","cents":450},{"name":"cup","cents":450},{"name":"teapot","cents":2900}],"total":3800}
3 items, 38 in all
`,
    sends: ([, again]) => expect(again?.prompt).toContain('- total: expected the sum of the items'),
  },
  '36-calculator.ts': {
    asks: ['gemini-2.5-flash', 'gemini-2.5-flash'],
    answered: true,
    prints: (stdout) => {
      expect(stdout).toMatch(
        /^6 times 7 is 42\. By 0 nothing can be divided\.\nmultiply 42\ndivide the tool "divide" failed: nothing can be divided by 0\n/,
      )
      expect(stdout).toMatch(/output: 36\n}\n[\s\S]*output: 49\n}\n$/)
    },
  },
  '51-edit-and-ask-again.ts': {
    asks: Array.from({ length: 4 }, () => 'gpt-4o-mini'),
    prints: (stdout) => {
      expect(stdout).toMatch(
        /^chat-first {2}4 messages, put away\n├─ chat {2}4 messages, 2 of them shared\n└─ chat-again {2}4 mess/,
      )
      expect(stdout).toContain('"chat" comes from "chat-first"\n')
      expect(stdout).toContain('user on chat\n')
    },
    sends: ([, first, edited, again]) => {
      expect(roles(edited)).toEqual(['system', 'user', 'assistant', 'user'])
      expect(again?.messages.map(({ text }) => text)).toEqual(first?.messages.map(({ text }) => text))
    },
  },
  '52-retention.ts': {
    asks: Array.from({ length: 3 }, () => 'gpt-4o-mini'),
    prints: `older than a week: { runs: 0, messages: 2 }
all but the last: { runs: 2, messages: 0 }
{ branches: 2, messages: 4, runs: 1 } 0 problems
true about Oslo, about Lima
`,
  },
  ...RECIPES,
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-examples-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Each in a folder of its own, where it makes its databases. */
async function runExample(file: string, env: Record<string, string> = {}): Promise<Ended & { folder: string }> {
  const cwd = mkdtempSync(join(folder, file))
  return { ...(await run(join(examples, file), [], { cwd, env })), folder: cwd }
}

test('every example is checked here', () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual([...files].sort())
})

async function checkPrints(file: string, { stdout, folder }: { stdout: string; folder: string }): Promise<void> {
  const { prints } = EXAMPLES[file]!
  if (typeof prints === 'string') expect(stdout).toBe(prints)
  else await prints(stdout, folder)
}

// With a key, those whose answers are prepared are given the same ones: they run once, and are checked for both.
const isPrepared = (file: string): boolean => EXAMPLES[file]?.answered === true && !PACED.has(file)
/** What these print shows the pace of the local provider, which the server with keys does not have. */
const PACED: ReadonlySet<string> = new Set(['11-react-tools.ts', '23-partial-objects.ts'])

describe('without a key', () => {
  const asked = files.filter((file) => !isPrepared(file))
  test.concurrent.each(asked)('%s runs to its end and prints what it should', async (file) => {
    const { folder, ...ended } = await runExample(file)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    await checkPrints(file, { ...ended, folder })
  })
})

describe('with keys', () => {
  test.concurrent.each(files)('%s asks the providers that they are for, with those keys', async (file) => {
    await using server = await startProviderServer({ requireKey: 'a-key' })
    if (EXAMPLES[file]?.answered) prepare(server)
    const keyed = { OPENAI: '/v1', ANTHROPIC: '', GEMINI: '', GROQ: '/v1', ACME: '/v1' }
    const env = Object.entries(keyed).flatMap(([provider, path]) => [
      [`${provider}_API_KEY`, 'a-key'],
      [`${provider}_BASE_URL`, server.url + path],
    ])
    const ended = await runExample(file, Object.fromEntries(env))
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    const { asks, sends, statuses = asks.map(() => 200) } = EXAMPLES[file]!
    const asked = server.requests.map(({ model }) => model)
    expect(sends ? asked : asked.sort()).toEqual(sends ? asks : [...asks].sort())
    expect(server.requests.map(({ status }) => status)).toEqual(statuses)
    sends?.(server.requests)
    if (isPrepared(file)) await checkPrints(file, ended)
  })
})

describe('each example', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const list = readFileSync(join(root, 'docs/examples.md'), 'utf8')

  test.each(files)('%s is short, says in its first line what it shows, and is listed in the docs', (file) => {
    const lines = readFileSync(join(examples, file), 'utf8').trimEnd().split('\n')
    expect(lines.length).toBeGreaterThanOrEqual(10)
    expect(lines.length).toBeLessThanOrEqual(40)
    expect(lines[0]).toMatch(/^\/\/ [A-Z].*[.)]$/)
    expect(list).toContain(`(../examples/${file})`)
  })

  test('is one step away from the README', () => {
    expect(readme).toContain('(docs/examples.md)')
  })
})
