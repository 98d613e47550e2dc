// A circuit breaker: after three failures nobody asks the model for a while, and then one call tries. (Without a key, it is down.)
import './local.ts'
import { setTimeout } from 'node:timers/promises'
import { BraidError, iModel } from 'braid'

const model = new iModel('openai/gpt-4o-mini', { breaker: { failures: 3, rest: 1_000 } })

async function ask(): Promise<void> {
  try {
    console.log((await model.invoke('What is two and two?').response).text)
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    console.log(error.status ? `${error.code} (${error.status})` : `${error.code}, and it has a rest`)
  }
}

for (let question = 1; question <= 5; question++) await ask()
await setTimeout(1_100)
await ask()
