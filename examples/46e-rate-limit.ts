// Twenty questions, four at a time. Those that come too fast for the provider wait for as long as it says, and are asked again.
import './local.ts'
import { Builder, flow, iModel } from 'braid'

// Whoever asks it, in whichever run: no more than four of its calls are under way at once.
const imodel = new iModel('openai/gpt-4o-mini', { temperature: 0, maxTokens: 20, limits: { concurrency: 4 } })
const numbers = Array.from({ length: 20 }, (_, index) => index + 1)

const builder = new Builder()
const answers = builder.fanOut(numbers, (number) =>
  builder.generate({
    name: `question-${number}`,
    instruction: `Double this number: ${number}`,
    imodel,
    retry: { attempts: 10, backoff: 20 },
  }),
)

const results = await flow(builder)
const attempts = [...results].map(([, outcome]) => (outcome.status === 'completed' ? outcome.attempts : 0))
console.log(results.all(answers).join(' '))
console.log(`${answers.length} answers, ${attempts.reduce((sum, count) => sum + count, 0)} attempts`)
