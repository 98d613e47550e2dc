// A part of a plan is run and looked at, and the plan goes on from there. What completed is not run again.
import './local.ts'
import { Builder, flow, Session } from 'braid'
import { z } from 'zod'

const Review = z.object({ severity: z.enum(['none', 'minor', 'critical']), issues: z.array(z.string()) })
const context = `function average(numbers: number[]) {
  return numbers.reduce((sum, n) => sum + n) / numbers.length
}`

await using session = new Session({ imodel: 'openai/gpt-4o' })
const builder = new Builder({ session })
const review = builder.operate({ name: 'review', instruction: 'Review this code', context, output: Review })

const { severity, issues } = (await flow(builder)).get(review)
console.log(`${severity}: ${issues.join(', ')}`)

if (severity === 'critical') {
  const fix = builder.communicate({ name: 'fix', instruction: 'Fix this code', context, contextFrom: review })
  const check = builder.communicate({ name: 'check', instruction: 'Is this fix correct?', contextFrom: [review, fix] })

  const results = await flow(builder)
  console.log(`\n${results.get(fix)}\n\n${results.get(check)}`)
}
