import { type BraidError, Message, type ModelChunk } from '@braid/core'
import { type ProviderServer, scriptedModel, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type CallMetrics, iModel, type ModelHooks, type ModelOptions } from '../src/index.ts'
import { failure, read } from './support/read.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const model = (hooks: ModelHooks, more: ModelOptions = {}) =>
  new iModel('openai/m', { baseUrl: server.url, apiKey: 'key', hooks, ...more })

describe('the hook before a call', () => {
  it('may change the request, and sees what it was', async () => {
    const seen: unknown[] = []
    const one = model({
      beforeCall(request, { name, estimatedTokens }) {
        seen.push(request.messages, name, estimatedTokens)
        return { ...request, messages: [{ role: 'system', content: 'Be brief.' }, ...request.messages] }
      },
    })
    await one.invoke('eight letters and more').response
    expect(seen).toEqual([[{ role: 'user', content: 'eight letters and more' }], 'openai/m', 6])
    expect(server.requests[0]?.messages.map(({ role }) => role)).toEqual(['system', 'user'])
  })

  it('may answer, with text or with calls of tools, and nothing is sent', async () => {
    const answers = [
      Message.assistant('Forty-two.'),
      new Message({
        content: { type: 'action-request', calls: [{ toolCallId: '1', toolName: 'add', input: { a: 1 } }] },
      }),
    ]
    const one = model({ beforeCall: async () => answers.shift() })
    const { content, status, text } = await one.invoke('x').response
    expect({ text, status, usage: content.usage }).toEqual({
      text: 'Forty-two.',
      status: 'complete',
      usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0 },
    })
    const { chunks } = await read(one.invoke('x'))
    expect(chunks.map(({ type }) => type)).toEqual(['message-start', 'tool-call', 'finish'])
    expect(server.requests).toHaveLength(0)
  })

  it('may route the call to another model', async () => {
    const large = new iModel('anthropic/large', { baseUrl: server.url, apiKey: 'key' })
    const one = model({
      beforeCall: (_, { estimatedTokens }) => (estimatedTokens > 100 ? large : undefined),
    })
    expect((await one.invoke('short').response).content.model).toBe('m')
    expect((await one.invoke('long '.repeat(200)).response).content.model).toBe('large')
    const scripted = model({ beforeCall: () => scriptedModel('Scripted.') })
    expect((await scripted.invoke('x').response).text).toBe('Scripted.')
  })

  it('may refuse it, and then nothing is sent', async () => {
    const one = model({
      beforeCall() {
        throw new Error('not on a Sunday')
      },
    })
    expect((await failure(one.invoke('x'))).message).toBe('not on a Sunday')
    expect(server.requests).toHaveLength(0)
  })

  it('is not waited for when the call is left', async () => {
    const never = new Promise<void>(() => {})
    const controller = new AbortController()
    const { response } = model({ beforeCall: () => never }).invoke('x', { signal: controller.signal })
    controller.abort(new Error('no longer'))
    await expect(response).rejects.toThrow('no longer')
    const left = model({ beforeCall: () => never })
      .invoke('x')
      .text()
      [Symbol.asyncIterator]()
    const next = left.next()
    await left.return?.()
    expect(await next).toEqual({ value: undefined, done: true })
    expect(server.requests).toHaveLength(0)
  })

  it('that returns what is none of these is an error, and so is an answer of the user', async () => {
    for (const said of [42, { role: 'assistant' }, Message.instruction('x')] as never[]) {
      expect((await failure(model({ beforeCall: () => said }).invoke('x'))).code).toBe('invalid_request')
    }
  })
})

describe('the hooks that look on', () => {
  it('are told of every chunk, and of a whole answer with what it took', async () => {
    const chunks: ModelChunk[] = []
    const ends: [string, CallMetrics][] = []
    const one = model({
      onChunk: (chunk) => chunks.push(chunk),
      afterCall: ({ text }, metrics) => ends.push([text, metrics]),
      onError: () => expect.unreachable(),
    })
    server.reply({ text: 'one two', usage: { inputTokens: 3, outputTokens: 2 } })
    const seen = await read(one.invoke('x'))
    expect(chunks).toEqual(seen.chunks)
    expect(ends).toEqual([
      [
        'one two',
        {
          chunks: chunks.length,
          firstChunkMs: expect.any(Number),
          durationMs: expect.any(Number),
          usage: expect.objectContaining({ inputTokens: 3, outputTokens: 2 }),
        },
      ],
    ])
  })

  it('are told of a failure once, whatever was tried, and of leaving not at all', async () => {
    const errors: BraidError[] = []
    const afterCall = vi.fn()
    const one = model({ onError: (error) => errors.push(error), afterCall }, { retry: { attempts: 3, backoff: 0 } })
    server.reply({ status: 503 }, { times: 3 })
    await failure(one.invoke('x'))
    expect(errors).toMatchObject([{ code: 'overloaded', attempts: 3 }])
    server.reply('on and on', { fault: { type: 'endless' }, times: 2 })
    for await (const _ of one.invoke('x').text()) break
    const controller = new AbortController()
    const iterator = one.invoke('x', { signal: controller.signal }).text()[Symbol.asyncIterator]()
    await iterator.next()
    controller.abort()
    await expect(iterator.next().then(() => iterator.next())).rejects.toThrow()
    expect(errors).toHaveLength(1)
    expect(afterCall).not.toHaveBeenCalled()
  })

  it('do a call no harm when they throw', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const boom = (): never => {
      throw new Error('boom')
    }
    const one = model({ onChunk: boom, afterCall: boom, onError: boom })
    expect((await one.invoke('x').response).status).toBe('complete')
    server.reply({ status: 400 })
    expect((await failure(one.invoke('x'))).code).toBe('invalid_request')
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('onChunk'), { code: 'BRAID_HOOK' })
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('onError'), { code: 'BRAID_HOOK' })
    warned.mockRestore()
  })

  it('see what a validator lets through, and nothing else', async () => {
    const seen: string[] = []
    const one = model(
      { onChunk: (chunk) => 'data' in chunk && seen.push(chunk.data) },
      { validate: ({ text }) => !text.includes('forbidden') },
    )
    server.reply('this is forbidden here')
    await read(one.invoke('x'))
    expect(seen.join('')).not.toContain('forbidden')
  })
})

it('a hook that nobody knows, or that is none, is refused', () => {
  for (const hooks of [{ beforecall: () => {} }, { onChunk: 3 }, 'loud'] as never[]) {
    expect(() => model(hooks)).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  }
})
