import { Assembler } from '@braid/core'
import { family, providerError, readResponse } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { only, textOf } from './reading.ts'

describe('a plain answer', () => {
  it('of openai-chat gives the chunks that a stream gives', () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
    const chunks = readResponse(family('openai-chat'), {
      id: 'c1',
      model: 'mini',
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: 'Yes.',
            reasoning_content: 'Hm.',
            refusal: null,
            tool_calls: [{ id: 't', type: 'function', function: { name: 'tide', arguments: '{"at":1}' } }],
          },
          finish_reason: 'tool_calls',
        },
        { index: 1, message: { role: 'assistant', content: 'No.' }, finish_reason: 'stop' },
      ],
      usage,
    })
    expect(chunks.filter((chunk) => chunk.candidate === 0).map((chunk) => chunk.type)).toEqual([
      'message-start',
      'reasoning-start',
      'reasoning-delta',
      'reasoning-end',
      'text-start',
      'text-delta',
      'text-end',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
      'tool-call',
      'usage',
      'finish',
    ])
    expect(textOf(chunks, 1)).toBe('No.')
    expect(only(chunks, 'finish').map((finish) => [finish.candidate, finish.finishReason, finish.usage.raw])).toEqual([
      [0, 'tool-calls', usage],
      [1, 'stop', usage],
    ])
  })

  it('of anthropic-messages does too', () => {
    const chunks = readResponse(family('anthropic-messages'), {
      id: 'm1',
      type: 'message',
      role: 'assistant',
      model: 'opus',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'S==' },
        { type: 'redacted_thinking', data: 'opaque' },
        { type: 'text', text: 'One.' },
        {
          type: 'text',
          text: 'Two.',
          citations: [{ type: 'web_search_result_location', url: 'https://a.example', title: 'A' }],
        },
        { type: 'tool_use', id: 't', name: 'tide', input: { at: 1 } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 3, output_tokens: 4 },
    })
    expect(only(chunks, 'text-delta').map((delta) => delta.data)).toEqual(['One.', 'Two.'])
    expect(only(chunks, 'text-start')).toHaveLength(2)
    expect(only(chunks, 'reasoning-end')).toMatchObject([{ signature: 'S==' }, { redacted: 'opaque' }])
    expect(only(chunks, 'source')).toMatchObject([{ url: 'https://a.example', title: 'A' }])
    expect(only(chunks, 'tool-call')).toMatchObject([{ toolCallId: 't', input: { at: 1 } }])
    expect(only(chunks, 'finish')).toMatchObject([
      { finishReason: 'tool-calls', usage: { inputTokens: 3, outputTokens: 4 } },
    ])
  })

  it('of gemini does too', () => {
    const chunks = readResponse(family('gemini'), {
      candidates: [
        { content: { parts: [{ text: 'Hm.', thought: true }, { text: 'Yes.' }] }, finishReason: 'MAX_TOKENS' },
      ],
      usageMetadata: { promptTokenCount: 3 },
      modelVersion: 'pro',
      responseId: 'r1',
    })
    const assembler = new Assembler()
    for (const chunk of chunks) assembler.push(chunk)
    const message = assembler.snapshot()
    expect(message.text).toBe('Yes.')
    expect(message.status).toBe('complete')
    expect(message.content).toMatchObject({ finishReason: 'length', model: 'pro', usage: { inputTokens: 3 } })
  })

  it.each<[string, unknown, string]>([
    ["the provider's error", { error: { type: 'insufficient_quota' } }, 'quota_exhausted'],
    ['another object', { hello: 'world' }, 'malformed_frame'],
    ['a list', [], 'malformed_frame'],
    ['nothing', null, 'malformed_frame'],
    ['text', '<html>', 'malformed_frame'],
  ])('that is %s is an error with a name', (_, body, code) => {
    expect(() => readResponse(family('openai-chat'), body)).toThrow(expect.objectContaining({ code }))
  })
})

describe("a provider's error", () => {
  it('is classified by its message, then by its code, then by the status', () => {
    const openai = family('openai-chat')
    const of = (error: object, status?: number) =>
      providerError(openai, { error }, status === undefined ? {} : { status }).code
    expect(of({ code: 'rate_limit_exceeded', message: 'the MAXIMUM context length is 8' }, 429)).toBe(
      'context_too_long',
    )
    expect(of({ code: 'insufficient_quota' }, 429)).toBe('quota_exhausted')
    expect(of({ code: 'never_heard_of' }, 429)).toBe('rate_limited')
    expect(of({}, 418)).toBe('invalid_request')
    expect(of({}, 599)).toBe('server_error')
    expect(of({})).toBe('unknown')
    expect(of({ code: 'constructor' })).toBe('unknown')
  })

  it('keeps what the transport knows', () => {
    const error = providerError(family('anthropic-messages'), 'Bad gateway', { status: 529, retryAfterMs: 1500 })
    expect(error).toMatchObject({ code: 'overloaded', status: 529, retryAfterMs: 1500, retryable: true })
  })
})
