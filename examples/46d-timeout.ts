// An answer that takes too long is given up, and a shorter one asked for. (Without a key, the long one stops in the middle.)
import './local.ts'
import { Builder, flow, iModel } from 'braid'

const model = new iModel('openai/gpt-4o-mini', { timeout: { first: 20_000 } })
const builder = new Builder()

const essay = builder.generate({
  name: 'essay',
  instruction: 'Write a very long essay about the history of computing',
  imodel: model,
  timeout: 1_000, // milliseconds, of each attempt
})
const summary = builder.generate({
  name: 'summary',
  instruction: 'Sum up the history of computing',
  imodel: model.with({ maxTokens: 200 }),
  dependsOn: essay,
  join: 'settled',
  when: (results) => results.find(essay) === undefined,
})

const results = await flow(builder, { onError: 'continue', timeout: 60_000 }) // of the whole run
const outcome = results.outcome(essay)
if (outcome.status === 'failed') console.log(`${outcome.error.code}, after "${outcome.partial?.text.slice(0, 20)}…"`)
console.log(results.find(essay) ?? results.get(summary))
