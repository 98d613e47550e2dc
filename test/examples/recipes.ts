import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Example, roles } from './example.ts'

/** The recipes of lionpride's and lionagi's cookbooks. */
export const RECIPES: Readonly<Record<string, Example>> = {
  '40-quickstart.ts': {
    asks: ['gpt-4o-mini', 'claude-haiku-4-5', 'gpt-4o-mini', 'gpt-4o-mini'],
    prints: `Types drift down like snow,
the compiler sees them land:
no undefined there.
The last one: "there" is only there to make five.
A type that is one of several: let id: string | number.
Hello. What shall we make?
main: user, 30
main: assistant, 76
main: user, 28
main: assistant, 49
lessons: system, 56
lessons: user, 21
lessons: assistant, 55
`,
    sends: ([, second, lesson, alone]) => {
      expect(roles(second)).toEqual(['user', 'assistant', 'user'])
      expect(roles(lesson)).toEqual(['system', 'user'])
      expect(roles(alone)).toEqual(['user'])
    },
  },
  '41-providers.ts': {
    asks: ['claude-haiku-4-5', 'gemini-2.5-flash', 'gpt-4o-mini', 'llama-3.3-70b-versatile', 'llama-3.3-70b-versatile'],
    prints: (stdout) => {
      const blocks = stdout.split('\n\n')
      expect(blocks.slice(0, 4).map((block) => block.split(':')[0])).toEqual(['openai', 'anthropic', 'gemini', 'groq'])
      expect(blocks[1]).toContain('AI is the aim')
      expect(blocks[2]).toContain('(gemini-2.5-flash)')
      expect(blocks[4]).toBe('AI: goal. Learning: one way.\n')
    },
  },
  '41b-own-server.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'claude-haiku-4-5', 'gpt-4o-mini'],
    prints: (stdout) => {
      const said = Array.from(stdout.matchAll(/^(.*): .*\((.*)\)$/gm), ([, name, parameters]) => [name, parameters])
      expect(said).toEqual([
        ['proxied', 'no parameters'],
        ['gpt-4o-mini', 'frequency_penalty, presence_penalty'],
        ['claude-haiku-4-5', 'top_k'],
        ['sober', 'temperature, frequency_penalty, presence_penalty'],
      ])
    },
    sends: ([proxied]) => expect(proxied?.headers).toMatchObject({ 'x-team': 'docs', authorization: '[present]' }),
  },
  '41c-fallback.ts': {
    asks: ['gpt-4o-mini', 'claude-haiku-4-5', 'gemini-2.5-flash'],
    statuses: [503, 529, 200],
    answered: true,
    prints: `the second one does not answer: overloaded
gemini-2.5-flash answers
Finding the rule from examples, instead of writing it down.
`,
  },
  '42-structured.ts': {
    asks: ['gpt-4o-mini', 'claude-haiku-4-5'],
    answered: true,
    prints: `Alice, 32, software engineer: Python, Rust, TypeScript

TechCorp, since 2015
- Alice: CTO (10 years)
- Bob: Lead Engineer (5 years)
`,
    sends: ([person]) => {
      expect(person?.prompt).toMatch(/^Extract the person\n.*Alice is a 32-year-old/s)
      expect(JSON.stringify(person?.body)).toContain('The full name')
    },
  },
  '42b-classify.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini'],
    answered: true,
    prints: (stdout) =>
      expect(stdout).toMatch(
        /^sentiment: .*"neutral".*\nconfidence: .*<=1.*\npositive \(0\.95\): Nothing but praise\n$/,
      ),
    // One that fails leaves what it was told; one that was put right leaves what counts.
    sends: (requests) =>
      expect(requests[2]?.prompt).toMatch(/^Your answer does not fit.*- sentiment: .*- confidence: /s),
  },
  '42c-batch.ts': {
    asks: Array.from({ length: 4 }, () => 'gemini-2.5-flash'),
    answered: true,
    prints: `iPhone 15, $999.00, electronics: "Fifteen, and still a phone"
Nike Air Max, $150.00, shoes: "Walk on air"
The Great Gatsby, $12.00, books: "So we beat on" (gift)
`,
  },
  '43-analyst.ts': {
    asks: ['gpt-4o', 'gpt-4o', 'gpt-4o'],
    answered: true,
    prints: `step 1
- query({"department":"Engineering"})
  [{"name":"Alice","department":"Engineering","salary":120000},{"name":"Charlie","department":"Engineering","salary":110000}]
step 2
- average({"numbers":[120000,110000]})
  115000
step 3
{ department: 'Engineering', averageSalary: 115000 }
`,
    sends: ([first]) => expect(first?.tools.map(({ name }) => name)).toEqual(['query', 'average']),
  },
  '43b-search.ts': {
    asks: ['claude-sonnet-4-5', 'claude-sonnet-4-5', 'claude-sonnet-4-5'],
    answered: true,
    prints: (stdout) => {
      const [answer, kinds] = stdout.trimEnd().split('\n\n')
      expect(answer).toBe('2 things: a battery of sand; power from tides.')
      expect(kinds?.match(/^assistant action-request\ntool action-response$/gm)).toHaveLength(2)
    },
    sends: (requests) => {
      const [today, found] = requests[2]?.toolResults ?? []
      expect(today?.output).toMatch(/^"?\d{4}-\d\d-\d\d"?$/)
      expect(found).toMatchObject({ toolName: 'search', failed: false })
    },
  },
  '43c-at-once.ts': {
    asks: ['gpt-4o', 'gpt-4o'],
    answered: true,
    prints: `AAPL is at 178.5, MSFT at 380.2; both are technology.
2 prices were asked for at once
price, price, company, company
`,
  },
  '44-multi-turn.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini'],
    prints: (stdout) => {
      expect(stdout).toContain(
        'User: Show me an example with numbers\nAssistant: numbers.append(5), and it has 5 (turn 3).',
      )
      expect(stdout).toMatch(/^\d{4}-\d\d-\d\d system \(complete\): You teach Python/m)
      expect(stdout.match(/ tokens of gpt-4o-mini$/gm)).toHaveLength(3)
      expect(stdout).toMatch(/\n7 messages: 5 and 2\n$/)
    },
    sends: (requests) =>
      expect(roles(requests[2])).toEqual(['system', 'user', 'assistant', 'user', 'assistant', 'user']),
  },
  '44b-branches.ts': {
    asks: Array.from({ length: 4 }, () => 'gpt-4o-mini'),
    prints: `technical:
  system: You are a senior engineer.
  user: Explain microservices
  assistant: Small services, each deployed by itself, that talk over the network.
  user: What are the trade-offs?
  assistant: Teams are free of one another, and calls can fail.
creative:
  system: You coach writers.
  user: An opening for a story about a silent star
  assistant: On the third night the star stopped ticking.
without-jargon:
  system: You are a senior engineer.
  user: Explain microservices
  assistant: Small services, each deployed by itself, that talk over the network.
  user: Say that without jargon
  assistant: Many small programs instead of a big one.
`,
    sends: (requests) => expect(roles(requests.at(-1))).toEqual(['system', 'user', 'assistant', 'user']),
  },
  '44c-context.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini'],
    prints: (stdout) => {
      expect(stdout).toMatch(/^Bugs: An empty list divides by zero\.\n\nFix: return sum.* else 0\n/)
      expect(stdout).toContain("instruction: 'Find the bugs in this code'")
    },
    sends: ([, fix]) => {
      expect(fix?.messages[0]?.text).toContain('def average(numbers)')
      expect(fix?.prompt).toMatch(/^Fix them\n.*### note\n\nAn empty list/s)
    },
  },
  '44d-resume.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'claude-haiku-4-5'],
    prints: (stdout, folder) => {
      expect(stdout.match(/You asked: "Tell me about async programming in TypeScript"/g)).toHaveLength(2)
      expect(stdout).toMatch(/\nchat 4\nimported 4\n$/)
      expect(JSON.parse(readFileSync(join(folder, '.braid/chat.json'), 'utf8'))).toHaveLength(2)
    },
    sends: (requests) =>
      expect(requests.slice(1).map(roles)).toEqual(Array.from({ length: 2 }, () => ['user', 'assistant', 'user'])),
  },
  '44e-window.ts': {
    asks: Array.from({ length: 7 }, () => 'gpt-4o-mini'),
    prints: `last: system 17, user 31, assistant 41, user 19
all: system 17, user 15, assistant 37, user 25, assistant 46, user 31, assistant 41, user 19
summed: system 17, user 96, user 31, assistant 41, user 19
last: Show me an example with numbers
all: What is a list? How do I add items to it? Show me an example with numbers
summed: You explained lists, and how to add to them. Show me an example with numbers
`,
    sends: (requests) => expect(requests.map((request) => request.messages.length)).toContain(8),
  },
  '45-review-and-fix.ts': {
    asks: ['gpt-4o', 'gpt-4o', 'gpt-4o'],
    answered: true,
    prints: `critical: an empty list gives NaN, reduce throws on it

if (numbers.length === 0) return 0

Yes, for an empty list as well.
`,
    sends: ([, , check]) => expect(check?.prompt).toMatch(/### review\n.*"critical".*### fix\n\nif/s),
  },
  '45b-writer-and-critic.ts': {
    asks: Array.from({ length: 6 }, (_, index) => (index % 2 === 0 ? 'gpt-4o-mini' : 'claude-sonnet-4-5')),
    answered: true,
    prints: `Code review is an essential practice. (first/write)
Two people read it; one wrote it. (revised/1/write)
Ask why before you say how: a review is a question. (revised/2/write)
9 of 10
`,
    sends: (requests) => expect(requests[2]?.prompt).toMatch(/^Revise this post.*"feedback": "Everybody says that"/s),
  },
  '45c-tool-agents.ts': {
    asks: Array.from({ length: 5 }, () => 'gpt-4o'),
    answered: true,
    prints: (stdout) => {
      const lines = stdout.trimEnd().split('\n')
      expect(lines[0]).toBe('fetch: reviews = ["Great performance!","The keyboard is poor","Best laptop I have owned"]')
      expect(lines.slice(1, 4).sort()).toEqual([
        'judge: sentiment = -0.8',
        'judge: sentiment = 0.9',
        'judge: sentiment = 0.9',
      ])
      expect(lines[4]).toBe('The keyboard.')
    },
    sends: (requests) => {
      expect(requests[2]?.tools.map(({ name }) => name)).toEqual(['sentiment'])
      expect(requests[4]?.tools).toEqual([])
    },
  },
  '46-errors.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini'],
    statuses: [401, 200, 401],
    answered: true,
    prints: `1. unsupported_parameter: expected \`temperature\` to be a number; got NaN
2. authentication (401), do not try again
3. run_failed: failing (authentication)
   poem: completed
   failing: failed
   summary: skipped
`,
  },
  '46b-retry.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini'],
    statuses: [503, 200, 200],
    answered: true,
    prints: (stdout) => {
      expect(stdout).toMatch(/^Wait.*\n\[answer, attempt 2: stream_truncated\]\n/s)
      expect(stdout).toContain('\nWait, and each time twice as long as the time before.\n2 attempts\n')
      expect(stdout).toMatch(/\nuser complete\nassistant partial\nassistant complete\n$/)
    },
    sends: (requests) => expect(requests.map(roles)).toEqual(Array.from({ length: 3 }, () => ['user'])),
  },
  '46c-plan-b.ts': {
    asks: ['gpt-4o-mini', 'claude-haiku-4-5'],
    statuses: [500, 200],
    answered: true,
    prints: (stdout) => {
      expect(stdout).toMatch(/^✗ .*first .*server_error/m)
      expect(stdout).toMatch(/\n8 planets: Mercury .* Neptune\n$/)
    },
  },
  '46d-timeout.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini'],
    answered: true,
    // How much of it arrives in that time is the machine's business.
    prints: (stdout) => expect(stdout).toMatch(/^timeout, after ".*…"\nEver smaller, ever more of it\.\n$/),
    sends: ([, summary]) => expect(summary?.body).toMatchObject({ max_completion_tokens: 200 }),
  },
  '46e-rate-limit.ts': {
    asks: Array.from({ length: 30 }, () => 'gpt-4o-mini'),
    statuses: Array.from({ length: 30 }, (_, index) => (index % 3 === 1 ? 429 : 200)),
    answered: true,
    prints: `2 4 6 8 10 12 14 16 18 20 22 24 26 28 30 32 34 36 38 40
20 answers
`,
  },
  '46f-circuit-breaker.ts': {
    asks: Array.from({ length: 4 }, () => 'gpt-4o-mini'),
    statuses: [500, 500, 500, 200],
    answered: true,
    prints: `server_error (500)
server_error (500)
server_error (500)
overloaded, and it has a rest
overloaded, and it has a rest
Four.
`,
  },
  '46g-routing.ts': {
    asks: ['gpt-4o-mini', 'claude-haiku-4-5', 'claude-haiku-4-5', 'gpt-4o'],
    statuses: [500, 200, 200, 200],
    answered: true,
    prints: `nobody: pong
claude-haiku-4-5: Bombus terrestris.
claude-haiku-4-5: Vespula vulgaris.
gpt-4o: The bees were busy.
`,
  },
  '46h-cost.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini'],
    answered: true,
    prints: (stdout) => {
      const [first, second] = stdout.split('\n').map((line) => /^(.*) \((\d+) tokens, (.*) millionths\)$/.exec(line))
      expect(first?.[1]).toBe('The Rhine.')
      expect(second?.[1]).toBe('The Rhine. Box Hill.')
      expect(Number(first?.[3])).toBeGreaterThan(0)
      // What was kept is in no count.
      expect(Number(second?.[2])).toBe(2)
    },
  },
  '47-audit.ts': {
    asks: Array.from({ length: 4 }, () => 'gpt-4o'),
    answered: true,
    prints: (stdout, folder) => {
      const [ends = '', report, first] = stdout.trimEnd().split('\n\n')
      expect(ends.split('\n').sort()).toEqual(['cart.py completed', 'orders.py completed', 'refunds.py completed'])
      expect(report).toBe(`- cart.py:5, dead-code: nobody calls total_in_euros
- orders.py:8, api-drift: the cart says cents, the order says price
- refunds.py:3, untested: nothing tests a refund above the price`)
      expect(readFileSync(join(folder, '.braid/audit.md'), 'utf8')).toBe(report)
      expect(first).toBe('Take total_in_euros out. (after 2 messages)')
    },
    sends: ([first]) => expect(first?.prompt).toMatch(/^Audit (cart|orders)\.py for .*\n\ndef |import /s),
  },
  '48-research.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini', 'claude-sonnet-4-5', 'gpt-4o-mini'],
    prints: (stdout, folder) => {
      const report = readFileSync(join(folder, '.braid/report.md'), 'utf8')
      expect(report).toMatch(/^\| \| Event sourcing \| CQRS \|\n.*by far\.$/s)
      expect(stdout).toBe(`${report.length} characters are in .braid/report.md
A shop: ten thousand look, one buys.
`)
    },
    sends: (requests) => {
      expect(requests[3]?.prompt).toMatch(/### consistency\n.*### operations\n.*### maturity\n/s)
      expect(roles(requests[4])).toEqual(['user', 'assistant', 'user'])
    },
  },
  '49-pipeline.ts': {
    asks: ['gemini-2.5-flash', 'claude-sonnet-4-5', 'gpt-4o', 'claude-sonnet-4-5'],
    answered: true,
    prints: (stdout) => {
      const [plan, run, code] = stdout.trimEnd().split('\n\n')
      expect(plan).toMatch(/^●.* notes .*generate\n.*review .*← notes, code\n.*fix .*when\n.*final .*join settled\n/s)
      expect(plan).toMatch(/▶ notes researcher\n✓ notes\n▶ code implementer\n✓ code\n▶ review reviewer\n✓ review\n/)
      expect(`${plan}${run}`).toContain('▶ fix implementer\n✓ fix')
      expect(code ?? run).toBe('const allow = () => (refill(), tokens-- > 0)')
    },
    sends: (requests) => expect(roles(requests[3])).toEqual(['user', 'assistant', 'user']),
  },
  '50-background.ts': {
    asks: ['gpt-4o-mini', 'gpt-4o-mini', 'gpt-4o-mini'],
    prints: `1 run is running; go and have a coffee
audit completed
fixes completed

▶ audit
completed audit
▶ fixes
completed fixes

The first. (after 4 messages)
`,
    sends: (requests) => expect(roles(requests[1])).toEqual(['user', 'assistant', 'user']),
  },
}
