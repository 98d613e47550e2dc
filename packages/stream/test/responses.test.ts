import { family, readResponse } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, only, read, sse, textOf } from './reading.ts'

const responses = family('openai-responses')
const created = { type: 'response.created', response: { id: 'resp_1', model: 'gpt', status: 'in_progress' } }
const completed = (more: object = {}) => ({
  type: 'response.completed',
  response: {
    id: 'resp_1',
    status: 'completed',
    usage: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
    ...more,
  },
})
const item = (phase: 'added' | 'done', index: number, fields: object) => ({
  type: `response.output_item.${phase}`,
  output_index: index,
  item: { id: `item_${index}`, ...fields },
})
const delta = (kind: string, index: number, text: string, more: object = {}) => ({
  type: `response.${kind}.delta`,
  output_index: index,
  item_id: `item_${index}`,
  delta: text,
  ...more,
})
const kinds = (chunks: ReturnType<typeof read>['chunks']) =>
  chunks.map((chunk) => ('id' in chunk ? `${chunk.type} ${chunk.id}` : chunk.type))

describe('the items of a response', () => {
  it('are blocks that stay apart, though they interleave', () => {
    const { chunks, error } = read(
      responses,
      bytesOf(
        sse(
          created,
          delta('output_text', 0, 'one', { content_index: 0 }),
          delta('output_text', 1, 'two', { content_index: 0 }),
          delta('output_text', 0, ' more', { content_index: 0 }),
          item('done', 0, { type: 'message' }),
          item('done', 1, { type: 'message' }),
          completed(),
        ),
      ),
    )
    expect(error).toBeUndefined()
    expect(kinds(chunks)).toEqual([
      'message-start resp_1',
      'text-start text-0',
      'text-delta text-0',
      'text-start text-1',
      'text-delta text-1',
      'text-delta text-0',
      'text-end text-0',
      'text-end text-1',
      'usage',
      'finish',
    ])
  })

  it('of reasoning have a block per part of the summary, and what is encrypted on the last', () => {
    const part = (summary: number) => ({
      type: 'response.reasoning_summary_part.added',
      output_index: 0,
      summary_index: summary,
    })
    const { chunks } = read(responses, [
      sse(
        created,
        item('added', 0, { type: 'reasoning', encrypted_content: 'not yet' }),
        part(0),
        delta('reasoning_summary_text', 0, 'First.'),
        part(1),
        delta('reasoning_summary_text', 0, 'Then.'),
        item('done', 0, { type: 'reasoning', encrypted_content: 'gAAAA' }),
        completed(),
      ),
    ])
    expect(only(chunks, 'reasoning-delta').map(({ id, data }) => [id, data])).toEqual([
      ['reasoning-0', 'First.'],
      ['reasoning-1', 'Then.'],
    ])
    expect(only(chunks, 'reasoning-end').map(({ redacted }) => redacted)).toEqual([undefined, 'gAAAA'])
  })

  it('that nobody knows are raw, and so are events that nobody knows', () => {
    const { chunks, error } = read(responses, [
      sse(
        created,
        item('done', 0, { type: 'mcp_approval_request', name: 'delete' }),
        { type: 'response.of.tomorrow' },
        completed(),
      ),
    ])
    expect(error).toBeUndefined()
    expect(only(chunks, 'raw').map(({ rawResponse }) => (rawResponse as { type: string }).type)).toEqual([
      'response.output_item.done',
      'response.of.tomorrow',
    ])
  })
})

describe('the calls of a response', () => {
  it('of a function may come with all of their arguments at the end, or with none', () => {
    const call = { type: 'function_call', call_id: 'call_1', name: 'weather' }
    const { chunks } = read(responses, [
      sse(
        created,
        item('added', 0, { ...call, arguments: '' }),
        delta('function_call_arguments', 0, '{"city":'),
        { type: 'response.function_call_arguments.done', output_index: 0, arguments: '{"city":"Bern"}' },
        item('done', 0, { ...call, arguments: '{"city":"Bern"}' }),
        item('added', 1, { ...call, call_id: 'call_2', arguments: '' }),
        item('done', 1, { ...call, call_id: 'call_2', arguments: '' }),
        completed(),
      ),
    ])
    expect(only(chunks, 'tool-input-delta').map(({ data }) => data)).toEqual(['{"city":', '"Bern"}'])
    expect(only(chunks, 'tool-call').map(({ toolCallId, input }) => [toolCallId, input])).toEqual([
      ['call_1', { city: 'Bern' }],
      ['call_2', {}],
    ])
    expect(only(chunks, 'finish')[0]).toMatchObject({ finishReason: 'tool-calls', rawFinishReason: 'completed' })
  })

  it('of a custom tool have text for input, whatever it looks like', () => {
    const call = { type: 'custom_tool_call', call_id: 'call_1', name: 'shout' }
    const { chunks } = read(responses, [
      sse(
        created,
        item('added', 0, { ...call, input: '' }),
        delta('custom_tool_call_input', 0, '{"not '),
        delta('custom_tool_call_input', 0, 'JSON'),
        item('done', 0, { ...call, input: '{"not JSON' }),
        completed(),
      ),
    ])
    const [shout] = only(chunks, 'tool-call')
    expect(shout).toMatchObject({ input: '{"not JSON', rawInput: '{"not JSON' })
    expect(shout?.invalid).toBeUndefined()
  })

  it('that were cut off are invalid, and the limit is the reason', () => {
    const call = { type: 'function_call', call_id: 'call_1', name: 'weather' }
    const { chunks, error } = read(responses, [
      sse(
        created,
        item('added', 0, { ...call, arguments: '' }),
        delta('function_call_arguments', 0, '{"city":"B'),
        item('done', 0, { ...call, arguments: '{"city":"B', status: 'incomplete' }),
        {
          type: 'response.incomplete',
          response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
        },
      ),
    ])
    expect(error).toBeUndefined()
    expect(only(chunks, 'tool-call')[0]).toMatchObject({
      input: '{"city":"B',
      invalid: expect.objectContaining({ code: 'invalid_tool_input' }),
    })
    expect(only(chunks, 'finish')[0]).toMatchObject({
      finishReason: 'length',
      rawFinishReason: 'max_output_tokens',
      metadata: { status: 'incomplete' },
    })
  })

  it.each<[string, object, string, unknown, boolean]>([
    [
      'web search',
      { type: 'web_search_call', action: { type: 'search', query: 'x' } },
      'web_search',
      { type: 'search', query: 'x' },
      true,
    ],
    [
      'file search',
      { type: 'file_search_call', queries: ['x'], results: [{ text: 'long' }] },
      'file_search',
      { queries: ['x'] },
      true,
    ],
    [
      'code interpreter',
      { type: 'code_interpreter_call', code: 'print(1)', container_id: 'c', outputs: [] },
      'code_interpreter',
      { code: 'print(1)', container_id: 'c' },
      true,
    ],
    ['MCP', { type: 'mcp_call', name: 'ask', server_label: 's', arguments: '{"a":1}' }, 'ask', { a: 1 }, true],
    [
      'a shell in a container',
      { type: 'shell_call', call_id: 'c', action: { commands: ['ls'] }, environment: { container_id: 'k' } },
      'shell',
      { commands: ['ls'] },
      true,
    ],
    // These wait for whoever asked.
    [
      'a shell of one’s own',
      { type: 'shell_call', call_id: 'c', action: { commands: ['ls'] }, environment: { type: 'local' } },
      'shell',
      { commands: ['ls'] },
      false,
    ],
    [
      'a patch',
      { type: 'apply_patch_call', call_id: 'c', operation: { type: 'delete_file', path: 'a' } },
      'apply_patch',
      { type: 'delete_file', path: 'a' },
      false,
    ],
    [
      'computer use',
      { type: 'computer_call', call_id: 'c', action: { type: 'click', x: 1, y: 2 } },
      'computer',
      { action: { type: 'click', x: 1, y: 2 } },
      false,
    ],
  ])('of %s say who runs them', (_, fields, toolName, input, provider) => {
    const whole = sse(
      created,
      item('added', 0, { ...fields, status: 'in_progress' }),
      item('done', 0, fields),
      completed(),
    )
    const streamed = read(responses, [whole]).chunks
    const plain = readResponse(responses, {
      object: 'response',
      id: 'resp_1',
      model: 'gpt',
      status: 'completed',
      output: [{ id: 'item_0', ...fields }],
    })
    for (const chunks of [streamed, plain]) {
      expect(only(chunks, 'tool-call')).toHaveLength(1)
      expect(only(chunks, 'tool-call')[0]).toMatchObject({ toolName, input })
      expect(only(chunks, 'tool-call')[0]?.providerExecuted ?? false).toBe(provider)
      expect(only(chunks, 'finish')[0]?.finishReason).toBe(provider ? 'stop' : 'tool-calls')
    }
  })

  it('of image generation give the image beside the call', () => {
    const image = { type: 'image_generation_call', result: 'aW1n', output_format: 'webp', revised_prompt: 'A cat' }
    const { chunks } = read(responses, [
      sse(
        created,
        item('added', 0, { type: 'image_generation_call' }),
        { type: 'response.image_generation_call.partial_image', output_index: 0, partial_image_b64: 'aQ==' },
        item('done', 0, image),
        completed(),
      ),
    ])
    expect(only(chunks, 'file').map(({ mediaType, bytes }) => [mediaType, String(bytes)])).toEqual([
      ['image/webp', 'img'],
    ])
    expect(only(chunks, 'tool-call')[0]).toMatchObject({ input: { prompt: 'A cat' }, providerExecuted: true })
    expect(only(chunks, 'raw')).toHaveLength(1)
  })
})

describe('the text of a response', () => {
  it('carries its sources, each once', () => {
    const web = { type: 'url_citation', url: 'https://example.org', title: 'Example' }
    const file = { type: 'file_citation', file_id: 'file-1', filename: 'a.pdf' }
    const { chunks } = read(responses, [
      sse(
        created,
        delta('output_text', 0, 'x'),
        { type: 'response.output_text.annotation.added', output_index: 0, annotation: web },
        {
          type: 'response.content_part.done',
          output_index: 0,
          part: { type: 'output_text', text: 'x', annotations: [web, file] },
        },
        completed(),
      ),
    ])
    expect(only(chunks, 'source').map(({ url, title, metadata }) => [url, title, metadata])).toEqual([
      ['https://example.org', 'Example', {}],
      [undefined, 'a.pdf', { file_id: 'file-1' }],
    ])
  })

  it('carries the probabilities of its tokens where they were asked for', () => {
    const logprobs = [{ token: 'x', logprob: -0.1 }]
    const { chunks } = read(responses, [
      sse(
        created,
        delta('output_text', 0, 'x', { logprobs }),
        delta('output_text', 0, 'y', { logprobs: [] }),
        completed(),
      ),
    ])
    expect(only(chunks, 'text-delta').map(({ metadata }) => metadata)).toEqual([{ logprobs }, {}])
  })

  it('may be a refusal', () => {
    const { chunks } = read(responses, [sse(created, delta('refusal', 0, 'No.'), completed())])
    expect(only(chunks, 'refusal-delta').map(({ data }) => data)).toEqual(['No.'])
    expect(textOf(chunks)).toBe('')
  })
})

describe('a plain response', () => {
  it('gives the chunks of a stream', () => {
    const chunks = readResponse(responses, {
      object: 'response',
      id: 'resp_1',
      model: 'gpt',
      status: 'incomplete',
      incomplete_details: { reason: 'content_filter' },
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }], encrypted_content: 'gAAAA' },
        {
          type: 'message',
          content: [
            { type: 'output_text', text: 'Yes', annotations: [{ type: 'url_citation', url: 'https://example.org' }] },
          ],
        },
        { type: 'function_call', call_id: 'call_1', name: 'now', arguments: '{}' },
      ],
      usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
    })
    expect(kinds(chunks)).toEqual([
      'message-start resp_1',
      'reasoning-start reasoning-0',
      'reasoning-delta reasoning-0',
      'reasoning-end reasoning-0',
      'text-start text-1',
      'text-delta text-1',
      'source source-0',
      'text-end text-1',
      'tool-input-start call_1',
      'tool-input-delta call_1',
      'tool-input-end call_1',
      'tool-call',
      'usage',
      'finish',
    ])
    expect(only(chunks, 'finish')[0]).toMatchObject({ finishReason: 'content-filter', usage: { totalTokens: 3 } })
  })

  it('that failed is the provider’s error', () => {
    const body = {
      object: 'response',
      id: 'resp_1',
      model: 'gpt',
      status: 'failed',
      output: [],
      error: { code: 'rate_limit_exceeded', message: 'Slow down' },
    }
    expect(() => readResponse(responses, body)).toThrowError(expect.objectContaining({ code: 'rate_limited' }))
  })
})

describe('trouble in a response', () => {
  it.each<[string, object, string]>([
    [
      'response.failed',
      { type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'x' } } },
      'server_error',
    ],
    ['an error event', { type: 'error', code: 'rate_limit_exceeded', message: 'x', param: null }, 'rate_limited'],
    [
      'an error event with the error inside',
      { type: 'error', error: { type: 'invalid_request_error', code: 'context_length_exceeded', message: 'x' } },
      'context_too_long',
    ],
    ['an error in the shape of chat completions', { error: { type: 'server_error', message: 'x' } }, 'server_error'],
  ])('as %s is named, after what came before it', (_, frame, code) => {
    const { chunks, error } = read(responses, bytesOf(sse(created, delta('output_text', 0, 'x'), frame)))
    expect(error?.code).toBe(code)
    expect(textOf(chunks)).toBe('x')
    expect(only(chunks, 'finish')).toEqual([])
  })
})
