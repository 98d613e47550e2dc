// Twenty questions, four at a time. Those that come too fast for the provider wait for as long as it says, and are asked again.
import './local.ts'
import { Builder, flow, iModel } from 'braid'

// Whoever asks it, in whichever run: no more than four of its calls are under way at once, no more than 500 in a minute. Whoever is too many waits in
// line, and so do all when the provider says that it is too much.
const imodel = new iModel('openai/gpt-4o-mini', {
  temperature: 0,
  maxTokens: 20,
  limits: { concurrency: 4, requestsPerMinute: 500 },
  retry: { attempts: 10, backoff: 20 },
})
const numbers = Array.from({ length: 20 }, (_, index) => index + 1)

const builder = new Builder()
const answers = builder.fanOut(numbers, (number) =>
  builder.generate({ name: `question-${number}`, instruction: `Double this number: ${number}`, imodel }),
)

const results = await flow(builder)
console.log(results.all(answers).join(' '))
console.log(`${answers.length} answers`)
