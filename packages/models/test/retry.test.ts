import { BraidError } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'
import { FakeClock } from './support/fake-clock.ts'
import { modelAt } from './support/model-at.ts'
import { failure, read } from './support/read.ts'

let server: ProviderServer
let clock: FakeClock
beforeEach(async () => {
  server = await startProviderServer()
  clock = new FakeClock()
})
afterEach(() => server.close())

const model = (retry: NonNullable<ModelOptions['retry']>, more: ModelOptions = {}, id: ModelId = 'openai/m') =>
  modelAt(clock, id, { baseUrl: server.url, apiKey: 'key', retry, ...more })

describe('a model that retries', () => {
  it('asks again until it is answered, and shows one answer', async () => {
    server.reply({ status: 503 }).reply({ status: 500 }).reply('At last.')
    const stream = model(3).invoke('x')
    const { chunks, error } = await clock.during(read(stream))
    expect(error).toBeUndefined()
    expect(stream.partial.text).toBe('At last.')
    expect(chunks.filter(({ type }) => type === 'message-start')).toHaveLength(1)
    expect(server.requests).toHaveLength(3)
  })

  it('waits longer each time, by chance up to twice as long', async () => {
    clock.chance = 1
    server.reply({ status: 503 }, { times: Infinity })
    await clock.during(failure(model({ attempts: 5, backoff: 100 }).invoke('x')))
    expect(clock.waits).toEqual([100, 200, 400, 800])
  })

  it('gives up with the last error, and says how often it asked', async () => {
    server.reply({ status: 503 }).reply({ status: 500 }, { times: Infinity })
    const error = await clock.during(failure(model(3).invoke('x')))
    expect(error).toMatchObject({ code: 'server_error', status: 500, retryable: true, attempts: 3 })
    expect(error.message).toContain('asked 3 times')
    expect(server.requests).toHaveLength(3)
  })

  it('does not ask again what is wrong, or what `on` does not want', async () => {
    for (const status of [400, 401, 403, 404, 413]) {
      server.reply({ status })
      expect((await failure(model(3).invoke('x'))).attempts).toBeUndefined()
    }
    server.reply({ status: 503 })
    await failure(model({ attempts: 3, on: ({ code }) => code === 'rate_limited' }).invoke('x'))
    expect(server.requests).toHaveLength(6)
    expect(clock.waits).toEqual([])
  })

  it('waits as long as the provider asks, in seconds, milliseconds or until a date', async () => {
    const at = new Date(Date.now() + 20_000)
    server.reply({ status: 429, retryAfter: 2 }).reply({ status: 429, headers: { 'retry-after-ms': '1500' } })
    server.reply({ status: 503, retryAfter: at.toUTCString() }).reply('Now.')
    await clock.during(model(4).invoke('x').response)
    expect(clock.waits.slice(0, 2)).toEqual([2_000, 1_500])
    expect(clock.waits[2]).toBeGreaterThan(1_000)
    expect(clock.waits[2]).toBeLessThanOrEqual(20_000)
  })

  it('does not wait where it is asked to wait for longer than a minute, or than `maxWait`', async () => {
    server.reply({ status: 429, retryAfter: 61 }).reply({ status: 429, retryAfter: 3 })
    expect(await failure(model(3).invoke('x'))).toMatchObject({ code: 'rate_limited', retryAfterMs: 61_000 })
    expect(await failure(model({ attempts: 3, maxWait: 2_000 }).invoke('x'))).toMatchObject({ retryAfterMs: 3_000 })
    expect(server.requests).toHaveLength(2)
  })

  it('does as the provider says about asking again, whatever the status', async () => {
    server.reply({ status: 400, headers: { 'x-should-retry': 'true' } })
    server.reply({ status: 503, headers: { 'x-should-retry': 'false' } })
    expect(await clock.during(failure(model(3).invoke('x')))).toMatchObject({ code: 'overloaded', retryable: false })
    expect(server.requests).toHaveLength(2)
  })

  it('asks again where a stream broke off, or reported an error, before it said anything', async () => {
    server.reply('one', { fault: { type: 'error-frame', after: { frames: 1 }, status: 529 } })
    server.reply('two', { fault: { type: 'truncate', after: { frames: 1 } } })
    server.reply('three', { fault: { type: 'reset', after: 'request' } })
    server.reply('The answer.')
    const { chunks } = await clock.during(read(model(4, {}, 'anthropic/m').invoke('x')))
    expect(chunks.filter(({ type }) => type === 'message-start')).toHaveLength(1)
    expect(chunks.filter(({ type }) => type === 'finish')).toHaveLength(1)
    expect(server.requests).toHaveLength(4)
  })

  it('does not ask again when something was said: what came is kept', async () => {
    server.reply('one two three', { fault: { type: 'reset' } })
    const stream = model(5).invoke('x')
    const { error } = await read(stream)
    expect(error).toMatchObject({ code: 'stream_truncated', retryable: true })
    expect((error as BraidError).attempts).toBeUndefined()
    expect(stream.partial.text).not.toBe('')
    expect(server.requests).toHaveLength(1)
  })

  it('sends the same idempotency key in all attempts of a call, and another in the next call', async () => {
    server.reply({ status: 500 }).reply('Yes.').reply('Yes.')
    const one = model(2, { idempotencyHeader: 'Idempotency-Key' })
    await clock.during(one.invoke('x').response)
    await one.invoke('x').response
    const [first, second, third] = server.requests.map(({ headers }) => headers['idempotency-key'])
    expect(first).toMatch(/./)
    expect(second).toBe(first)
    expect(third).not.toBe(first)
  })

  it('stops waiting when it is left or aborted, and leaves no timer and no socket', async () => {
    server.reply({ status: 503 }, { times: Infinity })
    const controller = new AbortController()
    const aborted = model(9).invoke('x', { signal: controller.signal }).response
    await clock.someone()
    controller.abort(new Error('no longer'))
    await expect(aborted).rejects.toThrow('no longer')
    const left = model(9).invoke('x').text()[Symbol.asyncIterator]()
    const next = left.next()
    await clock.someone()
    await left.return?.()
    expect(await next).toEqual({ value: undefined, done: true })
    expect(clock.waiting).toBe(0)
    expect(server.requests).toHaveLength(2)
    expect(server.active).toBe(0)
  })

  it('of which there are many at once does not come back all at once', async () => {
    const waits: number[] = []
    for (const chance of [0.1, 0.9]) {
      clock = new FakeClock()
      clock.chance = chance
      server.reply({ status: 503 })
      await clock.during(model({ attempts: 2, backoff: 1_000 }).invoke('x').response)
      waits.push(...clock.waits)
    }
    expect(waits).toEqual([100, 900])
  })
})

it('refuses what is no retry', () => {
  for (const retry of [0, 1.5, 'often', { attempts: 0 }, { attempts: 2, maxWait: -1 }, { atempts: 2 }] as never[]) {
    expect(() => new iModel('openai/m', { apiKey: 'key', retry })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter' }),
    )
  }
})

it('a function may be asked again, too', async () => {
  let asked = 0
  const flaky = iModel
    .from(
      async function* () {
        asked += 1
        if (asked < 3) throw new BraidError('overloaded', 'not yet')
        yield 'now'
      },
      { name: 'flaky' },
    )
    .with({ retry: { attempts: 3, backoff: 0 } })
  expect((await flaky.invoke('x').response).text).toBe('now')
  expect(flaky.name).toBe('flaky')
})
