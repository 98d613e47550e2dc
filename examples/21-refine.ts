// Draft, then critique and improve until the critic is content, three rounds at most.
import './local.ts'
import { Builder, flowStream, Session } from 'braid'
import { z } from 'zod'

const Draft = z.object({ text: z.string(), score: z.number().min(0).max(10) })

await using session = new Session({ imodel: 'openai/gpt-4o-mini' })
const builder = new Builder({ session })
const draft = builder.operate({ name: 'draft', instruction: 'Draft a product blurb, and score it', output: Draft })
const blurb = builder.repeat({
  name: 'refine',
  from: draft,
  step: (current, sub) => {
    const critique = sub.communicate({ name: 'critique', instruction: 'What is weak here?', contextFrom: current })
    return sub.operate({
      name: 'improve',
      instruction: 'Improve it, and score it again',
      contextFrom: [current, critique],
      output: Draft,
    })
  },
  until: ({ score }) => score >= 8,
  max: 3,
})

const stream = flowStream(builder)
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'operation-end') console.log(operationId, chunk.status)
}
const { text, score } = await stream.result(blurb)
console.log(`${score} of 10: ${text}`)
