import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { iModel, type ModelOptions } from '../src/index.ts'
import { FakeClock } from './support/fake-clock.ts'
import { modelAt } from './support/model-at.ts'
import { failure } from './support/read.ts'

let server: ProviderServer
let clock: FakeClock
beforeEach(async () => {
  server = await startProviderServer()
  clock = new FakeClock()
})
afterEach(() => server.close())

const model = (more: ModelOptions = {}) =>
  modelAt(clock, 'openai/m', {
    baseUrl: server.url,
    apiKey: 'key',
    breaker: { failures: 3, rest: 10_000 },
    ...more,
  })

describe('a breaker', () => {
  it('opens after so many failures in a row, half-opens after the rest, and closes with an answer', async () => {
    server.reply({ status: 500 }, { times: 3 })
    const one = model()
    for (let count = 0; count < 3; count++) await failure(one.invoke('x'))
    expect(one.available).toBe(false)
    const refused = await failure(one.invoke('x'))
    expect(refused).toMatchObject({ code: 'overloaded', retryable: false, fallbackable: true, retryAfterMs: 10_000 })
    expect(refused.message).toContain('breaker')
    clock.advance(9_999)
    await failure(one.invoke('x'))
    expect(server.requests).toHaveLength(3)
    clock.advance(1)
    expect(one.available).toBe(true)
    await one.invoke('x').response
    await one.invoke('x').response
    expect(server.requests).toHaveLength(5)
  })

  it('lets one call try, and no other meanwhile; when that fails too, it rests again', async () => {
    server.reply({ status: 500 }, { times: 3 })
    const one = model()
    for (let count = 0; count < 3; count++) await failure(one.invoke('x'))
    clock.advance(10_000)
    let answer = (): void => {}
    server.reply(() => new Promise((resolve) => (answer = () => resolve({ status: 503 }))))
    const trying = failure(one.invoke('tries'))
    await server.until(({ requests }) => requests.length === 4)
    expect((await failure(one.invoke('x'))).message).toContain('one call is trying it now')
    answer()
    await trying
    expect((await failure(one.invoke('x'))).retryAfterMs).toBe(10_000)
    expect(server.requests).toHaveLength(4)
  })

  it('lets the next one try, when the one that did was left', async () => {
    server.reply({ status: 500 }, { times: 3 })
    const one = model()
    for (let count = 0; count < 3; count++) await failure(one.invoke('x'))
    clock.advance(10_000)
    server.reply('never', { fault: { type: 'stall', after: 'request' } })
    const controller = new AbortController()
    const { response } = one.invoke('x', { signal: controller.signal })
    await server.until(({ requests }) => requests.length === 4)
    controller.abort(new Error('no longer'))
    await expect(response).rejects.toThrow('no longer')
    expect((await one.invoke('x').response).status).toBe('complete')
  })

  it('counts what is the provider’s fault, and only in a row', async () => {
    const one = model()
    server.reply({ status: 500 }, { times: 2 }).reply({ status: 400 }).reply({ status: 500 }, { times: 2 })
    server.reply('Well.').reply({ status: 429 }, { times: 5 }).reply({ status: 401 }, { times: 5 })
    for (let count = 0; count < 16; count++) await one.invoke('x').response.catch(() => {})
    expect(server.requests).toHaveLength(16)
    expect(one.available).toBe(true)
  })

  it('counts an answer that breaks off, also in a row of answers that all begin', async () => {
    server.reply('one two three', { times: 3, fault: { type: 'reset' } })
    const one = model()
    for (let count = 0; count < 3; count++) await failure(one.invoke('x'))
    expect(one.available).toBe(false)
  })

  it('is one for all that `with` makes of a model, and the other model’s is its own', async () => {
    server.reply({ status: 500 }, { times: 3 })
    const one = model()
    for (let count = 0; count < 3; count++) await failure(one.with({ temperature: 1 }).invoke('x'))
    expect(one.available).toBe(false)
    expect(one.with({ breaker: {} }).available).toBe(true)
    expect(model().available).toBe(true)
  })

  it('counts every attempt of a retry, and ends it when it opens', async () => {
    server.reply({ status: 500 }, { times: Infinity })
    const error = await clock.during(failure(model({ retry: 9 }).invoke('x')))
    expect(error.message).toContain('breaker')
    expect(server.requests).toHaveLength(3)
  })

  it('stops those that wait in line when it opens', async () => {
    server.reply({ status: 500 }, { times: Infinity })
    const one = model({ limits: { concurrency: 1 } })
    const errors = await Promise.all(Array.from({ length: 10 }, () => failure(one.invoke('x'))))
    expect(errors.filter(({ code }) => code === 'server_error')).toHaveLength(3)
    expect(errors.filter(({ code }) => code === 'overloaded')).toHaveLength(7)
    expect(server.requests).toHaveLength(3)
  })

  it('that is open has another model asked at once', async () => {
    server.reply({ status: 500 }, { model: 'm', times: 3 })
    const one = model({ fallback: [new iModel('openai/other', { baseUrl: server.url, apiKey: 'key' })] })
    const models: string[] = []
    for (let count = 0; count < 5; count++) models.push((await one.invoke('x').response).content.model)
    expect(models).toEqual(Array.from({ length: 5 }, () => 'other'))
    expect(server.requests.filter((request) => request.model === 'm')).toHaveLength(3)
  })
})

it('what is no breaker is refused', () => {
  for (const breaker of [true, { failures: 0 }, { rest: -1 }, { failure: 3 }] as never[]) {
    expect(() => new iModel('openai/m', { apiKey: 'key', breaker })).toThrow(
      expect.objectContaining({ code: 'unsupported_parameter' }),
    )
  }
})
