import type { ReceivedRequest } from '@braid/testing'
import type { Prepared } from './answers.ts'

/** Whether this is in the prompt, behind the instruction. */
const has = ({ prompt }: ReceivedRequest, text: string): boolean => prompt.includes(text)

const json = (value: unknown): string => JSON.stringify(value)

/** What the recipes, 40 and up, ask for. */
export const recipeAnswers: readonly Prepared[] = [
  // 40-quickstart
  ['Write a haiku', 'Types drift down like snow,\nthe compiler sees them land:\nno undefined there.'],
  ['Which word would you change?', 'The last one: "there" is only there to make five.'],
  ['What is a union type?', 'A type that is one of several: let id: string | number.'],
  ['Hello!', 'Hello. What shall we make?'],

  // 41-providers, 41b-own-server, 41c-fallback
  [
    'What is the difference between AI and machine learning?',
    ({ api, model }) =>
      api === 'anthropic-messages'
        ? 'AI is the aim, machine learning one way towards it: from examples instead of rules.'
        : `Machine learning is the part of AI that learns from data. (${model})`,
  ],
  ['Say it in five words', 'AI: goal. Learning: one way.'],
  [
    'Explain quantum computing',
    ({ body }) => {
      const parameters = Object.keys(body).filter((key) => /penalty|top_k|temperature/.test(key))
      return `A qubit is not 0 or 1 until you look. (${parameters.join(', ') || 'no parameters'})`
    },
  ],
  ['What is machine learning?', { status: 503 }, { model: 'gpt-4o-mini' }],
  ['What is machine learning?', { status: 529 }, { model: 'claude-haiku-4-5' }],
  ['What is machine learning?', 'Finding the rule from examples, instead of writing it down.'],

  // 42-structured, 42b-classify, 42c-batch
  [
    'Extract the person',
    json({ name: 'Alice', age: 32, occupation: 'software engineer', skills: ['Python', 'Rust', 'TypeScript'] }),
  ],
  [
    'Extract the company',
    json({
      name: 'TechCorp',
      founded: 2015,
      employees: [
        { name: 'Alice', role: 'CTO', years: 10 },
        { name: 'Bob', role: 'Lead Engineer', years: 5 },
      ],
    }),
  ],
  ['Classify the sentiment', json({ sentiment: 'very positive', confidence: 95, reasoning: 'Nothing but praise' })],
  [
    'Extract all products',
    json([
      { name: 'iPhone 15', price: 999, category: 'electronics' },
      { name: 'Nike Air Max', price: 150, category: 'shoes' },
      { name: 'The Great Gatsby', price: 12, category: 'books' },
    ]),
  ],
  ['Label for iPhone 15', json({ text: 'Fifteen, and still a phone', gift: false })],
  ['Label for Nike Air Max', json({ text: 'Walk on air', gift: false })],
  ['Label for The Great Gatsby', json({ text: 'So we beat on', gift: true })],

  // 43-analyst, 43b-search, 43c-at-once
  [
    'What is the average salary',
    ({ toolResults: [people, average] }) => {
      if (!people) return { toolCalls: [{ toolName: 'query', input: { department: 'Engineering' } }] }
      if (average) return json({ department: 'Engineering', averageSalary: Number(average.output) })
      const numbers = (JSON.parse(people.output) as { salary: number }[]).map(({ salary }) => salary)
      return { toolCalls: [{ toolName: 'average', input: { numbers } }] }
    },
  ],
  [
    'What is new in energy',
    ({ toolResults }) => {
      const [today, found] = toolResults
      if (!today) return { toolCalls: [{ toolName: 'today', input: {} }] }
      if (!found) return { toolCalls: [{ toolName: 'search', input: { words: ['battery', 'power'] } }] }
      const titles = (JSON.parse(found.output) as { text: string }[]).map(({ text }) => text.split('\n')[0]?.slice(2))
      return `${titles.length} things: ${titles.join('; ').toLowerCase()}.`
    },
  ],
  [
    'Compare the shares',
    ({ toolResults }) =>
      toolResults.length > 0
        ? `AAPL is at ${toolResults[0]?.output}, MSFT at ${toolResults[1]?.output}; both are ${toolResults[2]?.output.includes('Technology') ? 'technology' : 'something'}.`
        : {
            toolCalls: ['price', 'company'].flatMap((toolName) =>
              ['AAPL', 'MSFT'].map((symbol) => ({ toolName, input: { symbol } })),
            ),
          },
  ],

  // 44-multi-turn, 44b-branches, 44c-context
  ['What is a list?', 'Values in order: numbers = [1, 2, 3].'],
  ['How do I add items', 'With append, one at a time: numbers.append(4).'],
  [
    'Show me an example',
    ({ messages }) => `numbers.append(5), and it has 5 (turn ${(messages.length - 1) / 2 + 0.5}).`,
  ],
  ['Explain microservices', 'Small services, each deployed by itself, that talk over the network.'],
  ['An opening for a story', 'On the third night the star stopped ticking.'],
  ['What are the trade-offs?', 'Teams are free of one another, and calls can fail.'],
  ['Say that without jargon', 'Many small programs instead of a big one.'],
  [
    'Find the bugs',
    ({ prompt }) => (/### code\n\ndef average/.test(prompt) ? 'An empty list divides by zero.' : 'None.'),
  ],
  ['Fix them', 'return sum(numbers) / len(numbers) if numbers else 0'],

  // 44e-window
  ['Summarize this conversation', 'You explained lists, and how to add to them.'],
  [
    'What did I ask you?',
    ({ messages }) => {
      const asked = messages.filter(({ role, text }) => role === 'user' && !text.startsWith('What did I ask'))
      return asked.map(({ text }) => text.split('\n').at(-1)).join(' ')
    },
  ],

  // 45-review-and-fix, 45b-writer-and-critic
  ['Review this code', json({ severity: 'critical', issues: ['an empty list gives NaN', 'reduce throws on it'] })],
  ['Fix this code', 'if (numbers.length === 0) return 0'],
  ['Is this fix correct?', (request) => (has(request, 'return 0') ? 'Yes, for an empty list as well.' : 'Which fix?')],
  ['Write a post about code review', 'Code review is an essential practice.'],
  [
    'Revise this post',
    (request) =>
      has(request, '"score": 5')
        ? 'Two people read it; one wrote it.'
        : 'Ask why before you say how: a review is a question.',
  ],
  [
    'Score this post',
    (request) => {
      if (has(request, 'essential')) return json({ score: 5, feedback: 'Everybody says that' })
      if (has(request, 'Two people')) return json({ score: 7, feedback: 'Better. Say what they do' })
      return json({ score: 9, feedback: 'Print it' })
    },
  ],

  // 45c-tool-agents
  [
    'Get the reviews',
    ({ toolResults: [found] }) =>
      found ? found.output : { toolCalls: [{ toolName: 'reviews', input: { product: 'laptop' } }] },
  ],
  [
    'Judge the sentiment',
    ({ prompt, toolResults }) => {
      if (toolResults.length > 0)
        return `${toolResults.filter(({ output }) => Number(output) > 0).length} like it, one does not like the keyboard.`
      const texts = JSON.parse(/\[.*\]/.exec(prompt)?.[0] ?? '[]') as string[]
      return { toolCalls: texts.map((text) => ({ toolName: 'sentiment', input: { text } })) }
    },
  ],
  ['What should we improve?', (request) => (has(request, 'keyboard') ? 'The keyboard.' : 'Nothing.')],

  // 46-errors to 46e-rate-limit
  ['Answer with an error', { status: 401 }],
  ['Explain exponential backoff', { status: 503 }, { times: 1 }],
  ['Explain exponential backoff', 'Wait, and then', { times: 1, fault: { type: 'reset' } }],
  ['Explain exponential backoff', 'Wait, and each time twice as long as the time before.'],
  ['Name the planets', { status: 500 }, { model: 'gpt-4o-mini' }],
  ['Name the planets', 'Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune'],
  [
    'Write a very long essay',
    'In the beginning was the abacus, and the abacus was with the merchants, and it never crashed.',
    { fault: { type: 'stall', after: { frames: 8 } } },
  ],
  ['Sum up the history of computing', 'Ever smaller, ever more of it.'],
  [
    'Double this number',
    ({ index, prompt }) =>
      index % 3 === 1 ? { status: 429, retryAfter: 0.02 } : String(2 * Number(prompt.split(': ').at(-1))),
  ],

  // 46g-routing, 46h-cost
  ['Name a bee', { status: 500 }, { model: 'gpt-4o-mini' }],
  ['Name a bee', 'Bombus terrestris.'],
  ['Name a wasp', 'Vespula vulgaris.'],
  ['Sum this up', 'The bees were busy.'],
  ['Name a river', 'The Rhine.'],
  ['Name a hill', 'Box Hill.'],

  // 46f-circuit-breaker
  ['What is two and two?', { status: 500 }, { times: 3 }],
  ['What is two and two?', 'Four.'],

  // 47-audit
  ['Audit cart.py', json({ findings: [{ line: 5, kind: 'dead-code', note: 'nobody calls total_in_euros' }] })],
  [
    'Audit orders.py',
    json({ findings: [{ line: 8, kind: 'api-drift', note: 'the cart says cents, the order says price' }] }),
  ],
  [
    'Audit refunds.py',
    json({ findings: [{ line: 3, kind: 'untested', note: 'nothing tests a refund above the price' }] }),
  ],
  ['What would you do first?', ({ messages }) => `Take total_in_euros out. (after ${messages.length - 1} messages)`],

  // 48-research
  ['Compare event sourcing and CQRS: consistency', 'The log is the truth; the read side is behind.'],
  ['Compare event sourcing and CQRS: operations', 'Replays on one side, two models on the other.'],
  ['Compare event sourcing and CQRS: maturity', 'CQRS is the older habit.'],
  [
    'Write a report with a table',
    (request) =>
      has(request, '### maturity\n\nCQRS is the older habit.')
        ? '| | Event sourcing | CQRS |\n|---|---|---|\n| truth | the log | two models |\n\nCQRS where reads outnumber writes by far.'
        : 'There is nothing to report.',
  ],
  ['Add an example for the recommendation', 'A shop: ten thousand look, one buys.'],

  // 49-pipeline
  ['Compare ways to limit a rate', 'A token bucket allows bursts, a fixed window has edges.'],
  ['Write a rate limiter', 'const allow = () => tokens-- > 0'],
  ['Review this rate limiter', json({ correct: false, problems: ['it is never refilled'] })],
  ['Put right: it is never refilled', 'const allow = () => (refill(), tokens-- > 0)'],

  // 15-resume
  ['Summarise the incident reports', 'Two outages, both after a deployment at night.'],
  [
    'What should we fix first?',
    ({ prompt }) => (prompt.includes('Two outages') ? 'The deployment at night.' : 'Nothing.'),
  ],

  // 50-background
  ['Find gaps in the login module', '1. Tokens never expire. 2. The cookie is sent without TLS.'],
  ['Draft a fix for each gap', '1. Check `exp`. 2. Set the Secure flag.'],
  ['Which gap is the worst?', ({ messages }) => `The first. (after ${messages.length - 1} messages)`],
]
