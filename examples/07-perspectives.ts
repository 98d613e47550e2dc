// Parallel perspectives, each a typed object, and one synthesis.
import './local.ts'
import { Builder, flow, Session } from 'braid'
import { z } from 'zod'

const Review = z.object({ risk: z.enum(['low', 'medium', 'high']), findings: z.array(z.string()) })
const Verdict = z.object({ ship: z.boolean(), because: z.string() })

const session = new Session({ imodel: 'openai/gpt-4o' })
const builder = new Builder({ session })

const reviews = builder.fanOut(['security', 'performance', 'readability'], (view) =>
  builder.operate({ name: view, instruction: `Review the change for ${view}`, output: Review, reason: true }),
)
const verdict = builder.operate({
  name: 'verdict',
  instruction: 'Weigh the reviews. Do we ship?',
  output: Verdict,
  contextFrom: reviews,
})

const results = await flow(builder)
for (const review of reviews) {
  const { risk, findings } = results.get(review)
  console.log(`${review.id}: ${risk} risk, ${findings.join(', ')}`)
}
const { ship, because } = results.get(verdict)
console.log(ship ? 'Ship:' : 'Hold:', because)
