// Classification that is checked: an answer outside of the schema is told so and asked for again, once.
import './local.ts'
import { BraidError, Session } from 'braid'
import * as v from 'valibot'

const Sentiment = v.object({
  sentiment: v.picklist(['positive', 'negative', 'neutral']),
  confidence: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  reasoning: v.optional(v.string()),
})

await using session = new Session({ imodel: 'openai/gpt-4o-mini' })

async function classify(review: string, repair: number): Promise<v.InferOutput<typeof Sentiment>> {
  const instruction = 'Classify the sentiment of this review'
  return session.conduct('operate', 'reviews', { instruction, context: review, output: Sentiment, repair })
}

const review = 'This exceeded my expectations! The quality is outstanding and delivery was fast.'
try {
  await classify(review, 0)
} catch (error) {
  if (!(error instanceof BraidError && error.code === 'invalid_output')) throw error
  for (const { path, message } of error.issues ?? []) console.log(`${path}: ${message}`)
}
const { sentiment, confidence, reasoning } = await classify(review, 1)
console.log(`${sentiment} (${confidence.toFixed(2)}): ${reasoning}`)
