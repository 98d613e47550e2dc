// Your workflow in a test: a model that says what its script says, and a provider that misbehaves when told to.
import assert from 'node:assert/strict'
import { scriptedModel, startProviderServer } from '@braid/testing'
import { BraidError, Builder, flow, iModel } from 'braid'

const model = scriptedModel(['Bees dance.', 'True or false: bees dance?'])
const builder = new Builder()
const facts = builder.communicate({ name: 'facts', instruction: 'One fact about bees', imodel: model })
const quiz = builder.communicate({ name: 'quiz', instruction: 'Make a quiz', contextFrom: facts, imodel: model })

assert.equal((await flow(builder)).get(quiz), 'True or false: bees dance?')
assert.equal(model.calls.length, 2)
console.log('the quiz is made from the facts')

await using server = await startProviderServer()
server.reply({ status: 429, retryAfter: 2 }).reply('never ending', { fault: { type: 'endless' } })
const gpt = new iModel('openai/gpt-4o-mini', { baseUrl: `${server.url}/v1`, apiKey: 'any' })

await assert.rejects(
  gpt.invoke('Hello').response,
  (error) => error instanceof BraidError && error.code === 'rate_limited' && error.retryAfterMs === 2_000,
)
console.log('a rate limit has a name, and says how long to wait')

for await (const _ of gpt.invoke('Hello').text()) break
await server.whenIdle()
assert.equal(server.requests[1]?.outcome, 'client-left')
console.log('leaving the loop closes the connection')
