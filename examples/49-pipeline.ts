// Researcher, implementer, reviewer: three models in a plan with a condition. It is looked at before anything is paid for.
import './local.ts'
import { Builder, flowStream, iModel, Session } from 'braid'
import { z } from 'zod'

const Verdict = z.object({ correct: z.boolean(), problems: z.array(z.string()) })
const researcher = new iModel('gemini/gemini-2.5-flash', { name: 'researcher' })
const implementer = new iModel('anthropic/claude-sonnet-4-5', { name: 'implementer', maxTokens: 2_000 })
const reviewer = new iModel('openai/gpt-4o', { name: 'reviewer', temperature: 0 })

await using session = await Session.open('.braid/pipeline.db')
const builder = new Builder({ session })
const notes = builder.generate({ name: 'notes', instruction: 'Compare ways to limit a rate', imodel: researcher })
const coding = { branch: 'code', imodel: implementer }
const code = builder.communicate({ name: 'code', instruction: 'Write a rate limiter', contextFrom: notes, ...coding })
const asked = { instruction: 'Review this rate limiter', imodel: reviewer, output: Verdict }
const review = builder.operate({ name: 'review', contextFrom: [notes, code], ...asked })
const fix = builder.communicate({
  name: 'fix',
  instruction: (results) => `Put right: ${results.get(review).problems.join('; ')}`,
  dependsOn: review,
  when: (results) => !results.get(review).correct,
  ...coding,
})
const final = builder.task({
  name: 'final',
  dependsOn: [code, fix],
  join: 'settled',
  run: ({ results }) => results.find(fix) ?? results.get(code),
})
console.log(builder.toText())

const stream = flowStream(builder)
for await (const [operationId, chunk] of stream) {
  if (chunk.type === 'operation-start') console.log(`▶ ${operationId} ${chunk.imodel ?? ''}`)
  if (chunk.type === 'operation-end') console.log(`${chunk.status === 'completed' ? '✓' : '·'} ${operationId}`)
}
console.log(`\n${await stream.result(final)}`)
