// Agents with tools of their own, one after the other: one fetches, one judges, and a third one says what follows.
import './local.ts'
import { Builder, flowStream, Session, tool } from 'braid'
import { z } from 'zod'

const REVIEWS = ['Great performance!', 'The keyboard is poor', 'Best laptop I have owned']

const reviews = tool({
  name: 'reviews',
  description: 'What customers wrote about a product',
  input: z.object({ product: z.string() }),
  run: ({ product }) => (product === 'laptop' ? REVIEWS : []),
})
const sentiment = tool({
  name: 'sentiment',
  description: 'How a text sounds, from -1 to 1',
  input: z.object({ text: z.string() }),
  run: ({ text }) => (/great|best/i.test(text) ? 0.9 : /poor|bad/i.test(text) ? -0.8 : 0),
})

await using session = new Session({ imodel: 'openai/gpt-4o' })
const builder = new Builder({ session })
const fetched = builder.react({ name: 'fetch', instruction: 'Get the reviews of the laptop', tools: [reviews] })
const scores = builder.react({
  name: 'judge',
  instruction: 'Judge the sentiment of each review',
  tools: [sentiment],
  contextFrom: fetched,
})
const advice = builder.communicate({ name: 'advice', instruction: 'What should we improve?', contextFrom: scores })

const stream = flowStream(builder)
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'tool-result') console.log(`${operationId}: ${chunk.toolName} = ${JSON.stringify(chunk.output)}`)
}
console.log(await stream.result(advice))
