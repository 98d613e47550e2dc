import { createPipeline, type FamilyName, family } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, choice, only, read, sse, textOf } from './reading.ts'

const openai = family('openai-chat')
const good = sse(choice({ content: 'good' }))

describe('a stream that fails', () => {
  it('gives the chunks before the bad frame, then one error, however it is cut', () => {
    const stream = `${good}data: {"half": \n\n${good}`
    const whole = read(openai, [stream])
    expect(textOf(whole.chunks)).toBe('good')
    expect(whole.error?.code).toBe('malformed_frame')
    const bytewise = read(openai, bytesOf(stream))
    expect(bytewise.chunks).toEqual(whole.chunks)
    expect(bytewise.error?.message).toBe(whole.error?.message)
  })

  it('throws at once when the read has nothing to hand over, and goes on throwing the same error', () => {
    const pipeline = createPipeline(openai)
    const bad = Buffer.from('data: nonsense\n\n')
    expect(() => pipeline.push(bad)).toThrow(expect.objectContaining({ code: 'malformed_frame' }))
    const { failure } = pipeline
    expect(() => pipeline.push(Buffer.from(good))).toThrow(failure)
    expect(() => pipeline.end()).toThrow(failure)
  })

  it('never quotes the stream in its error', () => {
    const { error } = read(openai, ['data: the secret prompt\n\n'])
    expect(error?.code).toBe('malformed_frame')
    expect(JSON.stringify([error?.message, error?.cause])).not.toContain('secret')
    const echo = { error: { type: 'invalid_request_error', code: 'bad key sk-secret', message: 'the secret prompt' } }
    const reported = read(openai, [sse(echo)]).error
    expect(reported?.message).toContain('invalid_request_error')
    expect(reported?.message).not.toContain('secret')
  })

  it.each([
    ['a JSON number', 'data: 5\n\n'],
    ['null', 'data: null\n\n'],
    ['a string', 'data: "text"\n\n'],
    ['words', 'data: Internal Server Error\n\n'],
  ])('calls %s where an object should be a malformed frame', (_, stream) => {
    expect(read(openai, [good, stream]).error?.code).toBe('malformed_frame')
  })
})

describe("a provider's error in mid-stream", () => {
  it.each<[string, FamilyName, string, string]>([
    ['a rate limit', 'openai-chat', sse({ error: { type: 'tokens', code: 'rate_limit_exceeded' } }), 'rate_limited'],
    ['an empty account', 'openai-chat', sse({ error: { type: 'insufficient_quota', code: null } }), 'quota_exhausted'],
    ['a status as code', 'openai-chat', sse({ error: { code: 503, message: 'busy' } }), 'overloaded'],
    [
      'an error in an event named so',
      'openai-chat',
      'event: error\ndata: {"message":"?","code":"server_error"}\n\n',
      'server_error',
    ],
    [
      'plain words in an event named so',
      'openai-chat',
      'event: error\ndata: maximum context length\n\n',
      'context_too_long',
    ],
    ['an error field', 'openai-chat', 'error: {"code":"rate_limit_exceeded"}\n\n', 'rate_limited'],
    [
      'too long a prompt',
      'openai-chat',
      sse({ error: { message: 'The maximum context length is 8', type: 'invalid_request_error' } }),
      'context_too_long',
    ],
    [
      'an overloaded provider',
      'anthropic-messages',
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n',
      'overloaded',
    ],
    ['an exhausted resource', 'gemini', sse({ error: { code: 429, status: 'RESOURCE_EXHAUSTED' } }), 'rate_limited'],
    ['a code that nobody knows', 'gemini', sse({ error: { code: 0, status: 'NEW' } }), 'unknown'],
  ])('%s is named', (_, name, stream, code) => {
    const { error } = read(family(name), [stream])
    expect(error?.code).toBe(code)
  })

  it('keeps what its frame says besides', () => {
    const frame = { ...choice({ content: 'last words' }), usage: { prompt_tokens: 3 }, error: { code: 500 } }
    const { chunks, error } = read(openai, [sse(frame)])
    expect(textOf(chunks)).toBe('last words')
    expect(only(chunks, 'usage')[0]?.usage.inputTokens).toBe(3)
    expect(error?.code).toBe('server_error')
  })

  it('is none where the field is there and null', () => {
    expect(read(openai, [sse({ ...choice({ content: 'fine' }, 'stop'), error: null })]).error).toBeUndefined()
  })
})

describe('a body that is no stream', () => {
  it.each([
    [
      "the provider's error, on several lines",
      JSON.stringify({ error: { type: 'invalid_request_error' } }, null, 2),
      'invalid_request',
    ],
    ["the provider's error, in one line", JSON.stringify({ error: { code: 'invalid_api_key' } }), 'authentication'],
    ['plain JSON', '{"choices": []}', 'malformed_frame'],
    ['a web page', '<!doctype html>\n<html><body>Bad gateway</body></html>', 'malformed_frame'],
    ['words', 'upstream connect error', 'malformed_frame'],
    ['nothing at all', '', 'stream_truncated'],
  ])('%s', (_, body, code) => {
    for (const pieces of [[body], bytesOf(body)]) {
      const { chunks, error } = read(openai, pieces)
      expect(chunks).toEqual([])
      expect(error?.code).toBe(code)
    }
  })
})

describe('limits', () => {
  const frameBytes = 1000
  const large = sse(choice({ content: 'x'.repeat(70_000) }, 'stop'))

  it('refuse a frame that is too large, the same however it is cut', () => {
    const whole = read(openai, [good, large], { frameBytes })
    expect(textOf(whole.chunks)).toBe('good')
    expect(whole.error?.code).toBe('frame_too_large')
    const bytewise = read(openai, bytesOf(good + large), { frameBytes })
    expect(bytewise.chunks).toEqual(whole.chunks)
    expect(bytewise.error?.message).toBe(whole.error?.message)
  })

  it('refuse it while it is still arriving', () => {
    const pipeline = createPipeline(openai, { frameBytes })
    pipeline.push(Buffer.from('data: {"x":"'))
    const piece = Buffer.from('x'.repeat(1000))
    let pushed = 0
    expect(() => {
      for (; pushed < 10_000; pushed++) pipeline.push(piece)
    }).toThrow(expect.objectContaining({ code: 'frame_too_large' }))
    expect(pushed).toBeLessThan(100)
  })

  it('count bytes, not characters', () => {
    const frame = JSON.stringify(choice({ content: 'ä'.repeat(1000) }, 'stop'))
    expect(frame.length).toBeLessThan(1500)
    expect(read(openai, [`data: ${frame}\n\n`], { frameBytes: 1500 }).error?.code).toBe('frame_too_large')
    expect(read(openai, [`data: ${frame}\n\n`], { frameBytes: Buffer.byteLength(frame) }).error).toBeUndefined()
  })
})
