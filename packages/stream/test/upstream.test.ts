import { Manifest, readResponse } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, choice, only, read, sse, textOf } from './reading.ts'

/** The least that ai-protocol's older manifests say. */
const THIN = `
$schema: "https://spec.ai-protocol.org/schemas/v1.json"
id: thin
protocol_version: "1.1"
version: v1
base_url: https://api.thin.example/v1
auth: { type: bearer, token_env: THIN_KEY }
`

/** A provider with a protocol of its own, in the words of version 1. */
const OWN = `
id: own
protocol_version: "1.5"
name: Own
endpoint: { base_url: https://api.own.example/v1, protocol: https, timeout_ms: 10000 }
auth: { type: api_key, header_name: x-own-key, key_env: OWN_KEY, extra_headers: [{ name: X-Version, value: "7" }] }
endpoints: { chat: { path: /talk, method: POST, adapter: own } }
parameter_mappings: { max_tokens: limits.words, temperature: heat, tools: tools }
termination: { source_field: why, mapping: { full: max_tokens, over: end_turn, odd: strangeness } }
error_classification:
  by_http_status: { "418": overloaded }
  by_error_status: { TIRED: overloaded }
  by_message_contains: { "Too Much": rate_limited }
streaming:
  decoder: { format: sse, delimiter: "\\n\\n", prefix: "data: ", done_signal: "" }
  frame_selector: "exists($.out) || exists($.trouble)"
  candidate: { candidate_id_path: "$.out[*].no", fan_out: true }
  accumulator: { stateful_tool_parsing: true, key_path: "$.out[0].deed.with", flush_on: "$.kind == 'deeds-done'" }
  event_map:
    - { match: "exists($.out[0].say)", emit: PartialContentDelta, fields: { content: "$.out[0].say", sequence_id: $.seq } }
    - { match: "$.out[0].muse", emit: ThinkingDelta, extract: { thinking: "$.out[0].muse" } }
    - { match: "exists($.out[0].deed.what)", emit: ToolCallStarted, fields: { tool_call_id: _generate_uuid, tool_name: "$.out[0].deed.what", index: "$.out[0].deed.no" } }
    - { match: "exists($.out[0].deed.with)", emit: PartialToolCall, fields: { arguments: "$.out[0].deed.with", index: "$.out[0].deed.no" } }
    - { match: "exists($.out[0].why)", emit: Metadata, fields: { stop_reason: "$.out[0].why" } }
    - { match: $.words, emit: UsageReport, fields: { prompt_tokens: $.words.heard, completion_tokens: $.words.said } }
    - { match: exists($.trouble), emit: StreamError, fields: { error: $.trouble } }
  stop_condition: "$.kind == 'bye'"
features:
  multi_candidate: { support_type: native, param_name: voices }
  response_mapping: { error: { code_path: trouble.code, message_path: trouble.text } }
capabilities: { streaming: true, tools: true, vision: false }
availability: { required: false, regions: [global], check: { method: GET, path: /up, expected_status: [200] } }
pricing: { input_per_1k: 0.1 }
`

const v1 = (streaming: object, more: object = {}) => ({
  id: 'some',
  protocol_version: '1.5',
  endpoint: { base_url: 'https://api.some.example' },
  payload_format: 'openai_style',
  ...more,
  streaming,
})
const rule = (match: string, emit: string, fields: object) => ({ event_map: [{ match, emit, fields }] })

describe('a manifest of ai-protocol', () => {
  it('that says next to nothing is read as OpenAI Chat Completions, and says so', () => {
    const manifest = Manifest.parse(THIN)
    const { chunks, error } = read(manifest, [
      sse(choice({ content: 'Hi' }), choice({}, 'stop'), { choices: [], usage: { completion_tokens: 2 } }, '[DONE]'),
    ])
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe('Hi')
    expect(only(chunks, 'finish')).toMatchObject([{ rawFinishReason: 'stop', usage: { outputTokens: 2 } }])
    expect(manifest.mapper).toBe('DefaultEventMapper')
    expect(manifest.remarks.map(({ field, kind }) => [field, kind])).toEqual([
      ['streaming.decoder.strategy', 'filled'],
      ['streaming.event_map', 'filled'],
    ])
    expect(manifest.data).toMatchObject({
      endpoint: { base_url: 'https://api.thin.example/v1', chat: '/chat/completions' },
      auth: { type: 'bearer', token_env: 'THIN_KEY' },
      payload_format: 'openai_style',
    })
  })

  it('with rules of its own is read by them, however the bytes are cut', () => {
    const manifest = Manifest.parse(OWN)
    const stream = sse(
      {
        out: [
          { no: 1, say: 'second' },
          { no: 0, muse: 'hm', say: 'first' },
        ],
        seq: 4,
      },
      {
        out: [
          { no: 0, deed: { no: 1, what: 'tide', with: '{"at"' } },
          { no: 0, deed: { no: 2, what: 'wind', with: '{' } },
        ],
      },
      {
        out: [
          { no: 0, deed: { no: 1, with: ':1}' } },
          { no: 0, deed: { no: 2, with: '}' } },
        ],
      },
      { kind: 'deeds-done', out: [] },
      {
        out: [
          { no: 0, why: 'full' },
          { no: 1, why: 'over' },
        ],
      },
      { out: [], words: { heard: 3, said: 5 } },
      { kind: 'bye', out: [] },
    )
    for (const pieces of [[stream], bytesOf(stream)]) {
      const { chunks, error } = read(manifest, pieces)
      expect(error).toBeUndefined()
      expect([textOf(chunks, 0), textOf(chunks, 1)]).toEqual(['first', 'second'])
      expect(only(chunks, 'text-delta').map(({ metadata }) => metadata)).toEqual([
        { sequence_id: 4 },
        { sequence_id: 4 },
      ])
      expect(only(chunks, 'reasoning-delta')).toMatchObject([{ data: 'hm', candidate: 0 }])
      expect(only(chunks, 'tool-call').map(({ input, toolName }) => [toolName, input])).toEqual([
        ['tide', { at: 1 }],
        ['wind', {}],
      ])
      // By `flush_on`, before any reason has come.
      const ends = only(chunks, 'tool-call').map(({ rawResponse }) => rawResponse)
      expect(ends).toMatchObject([{ kind: 'deeds-done' }, { kind: 'deeds-done' }])
      expect(only(chunks, 'finish')).toMatchObject([
        { candidate: 0, finishReason: 'length', usage: { inputTokens: 3, outputTokens: 5 } },
        { candidate: 1, finishReason: 'stop' },
      ])
    }
    const beforeTheEnd = stream.slice(0, stream.lastIndexOf('data:'))
    expect(read(manifest, [beforeTheEnd]).error?.code).toBe('stream_truncated')
    expect(read(manifest, [sse({ trouble: { code: 'TIRED' } })]).error?.code).toBe('overloaded')
    expect(read(manifest, [sse({ trouble: { text: 'too much of it' } })]).error?.code).toBe('rate_limited')
  })

  it('says how to ask, and keeps what only describes', () => {
    expect(Manifest.parse(OWN).data).toMatchObject({
      endpoint: { base_url: 'https://api.own.example/v1', chat: '/talk' },
      auth: { type: 'custom_header', header: 'x-own-key', token_env: 'OWN_KEY' },
      request: { headers: { 'x-version': '7' } },
      parameters: { maxTokens: { path: 'limits.words' }, temperature: { path: 'heat' }, n: { path: 'voices' } },
      capabilities: { vision: false },
      availability: { check: { path: '/up' } },
      pricing: { input_per_1k: 0.1 },
      upstream: { endpoint: { timeout_ms: 10_000 } },
    })
    expect(Manifest.parse(OWN).remarks).toContainEqual({
      kind: 'unused',
      field: 'termination.mapping.odd',
      text: "`strangeness` is none of ai-protocol's reasons",
    })
  })

  it('of version 2 has its key, its path and its limits where version 2 keeps them', () => {
    const { data } = Manifest.parse({
      id: 'two',
      protocol_version: '2.0',
      endpoint: {
        base_url: 'https://api.two.example',
        chat: '/say',
        auth: { type: 'query_param', param_name: 'token', token_env: 'TWO_KEY' },
      },
      error_classification: { by_error_code: { tired: 'overloaded' } },
      capabilities: { required: ['text'] },
      parameters: {
        temperature: { type: 'float', range: [0, 1], default: 0.5 },
        words: { type: 'integer', min: 1, alias: 'max_tokens' },
      },
    })
    expect(data).toMatchObject({
      endpoint: { chat: '/say' },
      auth: { type: 'query_param', param_name: 'token', token_env: 'TWO_KEY' },
      parameters: { temperature: { min: 0, max: 1, default: 0.5 }, maxTokens: { path: 'words', min: 1 } },
      error_classification: { by_error_code: { tired: 'overloaded' } },
    })
  })

  it.each([
    ['ProtocolEventMapper', v1(rule('exists($.a)', 'PartialContentDelta', { content: '$.a' }))],
    ['DefaultEventMapper', v1({ decoder: { format: 'sse', strategy: 'openai_chat' } })],
    ['AnthropicEventMapper', v1({ decoder: { strategy: 'anthropic_event_stream' } })],
    ['AnthropicEventMapper', v1({}, { payload_format: 'anthropic_style' })],
    ['AnthropicEventMapper', v1({}, { payload_format: undefined, api_families: ['messages'] })],
  ])('picks the %s', (mapper, source) => {
    expect(Manifest.parse(source).mapper).toBe(mapper)
  })

  it('with a narrower rule than its family does what the rule says', () => {
    const manifest = Manifest.parse(
      v1(
        rule("exists($.choices[*].delta.content) && $.channel == 'final'", 'PartialContentDelta', {
          content: '$.choices[*].delta.content',
        }),
      ),
    )
    const { chunks } = read(manifest, [
      sse(
        { ...choice({ content: 'aside' }), channel: 'draft' },
        { ...choice({ content: 'said' }, 'stop'), channel: 'final' },
      ),
    ])
    expect(textOf(chunks)).toBe('said')
  })

  it('that looks for a part of a call in the wrong place finds it where its family has it', () => {
    const manifest = Manifest.parse({
      ...v1(
        rule("$.type == 'tool-call-start' && exists($.delta.message.tool_calls.id)", 'ToolCallStarted', {
          tool_call_id: '$.delta.message.tool_calls.id',
          tool_name: '$.delta.message.tool_calls.called',
        }),
        { payload_format: 'cohere_v2' },
      ),
    })
    const { chunks, error } = read(manifest, [
      sse(
        {
          type: 'tool-call-start',
          index: 0,
          delta: { message: { tool_calls: { id: 'a', function: { name: 'tide', arguments: '{}' } } } },
        },
        { type: 'tool-call-end', index: 0 },
        { type: 'message-end', delta: { finish_reason: 'TOOL_CALL' } },
      ),
    ])
    expect(error).toBeUndefined()
    expect(only(chunks, 'tool-call')).toMatchObject([{ toolCallId: 'a', toolName: 'tide' }])
    expect(manifest.remarks).toContainEqual(
      expect.objectContaining({ kind: 'overruled', field: 'streaming.event_map[0]' }),
    )
  })

  it('that calls reasoning what its family calls text is believed', () => {
    const content = '$.choices[*].delta.content'
    const { chunks } = read(Manifest.parse(v1(rule(`exists(${content})`, 'ThinkingDelta', { thinking: content }))), [
      sse(choice({ content: 'hm' }, 'stop')),
    ])
    expect(chunks.filter(({ type }) => type.endsWith('-delta'))).toMatchObject([
      { type: 'reasoning-delta', data: 'hm' },
    ])
  })

  it('finds each part by a filter: one frame gives many events', () => {
    const manifest = Manifest.parse(
      v1(
        rule("exists($.content[?(@.type=='text')].text)", 'PartialContentDelta', {
          content: "$.content[?(@.type=='text')].text",
        }),
      ),
    )
    const { chunks } = read(manifest, [
      sse(
        {
          content: [
            { type: 'text', text: 'a' },
            { type: 'other', text: 'no' },
            { type: 'text', text: 'b' },
          ],
          choices: [],
        },
        choice({}, 'stop'),
      ),
    ])
    expect(only(chunks, 'text-delta').map(({ data }) => data)).toEqual(['a', 'b'])
  })

  it('reads a plain answer where its paths say', () => {
    const manifest = Manifest.parse({
      ...v1({}, { response_paths: { content: 'reply.words', finish_reason: 'reply.why', usage: 'reply.counts' } }),
      features: {
        response_mapping: {
          tool_calls: {
            path: 'reply.deeds',
            filter: "kind == 'tool'",
            fields: { id: 'no', name: 'what.name', args: 'what.with' },
          },
        },
      },
      termination: { source_field: 'why', mapping: { deed: 'tool_use' } },
    })
    const chunks = readResponse(manifest, {
      reply: {
        words: 'Hi',
        deeds: [{ kind: 'note' }, { kind: 'tool', no: 'd1', what: { name: 'tide', with: { at: 1 } } }],
        why: 'deed',
        counts: { input_tokens: 4 },
      },
    })
    expect(textOf(chunks)).toBe('Hi')
    expect(only(chunks, 'tool-call')).toMatchObject([{ toolCallId: 'd1', toolName: 'tide', input: { at: 1 } }])
    expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'tool-calls', usage: { inputTokens: 4 } }])
  })

  it('takes fields without a value for fields that are not there, and says which others it cannot use', () => {
    const manifest = Manifest.parse({
      ...v1({ event_map: null, frame_selector: null, accumulator: null, candidate: null, novelty: 1 }),
      response_paths: { content: 'choices[].message' },
      features: { multi_candidate: true, response_mapping: { error: { code_path: 'a[' } } },
      auth: { type: 'handshake' },
    })
    expect(manifest.remarks.filter(({ kind }) => kind === 'unused').map(({ field }) => field)).toEqual([
      'auth.type',
      'features.response_mapping.error.code_path',
      'streaming.novelty',
      'response_paths.content',
    ])
  })

  it('says what it holds that nothing acts on', () => {
    const manifest = Manifest.parse({
      ...v1({}),
      retry_policy: { max_retries: 3 },
      rate_limit_headers: { retry_after: 'retry-after' },
      endpoint: { base_url: 'https://api.some.example', timeout_ms: 10 },
      parameter_mappings: { temperature: 't', top_a: 'a', stream: 'stream' },
      pricing: { input: 1 },
    })
    const unused = manifest.remarks.filter(({ kind }) => kind === 'unused')
    expect(unused.map(({ field }) => field)).toEqual([
      'retry_policy',
      'rate_limit_headers',
      'endpoint.timeout_ms',
      'parameter_mappings',
    ])
    expect(unused.at(-1)?.text).toMatch(/^`top_a`: /)
  })

  it('has tools and structured output as its family has, where the provider is the family’s own', () => {
    const own = Manifest.parse({ ...v1({}), endpoint: { base_url: 'https://api.openai.com/v1' } })
    expect(own.data).toMatchObject({ tools: { strict: true }, structured_output: { mode: 'json_schema' } })
    const other = Manifest.parse(v1({}))
    expect(other.data).toMatchObject({ tools: { strict: false }, structured_output: { mode: 'none' } })
  })

  it.each<[string, object]>([
    ['streaming.decoder.format', v1({ decoder: { format: 'morse' } })],
    ['streaming.decoder.prefix', v1({ decoder: { format: 'sse', prefix: 'msg=' } })],
    ['streaming.decoder.delimiter', v1({ decoder: { format: 'sse', delimiter: '|' } })],
    ['streaming.decoder', v1({ decoder: { format: 'sse', compression: 'zip' } })],
    ['streaming.accumulator', v1({ accumulator: { merge: 'last' } })],
    ['streaming.event_map.0.emit', v1(rule('$.a', 'Telepathy', {}))],
    ['streaming.event_map.0', v1({ event_map: [{ match: '$.a', emit: 'StreamEnd', stop: true }] })],
    ['streaming.event_map[0]', v1(rule('$.a =~ /x/', 'StreamEnd', {}))],
    ['protocol_version', { ...v1({}), protocol_version: '3.0' }],
  ])('with a %s that Braid cannot honour is refused by name', (field, source) => {
    expect(() => Manifest.parse(source)).toThrow(
      expect.objectContaining({ code: 'invalid_manifest', message: expect.stringContaining(field) }),
    )
  })
})
