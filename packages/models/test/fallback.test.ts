import { scriptedModel, type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'
import { watchSockets } from './support/client-sockets.ts'
import { FakeClock } from './support/fake-clock.ts'
import { modelAt } from './support/model-at.ts'
import { failure, read } from './support/read.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const model = (id: ModelId, more: ModelOptions = {}) => new iModel(id, { baseUrl: server.url, apiKey: 'key', ...more })
const asked = () => server.requests.map((request) => request.model)

describe('a model with others to fall back on', () => {
  it('is answered by the first of them that says something', async () => {
    server.reply({ status: 503 }, { model: 'a' })
    server.reply('no', { model: 'b', fault: { type: 'reset', after: 'request' } })
    const stream = model('openai/a', { fallback: [model('anthropic/b'), model('gemini/c')] }).invoke('x')
    const { chunks, error } = await read(stream)
    expect(error).toBeUndefined()
    expect(chunks.filter(({ type }) => type === 'message-start')).toHaveLength(1)
    expect(stream.partial.content.model).toBe('c')
    expect(asked()).toEqual(['a', 'b', 'c'])
  })

  it.each([
    [401, ['a', 'b']],
    [402, ['a', 'b']],
    [429, ['a', 'b']],
    [500, ['a', 'b']],
    [503, ['a', 'b']],
    [504, ['a', 'b']],
    [400, ['a']],
    [403, ['a']],
    [404, ['a']],
    [409, ['a']],
    [413, ['a']],
  ])('after HTTP %i asks %o', async (status, models) => {
    server.reply({ status }, { model: 'a' })
    await read(model('openai/a', { fallback: [model('openai/b')] }).invoke('x'))
    expect(asked()).toEqual(models)
  })

  it('never mixes two answers: what has said something and then fails, fails', async () => {
    for (const fault of [{ type: 'reset' }, { type: 'truncate' }, { type: 'error-frame' }] as const) {
      server.reply('one two three', { model: 'a', fault })
      const stream = model('openai/a', { fallback: [model('openai/b')] }).invoke('x')
      const { chunks, error } = await read(stream)
      expect(error).toBeDefined()
      expect(chunks.some(({ type }) => type === 'text-delta')).toBe(true)
      expect(stream.partial.text).not.toContain('local provider server')
    }
    expect(asked()).toEqual(['a', 'a', 'a'])
  })

  it('shows nothing of one that had only begun', async () => {
    server.reply('one', { model: 'a', fault: { type: 'error-frame', after: { frames: 1 }, status: 529 } })
    const { chunks } = await read(model('anthropic/a', { fallback: [model('openai/b')] }).invoke('x'))
    expect(chunks.filter(({ type }) => type === 'message-start')).toMatchObject([{ model: 'b' }])
  })

  it('says of all of them what was the matter, when none answers', async () => {
    server.reply({ status: 503 }, { model: 'a' }).reply({ status: 429, retryAfter: 9 }, { model: 'b' })
    const error = await failure(model('openai/a', { fallback: [model('openai/b')] }).invoke('x'))
    expect(error).toMatchObject({ code: 'rate_limited', retryable: true })
    expect(error.errors?.map(({ code }) => code)).toEqual(['overloaded', 'rate_limited'])
    expect(error.message).toContain('openai/a (overloaded), openai/b (rate_limited)')
  })

  it('has each of them retry as that one does, before the next is asked', async () => {
    const clock = new FakeClock()
    server.reply({ status: 503 }, { model: 'a', times: 3 }).reply({ status: 503 }, { model: 'b' })
    const b = modelAt(clock, 'openai/b', { baseUrl: server.url, apiKey: 'key', retry: 2 })
    const a = modelAt(clock, 'openai/a', { baseUrl: server.url, apiKey: 'key', retry: 3, fallback: [b] })
    expect((await clock.during(a.invoke('x').response)).content.model).toBe('b')
    expect(asked()).toEqual(['a', 'a', 'a', 'b', 'b'])
  })

  it('takes any model for one of them', async () => {
    server.reply({ status: 503 })
    const other = scriptedModel('Scripted.')
    expect((await model('openai/a', { fallback: [other] }).invoke('x').response).text).toBe('Scripted.')
    expect(other.calls).toHaveLength(1)
  })

  it('is left with everything closed, whichever of them was asked', async () => {
    using client = watchSockets()
    server.reply({ status: 503 }, { model: 'a' })
    server.reply('on and on', { model: 'b', fault: { type: 'endless' } })
    for await (const _ of model('openai/a', { fallback: [model('openai/b')] })
      .invoke('x')
      .text())
      break
    server.reply({ status: 503 }, { model: 'a' })
    server.reply('never', { model: 'b', fault: { type: 'stall', after: 'request' } })
    const controller = new AbortController()
    const stream = model('openai/a', { fallback: [model('openai/b')] }).invoke('x', { signal: controller.signal })
    const { response } = stream
    await server.until(({ requests }) => requests.length === 4)
    controller.abort(new Error('no longer'))
    await expect(response).rejects.toThrow('no longer')
    expect(client.sockets.filter((socket) => !socket.closed)).toHaveLength(client.open)
    await server.whenIdle()
  })
})

it('what is no list of models is refused', () => {
  for (const fallback of ['openai/b', [{}], [undefined]] as never[]) {
    expect(() => model('openai/a', { fallback })).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  }
})
