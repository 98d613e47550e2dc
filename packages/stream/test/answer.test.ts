import { Assembler, NO_METADATA } from '@braid/core'
import { family } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { choice, only, read, sse, textOf } from './reading.ts'

const openai = family('openai-chat')
const anthropic = family('anthropic-messages')
const gemini = family('gemini')
const call = (fragment: object, name?: string, text?: string) =>
  choice({
    tool_calls: [
      {
        ...fragment,
        function: { ...(name === undefined ? {} : { name }), ...(text === undefined ? {} : { arguments: text }) },
      },
    ],
  })
const parts = (...list: readonly object[]) => ({
  candidates: [{ content: { parts: list } }],
  responseId: 'r1',
  modelVersion: 'pro',
})
const gate = sse({ candidates: [{ finishReason: 'STOP' }] })

describe('blocks', () => {
  it('open and close by themselves where the provider does not say so', () => {
    const { chunks } = read(openai, [
      sse(
        choice({ role: 'assistant', content: '' }),
        choice({ reasoning_content: 'Hm. ' }),
        choice({ content: 'Yes' }),
        choice({ content: '.' }),
        choice({ reasoning: 'Oh. ' }),
        choice({ content: 'No.' }, 'stop'),
      ),
    ])
    expect(chunks.map((chunk) => ('id' in chunk ? `${chunk.type} ${chunk.id}` : chunk.type))).toEqual([
      'message-start chatcmpl-1',
      'reasoning-start reasoning-0',
      'reasoning-delta reasoning-0',
      'reasoning-end reasoning-0',
      'text-start text-1',
      'text-delta text-1',
      'text-delta text-1',
      'text-end text-1',
      'reasoning-start reasoning-2',
      'reasoning-delta reasoning-2',
      'reasoning-end reasoning-2',
      'text-start text-3',
      'text-delta text-3',
      'text-end text-3',
      'finish',
    ])
  })

  it('that the provider numbers may interleave', () => {
    const event = (type: string, more: object) => `data: ${JSON.stringify({ type, ...more })}\n\n`
    const stream = [
      event('message_start', { message: { id: 'm', model: 'opus' } }),
      event('content_block_start', { index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } }),
      event('content_block_start', { index: 1, content_block: { type: 'text', text: '' } }),
      event('content_block_delta', { index: 1, delta: { type: 'text_delta', text: 'A' } }),
      event('content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: 'a' } }),
      event('content_block_delta', { index: 1, delta: { type: 'text_delta', text: 'B' } }),
      event('content_block_stop', { index: 1 }),
      event('content_block_delta', { index: 0, delta: { type: 'signature_delta', signature: 'S+/=' } }),
      event('content_block_stop', { index: 0 }),
      event('message_stop', {}),
    ]
    const { chunks } = read(anthropic, stream)
    expect(only(chunks, 'text-start')).toHaveLength(1)
    expect(textOf(chunks)).toBe('AB')
    expect(only(chunks, 'reasoning-end')).toMatchObject([{ id: 'reasoning-0', signature: 'S+/=' }])
  })

  it('carry the frame they come from, and metadata only where there is some', () => {
    const frame = choice({ content: 'x' }, 'stop')
    const { chunks } = read(openai, [
      sse({ ...frame, choices: [{ delta: { content: 'x' }, finish_reason: 'stop', native_finish_reason: 'STOP' }] }),
    ])
    expect(only(chunks, 'text-delta')[0]?.metadata).toBe(NO_METADATA)
    expect(only(chunks, 'text-delta')[0]?.rawResponse).toMatchObject({ id: 'chatcmpl-1' })
    expect(only(chunks, 'finish')[0]?.metadata).toEqual({ finish_reason: 'stop', native_finish_reason: 'STOP' })
  })

  it('keep candidates apart, with ids of their own', () => {
    const { chunks } = read(openai, [
      sse(choice({ content: 'a' }), choice({ content: 'b' }, 'length', 1), choice({ content: 'c' }, 'stop')),
    ])
    expect(textOf(chunks, 0)).toBe('ac')
    expect(textOf(chunks, 1)).toBe('b')
    expect(only(chunks, 'text-start').map((start) => start.id)).toEqual(['text-0', '1/text-0'])
    expect(only(chunks, 'finish').map((finish) => finish.finishReason)).toEqual(['stop', 'length'])
  })

  it('read content that comes as a list of parts', () => {
    const { chunks } = read(openai, [
      sse(
        choice({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }] }),
        choice({ content: [{ type: 'text', text: 'Yes.' }] }, 'stop'),
      ),
    ])
    expect(only(chunks, 'reasoning-delta').map((delta) => delta.data)).toEqual(['Hm.'])
    expect(textOf(chunks)).toBe('Yes.')
  })

  it('give an event that nobody knows as raw', () => {
    const frame = { type: 'content_block_start', index: 0, content_block: { type: 'hologram' } }
    const { chunks } = read(anthropic, [sse(frame)])
    expect(chunks).toMatchObject([{ type: 'raw', rawResponse: frame }])
    expect(read(openai, [sse({ object: 'news' })]).chunks).toMatchObject([{ type: 'raw' }])
  })
})

describe('tool calls', () => {
  it('reassemble from interleaved fragments', () => {
    const { chunks } = read(openai, [
      sse(
        call({ index: 0, id: 'a' }, 'tide', ''),
        call({ index: 1, id: 'b' }, 'moon', '{"n'),
        call({ index: 0 }, undefined, '{"at":'),
        call({ index: 1 }, undefined, '":1}'),
        call({ index: 0 }, undefined, '"x"}'),
        choice({}, 'tool_calls'),
      ),
    ])
    expect(only(chunks, 'tool-call')).toMatchObject([
      { toolCallId: 'a', toolName: 'tide', input: { at: 'x' }, rawInput: '{"at":"x"}' },
      { toolCallId: 'b', toolName: 'moon', input: { n: 1 } },
    ])
    expect(
      only(chunks, 'tool-input-delta')
        .filter((delta) => delta.id === 'a')
        .map((delta) => delta.data),
    ).toEqual(['{"at":', '"x"}'])
  })

  it.each<[string, readonly object[], readonly string[]]>([
    ['no index', [call({ id: 'a' }, 'f', '{}'), call({ id: 'b' }, 'g', '{}')], ['a', 'b']],
    [
      'index 0 for every call',
      [call({ index: 0, id: 'a' }, 'f', '{}'), call({ index: 0, id: 'b' }, 'g', '{}')],
      ['a', 'b'],
    ],
    [
      'no id',
      [call({ index: 0 }, 'f', '{}'), call({ index: 1 }, 'g', '{}')],
      ['call-0-chatcmpl-1', 'call-1-chatcmpl-1'],
    ],
    ['the name after the arguments', [call({ index: 0, id: 'a' }, undefined, '{}'), call({ index: 0 }, 'f')], ['a']],
    [
      'one id for two calls',
      [call({ index: 0, id: 'a' }, 'f', '{}'), call({ index: 1, id: 'a' }, 'g', '{}')],
      ['a', 'a-1'],
    ],
    [
      'another id on every fragment',
      [call({ index: 0, id: 'a' }, 'f', '{'), call({ index: 0, id: 'z' }, undefined, '}')],
      ['a'],
    ],
  ])('survive servers that send %s', (_, frames, ids) => {
    const { chunks } = read(openai, [sse(...frames, choice({}, 'tool_calls'))])
    expect(only(chunks, 'tool-call').map((found) => found.toolCallId)).toEqual(ids)
    expect(only(chunks, 'tool-call').every((found) => found.invalid === undefined)).toBe(true)
  })

  it('without arguments have an empty input', () => {
    const { chunks } = read(openai, [sse(call({ index: 0, id: 'a' }, 'now', ''), choice({}, 'tool_calls'))])
    expect(only(chunks, 'tool-call')).toMatchObject([{ input: {}, rawInput: '' }])
  })

  it.each([
    ['that stop in the middle', '{"items": ["on'],
    ['that are a list', '[1]'],
    ['that are a word', '"x"'],
  ])('with arguments %s are marked, and keep their text', (_, text) => {
    const { chunks } = read(openai, [sse(call({ index: 0, id: 'a' }, 'write', text), choice({}, 'length'))])
    const [found] = only(chunks, 'tool-call')
    expect(found).toMatchObject({ rawInput: text, input: text, invalid: { code: 'invalid_tool_input' } })
    expect(found?.invalid?.message).not.toContain(text)
    expect(only(chunks, 'finish')[0]?.finishReason).toBe('length')
  })

  it('that a server says again after their end are given once', () => {
    const whole = call({ index: 0, id: 'a' }, 'pay', '{}')
    const { chunks } = read(openai, [sse(whole, choice({}, 'tool_calls'), whole, choice({}, 'tool_calls'))])
    expect(only(chunks, 'tool-call')).toMatchObject([{ toolCallId: 'a' }])
    expect(only(chunks, 'tool-input-start')).toHaveLength(1)
  })

  it('of a truncated stream are not given', () => {
    const { chunks, error } = read(openai, [sse(call({ index: 0, id: 'a' }, 'write', '{}'))])
    expect(error?.code).toBe('stream_truncated')
    expect(only(chunks, 'tool-call')).toEqual([])
  })

  it('make the reason tool-calls where the provider only says that it stopped', () => {
    const { chunks } = read(gemini, [sse(parts({ functionCall: { name: 'tide', args: { at: [1] } } })), gate])
    expect(only(chunks, 'tool-call')).toMatchObject([
      { toolCallId: 'call-0-r1', input: { at: [1] }, rawInput: '{"at":[1]}' },
    ])
    expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'tool-calls', rawFinishReason: 'STOP' }])
  })

  it("put together Vertex's partial arguments", () => {
    const piece = (jsonPath: string, value: object, more = true) =>
      parts({ functionCall: { partialArgs: [{ jsonPath, ...value }], willContinue: more } })
    const { chunks } = read(gemini, [
      sse(
        parts({ functionCall: { name: 'add', willContinue: true } }),
        piece('$.items[0].name', { stringValue: 'ap' }),
        piece('$.items[0].name', { stringValue: 'ple' }),
        piece('$.items[0].price', { numberValue: 0.5 }),
        piece("$['in stock']", { boolValue: true }),
        piece('$.__proto__.polluted', { boolValue: true }),
        piece('no path', { boolValue: true }),
        parts({ functionCall: {} }),
      ),
      gate,
    ])
    expect(only(chunks, 'tool-call')).toMatchObject([
      { input: { items: [{ name: 'apple', price: 0.5 }], 'in stock': true } },
    ])
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false)
  })

  it('that the provider runs itself are marked, and are no reason to wait for tools', () => {
    const { chunks } = read(anthropic, [
      sse(
        { type: 'message_start', message: { id: 'm', model: 'opus' } },
        {
          type: 'content_block_start',
          index: 0,
          content_block: { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
        },
        {
          type: 'content_block_delta',
          index: 0,
          delta: { type: 'input_json_delta', partial_json: '{"query":"tide"}' },
        },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
        { type: 'message_stop' },
      ),
    ])
    expect(only(chunks, 'tool-call')).toMatchObject([{ providerExecuted: true, input: { query: 'tide' } }])
    expect(only(chunks, 'finish')[0]?.finishReason).toBe('stop')
  })
})

describe('what comes beside the text', () => {
  it('a source is named once', () => {
    const frame = { ...choice({ content: 'x' }), citations: ['https://a.example', 'https://b.example'] }
    const { chunks } = read(openai, [
      sse({ ...frame, search_results: [{ title: 'A', url: 'https://a.example' }] }, frame, choice({}, 'stop')),
    ])
    expect(only(chunks, 'source')).toMatchObject([
      { id: 'source-0', url: 'https://a.example', title: 'A' },
      { id: 'source-1', url: 'https://b.example' },
    ])
  })

  it('a file has its bytes', () => {
    const { chunks } = read(gemini, [sse(parts({ inlineData: { mimeType: 'image/png', data: 'iVBORw==' } })), gate])
    const [file] = only(chunks, 'file')
    expect(file?.mediaType).toBe('image/png')
    expect([...(file?.bytes ?? [])]).toEqual([0x89, 0x50, 0x4e, 0x47])
  })

  it('a signature stays with its reasoning, and one on a call with the call', () => {
    const { chunks } = read(gemini, [
      sse(
        parts({ text: 'Hm.', thought: true }),
        parts({ thoughtSignature: 'one', text: '' }),
        parts({ thoughtSignature: 'two', functionCall: { name: 'f' } }),
      ),
      gate,
    ])
    expect(only(chunks, 'reasoning-end').map((end) => end.signature)).toEqual(['one'])
    expect(only(chunks, 'tool-call')).toMatchObject([{ toolName: 'f', signature: 'two' }])
    const message = new Assembler()
    for (const chunk of chunks) message.push(chunk)
    expect(message.toolCalls).toMatchObject([{ toolName: 'f', signature: 'two' }])
    expect(message.snapshot().metadata).toMatchObject({ provider: 'gemini' })
  })

  it('a refusal is no text', () => {
    const { chunks } = read(openai, [sse(choice({ refusal: 'No.' }), choice({}, 'stop'))])
    expect(only(chunks, 'refusal-delta').map((delta) => delta.data)).toEqual(['No.'])
    expect(textOf(chunks)).toBe('')
  })

  it('a prompt that was blocked ends as filtered', () => {
    const { chunks, error } = read(gemini, [sse({ promptFeedback: { blockReason: 'SAFETY' } })])
    expect(error).toBeUndefined()
    expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'content-filter', rawFinishReason: 'SAFETY' }])
  })
})
