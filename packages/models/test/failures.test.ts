import { inspect } from 'node:util'
import { BraidError } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iModel, type ModelId } from '../src/index.ts'
import { watchSockets } from './support/client-sockets.ts'
import { response, startRawServer } from './support/raw-server.ts'
import { failure, read } from './support/read.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

const model = (id: ModelId = 'openai/m', stream = true) =>
  new iModel(id, { baseUrl: server.url, apiKey: 'key-canary-1234', stream })

describe('an error status', () => {
  it.each([
    ['openai/m', 400, 'invalid_request', false],
    ['openai/m', 401, 'authentication', false],
    ['openai/m', 403, 'permission_denied', false],
    ['openai/m', 404, 'not_found', false],
    ['openai/m', 409, 'conflict', true],
    ['openai/m', 413, 'request_too_large', false],
    ['openai/m', 429, 'rate_limited', true],
    ['openai/m', 500, 'server_error', true],
    ['openai/m', 503, 'overloaded', true],
    ['openai/m', 504, 'timeout', true],
    ['openai/m', 599, 'server_error', true],
    ['anthropic/m', 400, 'invalid_request', false],
    ['anthropic/m', 401, 'authentication', false],
    ['anthropic/m', 429, 'rate_limited', true],
    ['anthropic/m', 500, 'server_error', true],
    ['anthropic/m', 529, 'overloaded', true],
    ['gemini/m', 400, 'invalid_request', false],
    ['gemini/m', 403, 'permission_denied', false],
    ['gemini/m', 429, 'rate_limited', true],
    ['gemini/m', 503, 'overloaded', true],
  ] as const)('of %s, %i, is %s', async (id, status, code, retryable) => {
    for (const stream of [true, false]) {
      server.reply({ status })
      expect(await failure(model(id, stream).invoke('x'))).toMatchObject({ code, status, retryable })
    }
  })

  it.each([
    ['openai/m', { status: 429, type: 'insufficient_quota', code: 'insufficient_quota' }, 'quota_exhausted', false],
  ] as const)('of %s is known better by the words in its body: %o', async (id, error, code, retryable) => {
    server.reply(error)
    expect(await failure(model(id).invoke('x'))).toMatchObject({ code, status: error.status, retryable })
  })

  it.each<[ModelId, number, { message?: string; code?: string }]>([
    ['openai/m', 400, { code: 'context_length_exceeded' }],
    ['openai/m', 400, { message: "This model's maximum context length is 8 tokens. However, you requested 9 tokens" }],
    ['openai-responses/m', 400, { message: 'Your input exceeds the context window of this model.' }],
    ['xai/m', 400, { message: "This model's maximum prompt length is 8 but the request contains 9 tokens." }],
    ['anthropic/m', 400, { message: 'prompt is too long: 9 tokens > 8 maximum' }],
    ['anthropic/m', 400, { message: 'input length and `max_tokens` exceed context limit: 9 + 4096 > 8' }],
    ['gemini/m', 400, { message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).' }],
  ])('of %s, %i, for a prompt that is too long has a code of its own: %o', async (id, status, words) => {
    for (const stream of [true, false]) {
      server.reply({ status, ...words })
      const error = await failure(model(id, stream).invoke('x'))
      expect(error).toMatchObject({ code: 'context_too_long', status, retryable: false })
      expect(error.message).toContain('shorter messages')
    }
  })

  it('of a prompt that is too long has it in mid-stream too', async () => {
    const message = 'prompt is too long: 9 tokens > 8 maximum'
    server.reply('So', { fault: { type: 'error-frame', status: 400, errorType: 'invalid_request_error', message } })
    expect(await failure(model('anthropic/m').invoke('x'))).toMatchObject({ code: 'context_too_long' })
  })

  it('is known by its number alone where the body is no JSON', async () => {
    await using raw = await startRawServer((socket) => {
      socket.write(response('502 Bad Gateway', { 'content-type': 'text/html' }, '<html>nginx</html>'))
    })
    const error = await failure(new iModel('openai/m', { baseUrl: raw.url, apiKey: 'k' }).invoke('x'))
    expect(error).toMatchObject({ code: 'server_error', status: 502, retryable: true })
  })

  it('says how long to wait, in seconds or until a date', async () => {
    server.reply({ status: 429, retryAfter: 2 })
    expect((await failure(model().invoke('x'))).retryAfterMs).toBe(2000)
    const now = Date.now()
    server.reply({ status: 429, retryAfter: new Date(now + 60_000).toUTCString() })
    const wait = (await failure(model().invoke('x'))).retryAfterMs
    expect(wait).toBeGreaterThan(30_000)
    expect(wait).toBeLessThanOrEqual(60_000)
    server.reply({ status: 429, headers: { 'retry-after-ms': '1500' } })
    expect((await failure(model().invoke('x'))).retryAfterMs).toBe(1500)
    server.reply({ status: 429, headers: { 'retry-after': 'soon' } })
    expect((await failure(model().invoke('x'))).retryAfterMs).toBeUndefined()
  })

  it('carries neither the key nor the prompt, though the provider repeats them', async () => {
    const prompt = 'the prompt canary'
    server.reply({ status: 400, message: `Wrong key key-canary-1234 in "${prompt}"`, type: prompt })
    const error = await failure(model().invoke(prompt))
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/canary/)
    expect(error.message).toContain('400')
  })
})

describe('a redirect', () => {
  it('is not followed, and says where it points without its query', async () => {
    const location = `${server.url}/v1/chat/completions?key=key-canary-1234`
    const before = server.requests.length
    await using raw = await startRawServer((socket) => {
      socket.write(response('307 Temporary Redirect', { location }, ''))
    })
    const error = await failure(new iModel('openai/m', { baseUrl: raw.url, apiKey: 'key-canary-1234' }).invoke('x'))
    expect(error).toMatchObject({ code: 'invalid_request', status: 307, retryable: false })
    expect(error.message).toContain(`${server.url}/v1/chat/completions`)
    expect(error.message).not.toContain('canary')
    expect(server.requests.length).toBe(before)
  })
})

describe.each(['openai/m', 'anthropic/m', 'gemini/m'] as const)('a stream of %s', (id) => {
  it('that is reset in the middle of a frame gives what came, and then says that it was cut off', async () => {
    server.reply('one two three', { fault: { type: 'reset' } })
    const stream = model(id).invoke('x')
    const { chunks, error } = await read(stream)
    expect(error).toMatchObject({ code: 'stream_truncated', retryable: true })
    expect(chunks.some(({ type }) => type === 'text-delta')).toBe(true)
    expect(stream.partial.text).not.toBe('')
    expect(stream.partial.status).toBe('partial')
    await expect(stream.response).rejects.toBe(error)
  })

  it('that is reset before its first byte says that the connection failed', async () => {
    server.reply('x', { fault: { type: 'reset', after: 'request' } })
    expect(await failure(model(id).invoke('x'))).toMatchObject({ code: 'connection_failed', retryable: true })
  })

  it('that ends without its end says that it was cut off', async () => {
    server.reply('one two three', { fault: { type: 'truncate', after: { frames: 3 } } })
    expect((await failure(model(id).invoke('x'))).code).toBe('stream_truncated')
  })

  it('that reports an error in its middle gives what came, and then the error', async () => {
    server.reply('one two three', { fault: { type: 'error-frame' } })
    const stream = model(id).invoke('x')
    const { error } = await read(stream)
    expect(error).toMatchObject({ code: 'server_error', retryable: true })
    expect(stream.partial.text).not.toBe('')
  })

  it('with a frame of 64 MB is refused while it arrives, and its socket closed', async () => {
    using client = watchSockets()
    server.reply('one two three', { fault: { type: 'huge-frame' } })
    expect((await failure(model(id).invoke('x'))).code).toBe('frame_too_large')
    expect(client.open).toBe(0)
    expect(client.sockets[0]!.bytesRead).toBeLessThan(16 * 1024 * 1024)
  })
})

describe('a server that cannot be reached', () => {
  const invoke = (baseUrl: string) => failure(new iModel('openai/m', { baseUrl, apiKey: 'k' }).invoke('x'))

  it('because it has no address', async () => {
    expect((await invoke('http://nowhere.invalid')).code).toBe('connection_failed')
  })

  it('because it does not speak TLS', async () => {
    const error = await invoke(server.url.replace('http:', 'https:'))
    expect(error).toBeInstanceOf(BraidError)
    expect(error.code).toBe('connection_failed')
  })

  it('because it hangs up', async () => {
    await using raw = await startRawServer((socket) => socket.end())
    expect((await invoke(raw.url)).code).toBe('connection_failed')
  })

  it('because it does not speak HTTP', async () => {
    await using raw = await startRawServer((socket) => socket.write('220 mail.example.org ESMTP\r\n'))
    expect((await invoke(raw.url)).code).toBe('connection_failed')
  })
})
