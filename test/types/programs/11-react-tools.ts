// A tool loop, every step of it in the stream.
import { Builder, flowStream, iModel, Session, tool } from 'braid'
import { z } from 'zod'

const weather = tool({
  name: 'weather',
  description: 'The weather in a city, now',
  input: z.object({ city: z.string() }),
  safe: true,
  async *run({ city }, { signal }) {
    yield `asking about ${city}`
    const response = await fetch(`https://wttr.in/${city}?format=j1`, { signal })
    return response.json()
  },
})

const session = new Session({ imodel: new iModel('anthropic/claude-sonnet-4-5') })
const builder = new Builder({ session })
const Advice = z.object({ city: z.string(), takeUmbrella: z.boolean() })
const agent = builder.react({
  instruction: 'Oslo or Rome today?',
  tools: [weather],
  maxSteps: 6,
  output: Advice,
  toolStreaming: true,
})

const stream = flowStream(agent)
for await (const [, chunk] of stream) {
  if (chunk.type === 'start-step') console.log(`step ${chunk.step}`)
  if (chunk.type === 'text-delta') process.stdout.write(chunk.data)
  if (chunk.type === 'tool-call') console.log('->', chunk.toolName, chunk.input)
  if (chunk.type === 'tool-result') console.log(chunk.preliminary ? '..' : '<-', chunk.output)
}
const advice = await stream.result(agent)
console.log(advice.city, advice.takeUmbrella)
