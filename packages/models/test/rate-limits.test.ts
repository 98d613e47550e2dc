import type { Model } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'
import { FakeClock } from './support/fake-clock.ts'
import { modelAt } from './support/model-at.ts'

let server: ProviderServer
let clock: FakeClock
beforeEach(async () => {
  server = await startProviderServer()
  clock = new FakeClock()
})
afterEach(() => server.close())

const model = (limits: NonNullable<ModelOptions['limits']>, more: ModelOptions = {}, id: ModelId = 'openai/m') =>
  modelAt(clock, id, { baseUrl: server.url, apiKey: 'key', limits, ...more })

const words = (count: number) => Array.from({ length: count }, (_, index) => `word ${index}`)
const prompts = () => server.requests.map(({ prompt }) => prompt)

/** Waits until so many requests have been answered, and no call could send another. */
async function answered(count: number): Promise<void> {
  await server.until(({ requests, active }) => requests.length >= count && active === 0)
  // What the last answer set going is going by then.
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  expect(server.requests).toHaveLength(count)
}

async function ask(one: Model, word: string, signal?: AbortSignal): Promise<string> {
  return (await one.invoke(word, signal === undefined ? {} : { signal }).response).text
}

describe('200 calls at 60 a minute', () => {
  it('all complete, in their order, none early and none dropped', async () => {
    const one = model({ requestsPerMinute: 60, concurrency: 4 })
    const sentAt: number[] = []
    server.reply(
      ({ prompt }) => {
        sentAt.push(clock.now())
        return prompt
      },
      { times: Infinity },
    )
    const answers = Promise.all(words(200).map((word) => ask(one, word)))
    expect(await clock.during(answers)).toEqual(words(200))
    expect(prompts().sort()).toEqual(words(200).sort())
    expect(sentAt).toEqual(words(200).map((_, index) => Math.floor(index / 60) * 60_000))
    expect(clock.waiting).toBe(0)
  })

  it('keep their order, one at a time', async () => {
    const one = model({ requestsPerMinute: 60, concurrency: 1 })
    await clock.during(Promise.all(words(200).map((word) => ask(one, word))))
    expect(prompts()).toEqual(words(200))
  })

  it('of which half are cancelled free their places for the others', async () => {
    const one = model({ requestsPerMinute: 60 })
    const controllers = words(200).map(() => new AbortController())
    const outcomes = Promise.allSettled(words(200).map((word, index) => ask(one, word, controllers[index]!.signal)))
    await answered(60)
    // Of those that wait, every other one.
    for (let index = 60; index < 200; index += 2) controllers[index]!.abort(new Error('no longer'))
    await clock.during(outcomes)
    expect((await outcomes).filter(({ status }) => status === 'rejected')).toHaveLength(70)
    expect(server.requests).toHaveLength(130)
    // 60 at once, 60 after a minute, and the 10 that are left after two: those that left took nothing.
    expect(clock.now()).toBe(120_000)
    expect(clock.waiting).toBe(0)
  })

  it('that are all cancelled leave no timer', async () => {
    const one = model({ requestsPerMinute: 1 })
    await ask(one, 'first')
    const controller = new AbortController()
    const outcomes = Promise.allSettled(words(20).map((word) => ask(one, word, controller.signal)))
    await clock.someone()
    controller.abort(new Error('no longer'))
    await outcomes
    expect(clock.waiting).toBe(0)
    expect(server.requests).toHaveLength(1)
  })
})

describe('tokens per minute', () => {
  it('are estimated before a call, and counted as they were after it', async () => {
    // Ten tokens by their letters, and 400 as the provider counts them.
    const one = model({ tokensPerMinute: 500 })
    server.reply({ text: 'Yes.', usage: { inputTokens: 300, outputTokens: 100 } }, { times: Infinity })
    await ask(one, 'x'.repeat(40))
    await ask(one, 'x'.repeat(40))
    const third = ask(one, 'x'.repeat(40))
    await clock.someone()
    expect(server.requests).toHaveLength(2)
    await clock.during(third)
    expect(clock.now()).toBe(60_000)
  })

  it('that are more than all there are wait until nothing else was sent for a minute', async () => {
    const one = model({ tokensPerMinute: 10 })
    server.reply({ text: 'Yes.', usage: { inputTokens: 5, outputTokens: 1 } }, { times: Infinity })
    await ask(one, 'short')
    const long = ask(one, 'x'.repeat(400))
    const after = ask(one, 'short')
    await clock.during(Promise.all([long, after]))
    expect(prompts().map(({ length }) => length)).toEqual([5, 400, 5])
  })
})

describe('what the provider says of its limits', () => {
  const headers = (remaining: number, reset: string) => ({
    'x-ratelimit-limit-requests': '10',
    'x-ratelimit-remaining-requests': String(remaining),
    'x-ratelimit-reset-requests': reset,
  })

  it('is obeyed: what is left is sent, and the rest when there is more', async () => {
    let left = 6
    serverSays(() => headers(--left, '10s'))
    const one = model({})
    await ask(one, 'first')
    const all = Promise.all(words(20).map((word) => ask(one, word)))
    await answered(6)
    left = 10
    clock.advance(9_999)
    await answered(6)
    clock.advance(1)
    await answered(16)
    left = 10
    clock.advance(10_000)
    await all
    expect(server.requests).toHaveLength(21)
  })

  it('is a time of day at Anthropic, and of tokens as well', async () => {
    const reset = new Date(Date.now() + 30_000).toISOString()
    const one = model({}, {}, 'anthropic/m')
    serverSays(() => ({
      'anthropic-ratelimit-tokens-limit': '1000',
      'anthropic-ratelimit-tokens-remaining': '100',
      'anthropic-ratelimit-tokens-reset': reset,
    }))
    await ask(one, 'first')
    const long = ask(one, 'x'.repeat(4_000))
    await clock.someone()
    expect(server.requests).toHaveLength(1)
    expect(clock.waits[0]).toBeLessThanOrEqual(30_000)
    expect(clock.waits[0]).toBeGreaterThan(10_000)
    await clock.during(long)
  })

  it('with a Retry-After holds for all who wait', async () => {
    const one = model({})
    server.reply({ status: 429, retryAfter: 20 })
    await ask(one, 'refused').catch(() => {})
    const later = Promise.all(words(3).map((word) => ask(one, word)))
    await clock.someone()
    clock.advance(19_999)
    await answered(1)
    clock.advance(1)
    await later
    expect(server.requests).toHaveLength(4)
  })

  it('is heeded no longer than a minute', async () => {
    const one = model({})
    server.reply({ status: 429, retryAfter: 3_600 })
    await ask(one, 'refused').catch(() => {})
    await ask(one, 'asked all the same')
    serverSays(() => headers(0, '8h'))
    await ask(one, 'again')
    await clock.during(ask(one, 'and again'))
    expect(clock.now()).toBe(60_000)
  })

  /** Every answer, with these headers. */
  function serverSays(said: () => Readonly<Record<string, string>>): void {
    server.reply(() => ({ text: 'Yes.', headers: said() }), { times: Infinity })
  }
})

it('what is no limit is refused', () => {
  for (const limits of [{ requestsPerMinute: 0 }, { tokensPerMinute: 0.5 }, { requestPerMinute: 1 }] as never[]) {
    expect(() => new iModel('openai/m', { apiKey: 'key', limits })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter' }),
    )
  }
})
