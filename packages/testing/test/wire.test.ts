import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProviderServer, startProviderServer } from '../src/index.ts'
import { ask, at, events, get } from './client.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const USAGE = { inputTokens: 70, outputTokens: 30, reasoningTokens: 20, cachedTokens: 10 }
const WEATHER = { toolName: 'weather', input: { city: 'Oslo' } }

describe('openai-chat', () => {
  test('streams role, words, finish reason and [DONE], with one id', async () => {
    server.reply('It scatters blue light.')
    const { headers, text } = await get(server, ask.openai())
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8')
    const frames = events(text)
    expect(frames.at(-1)).toBe('[DONE]')
    const chunks = frames.slice(0, -1)
    expect(new Set(chunks.map((chunk) => at(chunk, 'id')))).toEqual(new Set(['chatcmpl-000001']))
    expect(chunks.map((chunk) => at(chunk, 'choices'))).toMatchObject([
      [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
      [{ delta: { content: 'It' } }],
      [{ delta: { content: ' scatters' } }],
      [{ delta: { content: ' blue' } }],
      [{ delta: { content: ' light.' } }],
      [{ delta: {}, finish_reason: 'stop' }],
    ])
    expect(text).not.toContain('"usage"')
  })

  test('gives usage in a chunk of its own, and null before it, when the request includes it', async () => {
    server.reply({ text: 'ok', usage: USAGE })
    const { text } = await get(server, ask.openai({ stream_options: { include_usage: true } }))
    const chunks = events(text).slice(0, -1)
    expect(chunks.slice(0, -1).map((chunk) => at(chunk, 'usage'))).toEqual([null, null, null])
    expect(chunks.at(-1)).toMatchObject({
      choices: [],
      usage: {
        prompt_tokens: 70,
        completion_tokens: 30,
        total_tokens: 100,
        prompt_tokens_details: { cached_tokens: 10 },
        completion_tokens_details: { reasoning_tokens: 20 },
      },
    })
  })

  test('interleaves n candidates, each with a finish reason', async () => {
    server.reply({ candidates: [{ text: 'one two' }, { text: 'uno', finishReason: 'length' }] })
    const { text } = await get(server, ask.openai({ n: 2 }))
    const choices = events(text)
      .slice(0, -1)
      .map((chunk) => at(chunk, 'choices', 0))
    expect(
      choices.map((choice) => [at(choice, 'index'), at(choice, 'delta', 'content'), at(choice, 'finish_reason')]),
    ).toEqual([
      [0, '', null],
      [1, '', null],
      [0, 'one', null],
      [1, 'uno', null],
      [0, ' two', null],
      [0, undefined, 'stop'],
      [1, undefined, 'length'],
    ])
  })

  test('streams reasoning before the text, and tool calls in pieces', async () => {
    server.reply({
      reasoning: 'let me see',
      text: 'Looking.',
      toolCalls: [WEATHER, { ...WEATHER, toolCallId: 'mine' }],
    })
    const { text } = await get(server, ask.openai())
    const deltas = events(text)
      .slice(0, -1)
      .map((chunk) => at(chunk, 'choices', 0))
    expect(deltas.map((choice) => at(choice, 'delta', 'reasoning_content') ?? '').join('')).toBe('let me see')
    const calls = deltas.flatMap((choice) => at(choice, 'delta', 'tool_calls') ?? []) as {
      index: number
      id?: string
      function: { name?: string; arguments: string }
    }[]
    expect(calls.filter(({ id }) => id).map(({ index, id, function: { name } }) => [index, id, name])).toEqual([
      [0, 'call_000001_0_0', 'weather'],
      [1, 'mine', 'weather'],
    ])
    for (const index of [0, 1]) {
      const written = calls.filter((call) => call.index === index).map((call) => call.function.arguments)
      expect(JSON.parse(written.join(''))).toEqual({ city: 'Oslo' })
    }
    expect(deltas.at(-1)).toMatchObject({ finish_reason: 'tool_calls' })
  })

  test('answers plainly when no stream is asked for, with the length of the body', async () => {
    server.reply({ text: 'It scatters.', toolCalls: [{ ...WEATHER, rawInput: '{"city":' }] })
    const { headers, bytes, text } = await get(server, ask.openai({ stream: false }))
    expect(headers['content-length']).toBe(String(bytes.length))
    expect(JSON.parse(text)).toMatchObject({
      object: 'chat.completion',
      choices: [
        {
          message: {
            role: 'assistant',
            content: 'It scatters.',
            tool_calls: [{ function: { arguments: '{"city":' } }],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 5, completion_tokens: 4, total_tokens: 9 },
    })
  })

  test('is also at the path without a version', async () => {
    const { status } = await get(server, { ...ask.openai(), path: '/chat/completions' })
    expect(status).toBe(200)
  })
})

describe('anthropic-messages', () => {
  test('streams the events of one text block by their names', async () => {
    server.reply('It scatters')
    const { text } = await get(server, ask.anthropic())
    expect([...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)).toEqual([
      'message_start',
      'content_block_start',
      'ping',
      'content_block_delta',
      'content_block_delta',
      'content_block_stop',
      'message_delta',
      'message_stop',
    ])
    const frames = events(text)
    for (const frame of frames) expect(text).toContain(`event: ${at(frame, 'type')}\n`)
    expect(frames[0]).toMatchObject({
      message: { id: 'msg_000001', model: 'claude-x', content: [], usage: { input_tokens: 5, output_tokens: 1 } },
    })
    expect(frames[3]).toMatchObject({ index: 0, delta: { type: 'text_delta', text: 'It' } })
    expect(frames.at(-2)).toMatchObject({ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } })
  })

  test('streams thinking with its signature, text and tool use as blocks that end before the next begins', async () => {
    server.reply({ reasoning: 'hm', signature: 'c2ln', text: 'Looking.', toolCalls: [WEATHER], usage: USAGE })
    const { text } = await get(server, ask.anthropic())
    const frames = events(text)
    expect(
      frames.flatMap((frame) =>
        /^content_block_st/.test(String(at(frame, 'type')))
          ? [[at(frame, 'type'), at(frame, 'index'), at(frame, 'content_block', 'type')]]
          : [],
      ),
    ).toEqual([
      ['content_block_start', 0, 'thinking'],
      ['content_block_stop', 0, undefined],
      ['content_block_start', 1, 'text'],
      ['content_block_stop', 1, undefined],
      ['content_block_start', 2, 'tool_use'],
      ['content_block_stop', 2, undefined],
    ])
    const deltas = frames.flatMap((frame) => at(frame, 'delta') ?? []) as Record<string, string>[]
    expect(deltas.find(({ type }) => type === 'signature_delta')).toEqual({
      type: 'signature_delta',
      signature: 'c2ln',
    })
    expect(JSON.parse(deltas.map((delta) => delta['partial_json'] ?? '').join(''))).toEqual({ city: 'Oslo' })
    expect(frames.at(-2)).toMatchObject({ delta: { stop_reason: 'tool_use' } })
    expect(frames[0]).toMatchObject({ message: { usage: { input_tokens: 60, cache_read_input_tokens: 10 } } })
  })

  test('answers plainly with the same blocks', async () => {
    server.reply({ reasoning: 'hm', text: 'Looking.', toolCalls: [WEATHER] })
    const { text } = await get(server, ask.anthropic({ stream: false }))
    expect(JSON.parse(text)).toMatchObject({
      type: 'message',
      content: [
        { type: 'thinking', thinking: 'hm' },
        { type: 'text', text: 'Looking.' },
        { type: 'tool_use', id: 'toolu_000001_0', name: 'weather', input: { city: 'Oslo' } },
      ],
      stop_reason: 'tool_use',
      usage: { input_tokens: 5, output_tokens: 4 },
    })
  })

  test('refuses what the real one refuses', async () => {
    const asked = ask.anthropic()
    const noVersion = await get(server, { ...asked, headers: { 'x-api-key': 'k' } })
    expect(noVersion.status).toBe(400)
    expect(JSON.parse(noVersion.text)).toEqual({
      type: 'error',
      error: { type: 'invalid_request_error', message: 'anthropic-version: header is required' },
      request_id: 'req_000001',
    })
    const noMaximum = await get(server, ask.anthropic({ max_tokens: undefined }))
    expect(JSON.parse(noMaximum.text)).toMatchObject({ error: { message: 'max_tokens: Field required' } })
  })
})

describe('openai-responses', () => {
  test('streams items, each between its beginning and its end, and numbers its events', async () => {
    server.reply({ reasoning: 'hm', redacted: 'gAAA', text: 'Looking.', toolCalls: [WEATHER], usage: USAGE })
    const { headers, text } = await get(server, ask.responses())
    expect(headers['content-type']).toBe('text/event-stream; charset=utf-8')
    const frames = events(text)
    expect(frames.map((frame) => at(frame, 'sequence_number'))).toEqual(frames.map((_, index) => index))
    expect(frames.map((frame) => String(at(frame, 'type')).replace('response.', ''))).toEqual([
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'completed',
    ])
    expect(frames.at(-1)).toMatchObject({
      response: {
        id: 'resp_000001',
        status: 'completed',
        output: [
          { type: 'reasoning', summary: [{ text: 'hm' }], encrypted_content: 'gAAA' },
          { type: 'message', content: [{ type: 'output_text', text: 'Looking.' }] },
          { type: 'function_call', call_id: 'call_000001_0_0', name: 'weather', arguments: '{"city":"Oslo"}' },
        ],
        usage: { input_tokens: 70, output_tokens: 30, output_tokens_details: { reasoning_tokens: 20 } },
      },
    })
  })

  test('is incomplete where it was cut off, and plain where it is asked plainly', async () => {
    server.reply({ text: 'It', finishReason: 'length' }, { times: 2 })
    expect(events((await get(server, ask.responses())).text).at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { incomplete_details: { reason: 'max_output_tokens' } },
    })
    expect(JSON.parse((await get(server, ask.responses({ stream: false }))).text)).toMatchObject({
      object: 'response',
      status: 'incomplete',
      output: [{ content: [{ text: 'It' }] }],
    })
  })
})

describe('gemini', () => {
  test('streams parts in events that end with CRLF, with the counts so far', async () => {
    server.reply('It scatters')
    const { headers, text } = await get(server, ask.gemini())
    expect(headers['content-type']).toBe('text/event-stream')
    expect(text.replaceAll('\r\n', '')).not.toContain('\n')
    const frames = events(text)
    expect(frames.map((frame) => at(frame, 'candidates'))).toEqual([
      [{ content: { parts: [{ text: 'It' }], role: 'model' }, index: 0 }],
      [{ content: { parts: [{ text: ' scatters' }], role: 'model' }, index: 0 }],
      [{ content: { parts: [{ text: '' }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    ])
    expect(frames.map((frame) => at(frame, 'usageMetadata', 'candidatesTokenCount'))).toEqual([1, 2, 2])
    expect(frames[0]).toMatchObject({ modelVersion: 'gemini-x', usageMetadata: { promptTokenCount: 5 } })
  })

  test('streams a JSON array where alt=sse was not asked for', async () => {
    server.reply('It scatters')
    const { headers, text } = await get(server, ask.gemini({}, 'streamGenerateContent'))
    expect(headers['content-type']).toBe('application/json; charset=UTF-8')
    expect(text).toContain('\n,\r\n{')
    const parts = JSON.parse(text).map((part: unknown) => at(part, 'candidates', 0, 'content', 'parts', 0))
    expect(parts).toEqual([{ text: 'It' }, { text: ' scatters' }, { text: '' }])
  })

  test('marks thoughts, signs them, and stops ordinarily after a function call', async () => {
    server.reply({ reasoning: 'hm', signature: 'c2ln', toolCalls: [WEATHER], usage: USAGE })
    const { text } = await get(server, ask.gemini())
    const frames = events(text)
    expect(frames.map((frame) => at(frame, 'candidates', 0))).toMatchObject([
      { content: { parts: [{ text: 'hm', thought: true }] } },
      {
        content: { parts: [{ functionCall: { name: 'weather', args: { city: 'Oslo' } }, thoughtSignature: 'c2ln' }] },
        finishReason: 'STOP',
      },
    ])
    expect(frames.at(-1)).toMatchObject({
      usageMetadata: { promptTokenCount: 70, candidatesTokenCount: 10, thoughtsTokenCount: 20, totalTokenCount: 100 },
    })
  })

  test('answers plainly with one part for all the words, for each candidate', async () => {
    server.reply({ reasoning: 'hm hm', text: 'It scatters.' })
    const { text } = await get(server, ask.gemini({ generationConfig: { candidateCount: 2 } }, 'generateContent'))
    const { candidates } = JSON.parse(text)
    expect(candidates).toHaveLength(2)
    expect(candidates[1]).toMatchObject({
      content: { parts: [{ text: 'hm hm', thought: true }, { text: 'It scatters.' }] },
      finishReason: 'STOP',
      index: 1,
    })
  })
})
