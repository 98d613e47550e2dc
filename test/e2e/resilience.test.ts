import { type ProviderServer, startProviderServer } from '@braid/testing'
import { Builder, flow, flowStream, iModel, type ModelOptions, Session } from 'braid'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const model = (more: ModelOptions = {}, id: `openai/${string}` = 'openai/m') =>
  new iModel(id, { baseUrl: server.url, apiKey: 'key', ...more })
const retry = { attempts: 3, backoff: 0 }

describe('the retries of a model and of its operation', () => {
  test('do not multiply: an outage costs the attempts of the model', async () => {
    server.reply({ status: 503 }, { times: Infinity })
    const builder = new Builder()
    const a = builder.generate({ name: 'a', instruction: 'x', imodel: model({ retry }), retry })
    const results = await flow(builder, { onError: 'continue' })
    expect(results.outcome(a)).toMatchObject({ status: 'failed', error: { code: 'overloaded', attempts: 3 } })
    expect(server.requests).toHaveLength(3)
  })

  test('do not multiply: a stream that keeps breaking costs those of the operation', async () => {
    server.reply('one two three', { fault: { type: 'reset' }, times: Infinity })
    const builder = new Builder()
    const a = builder.generate({ name: 'a', instruction: 'x', imodel: model({ retry }), retry })
    const results = await flow(builder, { onError: 'continue' })
    expect(results.outcome(a)).toMatchObject({ status: 'failed', error: { code: 'stream_truncated' } })
    expect(server.requests).toHaveLength(3)
  })

  test('complete one another', async () => {
    server
      .reply({ status: 503 })
      .reply('one two', { fault: { type: 'reset' } })
      .reply({ status: 503 })
      .reply('At last.')
    const builder = new Builder()
    const a = builder.generate({
      name: 'a',
      instruction: 'x',
      imodel: model({ retry }),
      retry: { attempts: 2, backoff: 0 },
    })
    const results = await flow(builder)
    expect(results.get(a)).toBe('At last.')
    expect(results.outcome(a)).toMatchObject({ attempts: 2 })
  })
})

test('a run is stopped by what its models say that they cost, and adds it up', async () => {
  const prices = { 'openai/m': { input: 1_000_000, output: 1_000_000 } }
  server.reply({ text: 'x', usage: { inputTokens: 2, outputTokens: 1 } }, { times: Infinity })
  await using session = new Session({ imodel: model({ prices }) })
  const one = new Builder({ session })
  one.communicate({ instruction: 'x', branch: 'one' })
  expect((await flow(one, { budget: { cost: 5 } })).usage).toMatchObject({ cost: 3, totalTokens: 3 })
  const three = new Builder({ session })
  for (const name of ['a', 'b', 'c']) three.communicate({ name, instruction: 'x', branch: 'three' })
  const error = await flow(three, { budget: { cost: 5 } }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'budget_spent', message: expect.stringContaining('6 were used') })
  expect(server.requests).toHaveLength(3)
})

test('leaving a run closes every socket, whatever its models were doing: answering, waiting in line, or about to ask again', async () => {
  server.reply('on and on', { fault: { type: 'endless' }, model: 'm', times: Infinity })
  server.reply({ status: 503, retryAfter: 30 }, { model: 'down', times: Infinity })
  const everything: ModelOptions = {
    retry,
    limits: { concurrency: 3, requestsPerMinute: 3 },
    breaker: {},
    hooks: { onChunk: () => {} },
    responseCache: new Map<string, string>(),
  }
  const busy = model(everything)
  const down = model({ ...everything, fallback: [busy] }, 'openai/down')
  const builder = new Builder()
  builder.fanOut([1, 2, 3, 4, 5, 6], (index) =>
    builder.generate({ name: `lane-${index}`, instruction: `x ${index}`, imodel: index % 3 === 0 ? down : busy }),
  )
  for await (const [, chunk] of flowStream(builder)) {
    if (chunk.type === 'text-delta' && server.requests.length >= 5) break
  }
  await server.until(({ active }) => active === 0)
  const sent = server.requests.length
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(server.requests).toHaveLength(sent)
})
