// Functions as tools: called several at once, and one of them fails, which the model reads. Then the same tools by hand.
import './local.ts'
import { Builder, flow, Session, Tool } from 'braid'
import { z } from 'zod'

type Pair = z.infer<typeof Pair>
const Pair = z.object({ a: z.number(), b: z.number() })

async function multiply({ a, b }: Pair) {
  return a * b
}

function divide({ a, b }: Pair) {
  if (b === 0) throw new RangeError('nothing can be divided by 0')
  return a / b
}

const session = new Session({ imodel: 'gemini/gemini-2.5-flash' })
session.services.register(
  Tool.fromFunction(multiply, { description: 'a times b', input: Pair }),
  Tool.fromFunction(divide, { description: 'a divided by b', input: Pair }),
)

const builder = new Builder({ session })
const sum = builder.communicate({
  instruction: 'What is 6 times 7, and 6 by 0?',
  tools: ['multiply', 'divide'],
  branch: 'sums',
})
console.log((await flow(builder)).get(sum))

for (const { content } of await (await session.branch('sums')).messages()) {
  if (content.type !== 'action-response') continue
  for (const outcome of content.outcomes)
    console.log(outcome.toolName, 'error' in outcome ? outcome.error.message : outcome.output)
}

const calls = [6, 7].map((b) => ({ toolCallId: `by-${b}`, toolName: 'multiply', input: { a: b, b } }))
for (const outcome of await session.conduct('act', 'sums', { calls })) console.log(outcome)
