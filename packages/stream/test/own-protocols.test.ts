import { createPipeline, type FamilyName, family, readResponse } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, only, read, sse, textOf } from './reading.ts'

function lines(...values: readonly object[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('')
}

const said = (text: string) => ({ model: 'qwen', message: { role: 'assistant', content: text }, done: false })
const done = {
  model: 'qwen',
  message: { content: '' },
  done: true,
  done_reason: 'stop',
  prompt_eval_count: 4,
  eval_count: 2,
}

describe('Ollama', () => {
  const ollama = family('ollama')

  it.each([
    ['LF', lines(said('Grü'), said('ße'), done)],
    ['CRLF and empty lines', lines(said('Grü'), said('ße'), done).replaceAll('\n', '\r\n\r\n')],
    ['a last line that nothing ends', lines(said('Grü'), said('ße'), done).trimEnd()],
  ])('is read with %s, whole and byte by byte', (_, stream) => {
    for (const pieces of [[stream], bytesOf(stream)]) {
      const { chunks, error } = read(ollama, pieces)
      expect(error).toBeUndefined()
      expect(textOf(chunks)).toBe('Grüße')
      expect(only(chunks, 'finish')).toMatchObject([
        {
          finishReason: 'stop',
          usage: { inputTokens: 4, outputTokens: 2, raw: { prompt_eval_count: 4, eval_count: 2 } },
        },
      ])
    }
  })

  it('gives two calls in one frame as two, each whole', () => {
    const call = (name: string, input: object) => ({ function: { name, arguments: input } })
    const message = { content: '', tool_calls: [call('look', { at: 1 }), call('look', { at: 1 })] }
    const { chunks } = read(ollama, [lines({ model: 'qwen', message, done: false }, done)])
    const calls = only(chunks, 'tool-call')
    expect(calls.map(({ input }) => input)).toEqual([{ at: 1 }, { at: 1 }])
    expect(new Set(calls.map(({ toolCallId }) => toolCallId)).size).toBe(2)
    expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'tool-calls', rawFinishReason: 'stop' }])
  })

  it('keeps what came before an error line, which has a name though it is only a sentence', () => {
    const { chunks, error } = read(ollama, [lines(said('so far'), { error: 'model runner has unexpectedly stopped' })])
    expect(textOf(chunks)).toBe('so far')
    expect(error).toMatchObject({ code: 'server_error', retryable: true })
  })

  it('generates as well as chats', () => {
    const { chunks } = read(ollama, [
      lines({ model: 'm', response: 'Hi', done: false }, { ...done, message: undefined }),
    ])
    expect(textOf(chunks)).toBe('Hi')
  })

  it('has plain answers', () => {
    const chunks = readResponse(ollama, { ...done, message: { role: 'assistant', content: 'Hi', thinking: 'hm' } })
    expect(textOf(chunks)).toBe('Hi')
    expect(only(chunks, 'reasoning-delta')).toMatchObject([{ data: 'hm' }])
  })

  it('holds no line above the limit, also while it is still arriving', () => {
    const pipeline = createPipeline(ollama, { frameBytes: 100 })
    expect(() => {
      for (let times = 0; times < 11; times++) pipeline.push(Buffer.from('xxxxxxxxxx'))
    }).toThrow(expect.objectContaining({ code: 'frame_too_large' }))
  })
})

describe('Cohere, version 2', () => {
  const cohere = family('cohere-v2')
  const event = (type: string, message: object, index = 0) => ({ type, index, delta: { message } })
  const start = { type: 'message-start', id: 'c-1' }
  const end = (delta: object) => ({ type: 'message-end', delta })

  it('keeps thinking, text, tool plan and calls apart', () => {
    const stream = sse(
      start,
      event('content-start', { content: { type: 'thinking', thinking: '' } }),
      event('content-delta', { content: { thinking: 'hm' } }),
      { type: 'content-end', index: 0 },
      event('content-start', { content: { type: 'text', text: '' } }, 1),
      event('content-delta', { content: { text: 'Hi' } }, 1),
      { type: 'content-end', index: 1 },
      event('tool-plan-delta', { tool_plan: 'I will look' }),
      event('tool-call-start', { tool_calls: { id: 'a', function: { name: 'look', arguments: '' } } }),
      event('tool-call-delta', { tool_calls: { function: { arguments: '{"at":1}' } } }),
      { type: 'tool-call-end', index: 0 },
      event('tool-call-start', { tool_calls: { id: 'b', function: { name: 'rest', arguments: '' } } }, 1),
      { type: 'tool-call-end', index: 1 },
      end({ finish_reason: 'TOOL_CALL', usage: { tokens: { input_tokens: 4, output_tokens: 2 }, cached_tokens: 3 } }),
      '[DONE]',
    )
    for (const pieces of [[stream], bytesOf(stream)]) {
      const { chunks, error } = read(cohere, pieces)
      expect(error).toBeUndefined()
      expect(textOf(chunks)).toBe('Hi')
      expect(only(chunks, 'reasoning-delta')).toMatchObject([{ data: 'hm' }])
      expect(only(chunks, 'raw')).toMatchObject([{ metadata: { tool_plan: 'I will look' } }])
      expect(only(chunks, 'tool-call')).toMatchObject([
        { toolCallId: 'a', toolName: 'look', input: { at: 1 } },
        { toolCallId: 'b', toolName: 'rest', input: {} },
      ])
      expect(only(chunks, 'finish')).toMatchObject([
        { finishReason: 'tool-calls', usage: { inputTokens: 4, outputTokens: 2, cachedTokens: 3 } },
      ])
    }
  })

  it('names a document as a source once, however often it is cited', () => {
    const sources = [{ type: 'document', id: 'd', document: { title: 'Doc', url: 'https://example.com' } }]
    const citation = event('citation-start', { citations: { start: 0, end: 2, sources } })
    const { chunks } = read(cohere, [sse(start, citation, citation, end({ finish_reason: 'COMPLETE' }))])
    expect(only(chunks, 'source')).toMatchObject([{ url: 'https://example.com', title: 'Doc' }])
  })

  it('fails where its last message says that it failed', () => {
    const stream = sse(
      start,
      event('content-delta', { content: { text: 'so far' } }),
      end({ finish_reason: 'ERROR', error: 'internal' }),
    )
    const { chunks, error } = read(cohere, [stream])
    expect(textOf(chunks)).toBe('so far')
    expect(error?.code).toBe('server_error')
  })

  it('has plain answers', () => {
    const message = {
      role: 'assistant',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'look', arguments: '{"at":1}' } }],
      content: [{ type: 'text', text: 'Hi' }],
    }
    const chunks = readResponse(cohere, { id: 'c-1', message, finish_reason: 'TOOL_CALL', usage: { tokens: {} } })
    expect(textOf(chunks)).toBe('Hi')
    expect(only(chunks, 'tool-call')).toMatchObject([{ toolCallId: 'a', input: { at: 1 } }])
  })
})

describe('Cohere, version 1', () => {
  const cohere = family('cohere-v1')
  const start = { event_type: 'stream-start', is_finished: false, generation_id: 'g' }
  const end = {
    event_type: 'stream-end',
    is_finished: true,
    finish_reason: 'COMPLETE',
    response: { text: 'Hi', meta: { billed_units: { input_tokens: 4, output_tokens: 2 } } },
  }

  it('gives text, sources and usage', () => {
    const stream = lines(
      start,
      { event_type: 'search-results', documents: [{ id: 'd', title: 'Doc', url: 'https://example.com' }] },
      { event_type: 'text-generation', text: 'Hi' },
      { event_type: 'citation-generation', citations: [{ start: 0, end: 2, text: 'Hi', document_ids: ['d'] }] },
      end,
    )
    const { chunks, error } = read(cohere, bytesOf(stream))
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe('Hi')
    expect(only(chunks, 'source')).toMatchObject([{ url: 'https://example.com', title: 'Doc' }])
    expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'stop', usage: { inputTokens: 4, outputTokens: 2 } }])
  })

  it('gives each call once, though all of them are said again whole', () => {
    const delta = (tool_call_delta: object) => ({ event_type: 'tool-calls-chunk', tool_call_delta })
    const tool_calls = [
      { name: 'look', parameters: { at: 1 } },
      { name: 'rest', parameters: {} },
    ]
    const again = { event_type: 'tool-calls-generation', tool_calls }
    const pieces = [
      delta({ index: 0, name: 'look' }),
      delta({ index: 0, parameters: '{"at":' }),
      delta({ index: 0, parameters: '1}' }),
      delta({ index: 1, name: 'rest' }),
    ]
    for (const stream of [lines(start, ...pieces, again, end), lines(start, again, end)]) {
      const { chunks } = read(cohere, [stream])
      expect(only(chunks, 'tool-call').map(({ toolName, input }) => [toolName, input])).toEqual([
        ['look', { at: 1 }],
        ['rest', {}],
      ])
    }
  })
})

describe('Replicate', () => {
  const replicate = family('replicate')
  const event = (name: string, data: string) =>
    `event: ${name}\nid: 1:0\ndata: ${data.replaceAll('\n', '\ndata: ')}\n\n`

  it('says text as it stands, also where it looks like JSON', () => {
    const stream = event('output', '1') + event('output', '\n') + event('output', '{"a": true}') + event('done', '{}')
    for (const pieces of [[stream], bytesOf(stream)]) {
      const { chunks, error } = read(replicate, pieces)
      expect(error).toBeUndefined()
      expect(textOf(chunks)).toBe('1\n{"a": true}')
      expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'stop' }])
    }
  })

  it('says why it stopped before its time', () => {
    const { chunks } = read(replicate, [event('output', 'x') + event('done', '{"reason": "canceled"}')])
    expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'other', rawFinishReason: 'canceled' }])
  })

  it('keeps what came before an error, which is a sentence', () => {
    const { chunks, error } = read(replicate, [event('output', 'so far') + event('error', 'CUDA out of memory')])
    expect(textOf(chunks)).toBe('so far')
    expect(error?.code).toBe('server_error')
    expect(error?.message).not.toContain('CUDA')
  })
})

describe('watsonx', () => {
  const result = (
    generated_text: string,
    generated_token_count: number,
    input_token_count: number,
    stop_reason: string,
  ) => ({
    model_id: 'flan',
    results: [{ generated_text, generated_token_count, input_token_count, stop_reason }],
  })

  it('counts the input in its first frame and the output in its last', () => {
    const stream = sse(
      result('', 0, 4, 'not_finished'),
      result('Hi', 1, 0, 'not_finished'),
      result('', 2, 0, 'eos_token'),
    )
    const { chunks } = read(family('watsonx'), [stream])
    expect(textOf(chunks)).toBe('Hi')
    expect(only(chunks, 'finish')).toMatchObject([
      { finishReason: 'stop', rawFinishReason: 'eos_token', usage: { inputTokens: 4, outputTokens: 2 } },
    ])
  })

  it('chats as well', () => {
    const choice = (delta: object, finish_reason: string | null) => ({
      id: 'chat-1',
      model_id: 'granite',
      model: 'granite',
      choices: [{ index: 0, delta, finish_reason }],
    })
    const usage = { prompt_tokens: 4, completion_tokens: 2, total_tokens: 6 }
    const { chunks, error } = read(family('watsonx'), [
      sse(choice({ content: 'Hi' }, null), choice({}, 'stop'), { id: 'chat-1', choices: [], usage }),
    ])
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe('Hi')
    expect(only(chunks, 'message-start')).toMatchObject([{ id: 'chat-1', model: 'granite' }])
    expect(only(chunks, 'finish')).toMatchObject([
      { finishReason: 'stop', usage: { inputTokens: 4, outputTokens: 2, totalTokens: 6, raw: usage } },
    ])
  })
})

describe('the terminal event', () => {
  it.each<[FamilyName, string, string]>([
    ['ollama', lines(said('x')), lines(done)],
    [
      'cohere-v2',
      sse({ type: 'message-start' }, { type: 'content-delta', delta: { message: { content: { text: 'x' } } } }),
      sse({ type: 'message-end', delta: { finish_reason: 'COMPLETE' } }),
    ],
    [
      'cohere-v1',
      lines({ event_type: 'text-generation', text: 'x' }),
      lines({ event_type: 'stream-end', finish_reason: 'COMPLETE' }),
    ],
    ['replicate', 'event: output\ndata: x\n\n', 'event: done\ndata: {}\n\n'],
    [
      'watsonx',
      sse({ results: [{ generated_text: 'x', stop_reason: 'not_finished' }] }),
      sse({ results: [{ stop_reason: 'eos_token' }] }),
    ],
  ])('of %s decides whether a stream is whole', (name, before, end) => {
    const manifest = family(name)
    for (const rest of ['', end.slice(0, 8), end.trimEnd().slice(0, -3)]) {
      const { chunks, error } = read(manifest, [before + rest])
      expect(textOf(chunks)).toBe('x')
      expect(error?.code).toBe('stream_truncated')
    }
    const { chunks, error } = read(manifest, [before + end])
    expect(error).toBeUndefined()
    expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'stop' }])
  })
})
