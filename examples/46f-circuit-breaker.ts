// A circuit breaker around any model: after three failures nobody asks it for a while, and then one call tries. (Without a key, it is down.)
import './local.ts'
import { setTimeout } from 'node:timers/promises'
import { BraidError, iModel } from 'braid'

function withBreaker(model: iModel, { failures, rest }: { failures: number; rest: number }): iModel {
  let failed = 0
  let asksAgainAt = 0
  return iModel.from(
    async function* (request, signal) {
      if (Date.now() < asksAgainAt) throw new BraidError('overloaded', `${model.name} has a rest, and is not asked`)
      try {
        yield* model.invoke(request, { signal })
        failed = 0
      } catch (error) {
        failed += 1
        if (failed >= failures) asksAgainAt = Date.now() + rest
        throw error
      }
    },
    { name: model.name },
  )
}

const model = withBreaker(new iModel('openai/gpt-4o-mini'), { failures: 3, rest: 1_000 })

async function ask(): Promise<void> {
  try {
    console.log((await model.invoke('What is two and two?').response).text)
  } catch (error) {
    if (!(error instanceof BraidError)) throw error
    console.log(error.status ? `${error.code} (${error.status})` : error.message)
  }
}

for (let question = 1; question <= 5; question++) await ask()
await setTimeout(1_100)
await ask()
