import { createPipeline, type FamilyName, family } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, choice, only, read, sse, textOf } from './reading.ts'

const message = (type: string, more: object = {}) => `event: ${type}\ndata: ${JSON.stringify({ type, ...more })}\n\n`
const anthropicStart = message('message_start', {
  message: { id: 'm', model: 'opus', usage: { input_tokens: 5, output_tokens: 1 } },
})
const part = (text: string, finish?: string) =>
  sse({
    candidates: [{ content: { parts: [{ text }] }, ...(finish ? { finishReason: finish } : {}) }],
    modelVersion: 'pro',
  })

describe('the end of a stream', () => {
  it.each<[string, FamilyName, string]>([
    ['openai-chat without a finish reason', 'openai-chat', sse(choice({ content: 'and' }))],
    [
      'openai-chat with a finish reason for one of two candidates',
      'openai-chat',
      sse(choice({ content: 'a' }, 'stop'), choice({ content: 'b' }, null, 1)),
    ],
    [
      'anthropic-messages without message_stop',
      'anthropic-messages',
      anthropicStart + message('message_delta', { delta: { stop_reason: 'end_turn' }, usage: {} }),
    ],
    ['gemini without a finish reason', 'gemini', part('and')],
    [
      'openai-responses without its last event',
      'openai-responses',
      message('response.created', { response: { id: 'r' } }) +
        message('response.output_item.done', { output_index: 0, item: { type: 'message' } }),
    ],
    [
      'openai-completions without a finish reason',
      'openai-completions',
      sse({ choices: [{ index: 0, text: 'and', finish_reason: null }] }),
    ],
    [
      'gemini-interactions without its last event',
      'gemini-interactions',
      sse({ event_type: 'interaction.created', interaction: { id: 'v1' } }, { event_type: 'step.stop', index: 0 }),
    ],
    ['a torn last frame', 'openai-chat', `${sse(choice({ content: 'and' }))}data: {"choices":[{"delta":{"con`],
    ['half a character', 'openai-chat', sse(choice({ content: 'and' })).slice(0, -2)],
  ])('%s is truncated', (_, name, stream) => {
    const { chunks, error } = read(family(name), [stream])
    expect(error?.code).toBe('stream_truncated')
    expect(error?.retryable).toBe(true)
    expect(only(chunks, 'finish')).toEqual([])
  })

  it.each<[string, FamilyName, string, string | undefined]>([
    ['openai-chat with [DONE] and no finish reason', 'openai-chat', sse(choice({ content: 'x' }), '[DONE]'), undefined],
    ['openai-chat with a finish reason and no [DONE]', 'openai-chat', sse(choice({ content: 'x' }, 'stop')), 'stop'],
    [
      'anthropic-messages with message_stop',
      'anthropic-messages',
      anthropicStart + message('message_delta', { delta: { stop_reason: 'end_turn' } }) + message('message_stop'),
      'end_turn',
    ],
    ['gemini with a finish reason', 'gemini', part('x', 'STOP'), 'STOP'],
    [
      'openai-responses with response.incomplete',
      'openai-responses',
      message('response.created', { response: { id: 'r' } }) +
        message('response.incomplete', { response: { status: 'incomplete' } }) +
        'data: [DONE]\n\n',
      'incomplete',
    ],
    [
      'openai-completions with a finish reason',
      'openai-completions',
      sse({ choices: [{ index: 0, text: 'x', finish_reason: 'stop' }] }),
      'stop',
    ],
    [
      'gemini-interactions with interaction.completed',
      'gemini-interactions',
      sse(
        { event_type: 'interaction.created', interaction: { id: 'v1' } },
        { event_type: 'interaction.completed', interaction: { status: 'completed' } },
      ),
      'completed',
    ],
    [
      'a torn frame after the finish reason',
      'openai-chat',
      `${sse(choice({ content: 'x' }, 'length'))}data: {"cho`,
      'length',
    ],
  ])('%s is whole', (_, name, stream, reason) => {
    const { chunks, error } = read(family(name), bytesOf(stream))
    expect(error).toBeUndefined()
    expect(only(chunks, 'finish').map((finish) => finish.rawFinishReason)).toEqual([reason])
    expect(chunks.at(-1)?.type).toBe('finish')
  })

  it('waits with finish for the usage that comes after the finish reason', () => {
    const usage = { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 }
    const { chunks } = read(family('openai-chat'), [
      sse(choice({ content: 'x' }, 'stop'), { choices: [], usage }, '[DONE]'),
    ])
    expect(only(chunks, 'finish')).toMatchObject([
      { finishReason: 'stop', usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6, raw: usage } },
    ])
  })

  it('knows when the protocol is over before the bytes are', () => {
    const pipeline = createPipeline(family('openai-chat'))
    pipeline.push(Buffer.from(sse(choice({ content: 'x' }))))
    expect(pipeline.complete).toBe(false)
    pipeline.push(Buffer.from(sse(choice({}, 'stop'))))
    expect(pipeline.complete).toBe(true)
    expect(only(pipeline.end(), 'finish')).toHaveLength(1)
  })

  it('gives an answer that says nothing a start and a finish', () => {
    const { chunks } = read(family('openai-chat'), [sse('[DONE]')])
    expect(chunks.map((chunk) => chunk.type)).toEqual(['message-start', 'finish'])
  })

  it("overlays Anthropic's two usages", () => {
    const stream =
      anthropicStart +
      message('message_delta', { delta: { stop_reason: 'max_tokens' }, usage: { output_tokens: 9 } }) +
      message('message_stop')
    const { chunks } = read(family('anthropic-messages'), [stream])
    expect(only(chunks, 'finish')).toMatchObject([
      {
        finishReason: 'length',
        usage: { inputTokens: 5, outputTokens: 9, raw: { input_tokens: 5, output_tokens: 9 } },
      },
    ])
  })

  it('gives every prefix of a stream the same chunks up to there, and then one truncation', () => {
    const before = Buffer.from(
      sse(choice({ role: 'assistant', content: '' }), choice({ content: 'Kä🪲' }), choice({ content: 'fer' })),
    )
    const whole = read(family('openai-chat'), [before, sse(choice({}, 'stop'), '[DONE]')])
    for (let length = 0; length < before.length; length++) {
      const { chunks, error } = read(family('openai-chat'), [before.subarray(0, length)])
      expect(error?.code).toBe('stream_truncated')
      expect(chunks).toEqual(whole.chunks.slice(0, chunks.length))
    }
    expect(textOf(whole.chunks)).toBe('Kä🪲fer')
  })
})
