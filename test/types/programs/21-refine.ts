// Draft, then critique and improve until the critic is content, three rounds at most.
import { BraidError, Builder, flow, Session } from 'braid'
import { z } from 'zod'

const Draft = z.object({ text: z.string(), score: z.number().min(0).max(10) })

const builder = new Builder({ session: new Session({ imodel: 'openai/gpt-4o' }) })
const draft = builder.operate({ name: 'draft', instruction: 'Write a product blurb, and score it', output: Draft })
const blurb = builder.repeat({
  name: 'refine',
  from: draft,
  step: (current, sub) => {
    const critique = sub.communicate({ name: 'critique', instruction: 'What is weak here?', contextFrom: current })
    return sub.operate({ name: 'improve', instruction: 'Improve it', contextFrom: [current, critique], output: Draft })
  },
  until: ({ score }) => score >= 8,
  max: 3,
})

try {
  console.log((await flow(builder)).get(blurb).text)
} catch (error) {
  if (!(error instanceof BraidError && error.code === 'run_failed')) throw error
  for (const { operationId, message } of error.errors ?? []) console.error(operationId, message)
  console.log(error.results?.find(draft)?.text)
}
