// A tool loop, every step of it in the stream. The tool starts while the model is still talking, because it is safe to.
import './local.ts'
import { Builder, flowStream, iModel, Session, tool } from 'braid'
import { z } from 'zod'

const SKY: Readonly<Record<string, string>> = { Oslo: 'rain', Rome: 'sun' }

const weather = tool({
  name: 'weather',
  description: 'The weather in a city, now',
  input: z.object({ city: z.string() }),
  safe: true,
  async *run({ city }) {
    yield `looking out of a window in ${city}`
    const sky = SKY[city]
    if (!sky) throw new Error(`nobody in ${city} looks out of a window`)
    return { city, sky }
  },
})

const session = new Session({ imodel: new iModel('anthropic/claude-sonnet-4-5') })
const builder = new Builder({ session })
const Advice = z.object({ city: z.string(), takeUmbrella: z.boolean() })
const agent = builder.react({
  instruction: 'Oslo, Rome or Atlantis today?',
  tools: [weather],
  maxSteps: 6,
  output: Advice,
  toolStreaming: true,
})

const stream = flowStream(agent)
for await (const [, chunk] of stream) {
  if (chunk.type === 'start-step') console.log(`step ${chunk.step}`)
  if (chunk.type === 'tool-call') console.log('->', chunk.toolName, chunk.input)
  if (chunk.type === 'tool-result') console.log(chunk.preliminary ? '..' : '<-', chunk.output)
  if (chunk.type === 'tool-error') console.log('!!', chunk.error.message)
}
console.log(await stream.result(agent))
