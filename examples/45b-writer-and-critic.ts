// A writer and a critic of two providers, three rounds at most. A round is a function that builds, and is used twice.
import './local.ts'
import { Builder, flowStream, iModel, type Operation, Session } from 'braid'
import { z } from 'zod'

const Quality = z.object({ score: z.number().min(1).max(10), feedback: z.string() })
type Draft = z.infer<typeof Quality> & { text: string }

await using session = new Session()
session.services.register(
  new iModel('openai/gpt-4o-mini', { name: 'writer', temperature: 0.7 }),
  new iModel('anthropic/claude-sonnet-4-5', { name: 'critic', temperature: 0.3 }),
)

const scoring = { name: 'score', instruction: 'Score this post', output: Quality, imodel: 'critic' }

function round(sub: Builder, instruction: string, contextFrom: readonly Operation<Draft>[] = []): Operation<Draft> {
  const text = sub.communicate({ name: 'write', instruction, contextFrom, imodel: 'writer' })
  const quality = sub.operate({ ...scoring, contextFrom: text })
  const dependsOn = [text, quality]
  return sub.task({ dependsOn, run: ({ results }) => ({ text: results.get(text), ...results.get(quality) }) })
}

const builder = new Builder({ session })
const post = builder.repeat({
  from: builder.subgraph({ name: 'first', build: (sub) => round(sub, 'Write a post about code review') }),
  name: 'revised',
  step: (draft, sub) => round(sub, 'Revise this post by its feedback', [draft]),
  until: ({ score }) => score >= 8,
  max: 3,
})

const stream = flowStream(builder)
for await (const [operationId, chunk] of stream) {
  if (!operationId.endsWith('/write')) continue
  if (chunk.type === 'text-delta') process.stdout.write(chunk.data)
  if (chunk.type === 'text-end') console.log(` (${operationId})`)
}
console.log(`${(await stream.result(post)).score} of 10`)
