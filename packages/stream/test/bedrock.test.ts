import { family, readResponse } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { awsChunk, awsEvent, awsException, converseEnd, converseText } from './aws.ts'
import { bytesOf, only, read, textOf } from './reading.ts'

const converse = family('bedrock-converse')
const invoke = family('bedrock-invoke')
const agent = family('bedrock-agent')

function block(index: number, delta: object): Buffer {
  return awsEvent('contentBlockDelta', { contentBlockIndex: index, delta })
}

describe('Bedrock Converse', () => {
  it('puts interleaved blocks together by their index', () => {
    const start = (index: number, id: string) =>
      awsEvent('contentBlockStart', {
        contentBlockIndex: index,
        start: { toolUse: { toolUseId: id, name: `t-${id}` } },
      })
    const { chunks } = read(converse, [
      start(1, 'a'),
      start(2, 'b'),
      block(1, { toolUse: { input: '{"n":' } }),
      block(2, { toolUse: { input: '{"n":2' } }),
      block(0, { text: 'both' }),
      block(1, { toolUse: { input: '1}' } }),
      block(2, { toolUse: { input: '}' } }),
      converseEnd('tool_use'),
    ])
    expect(textOf(chunks)).toBe('both')
    expect(only(chunks, 'tool-call')).toMatchObject([
      { toolCallId: 'a', toolName: 't-a', input: { n: 1 } },
      { toolCallId: 'b', toolName: 't-b', input: { n: 2 } },
    ])
    expect(only(chunks, 'finish')[0]?.finishReason).toBe('tool-calls')
  })

  it('keeps reasoning with its signature and what of it is redacted, byte for byte', () => {
    const { chunks } = read(converse, [
      block(0, { reasoningContent: { text: 'let me ' } }),
      block(0, { reasoningContent: { text: 'see' } }),
      block(0, { reasoningContent: { signature: 'c2ln+/==' } }),
      awsEvent('contentBlockStop', { contentBlockIndex: 0 }),
      block(1, { reasoningContent: { redactedContent: 'c2VjcmV0' } }),
      awsEvent('contentBlockStop', { contentBlockIndex: 1 }),
      converseText('x'),
      converseEnd(),
    ])
    expect(only(chunks, 'reasoning-delta').map(({ data }) => data)).toEqual(['let me ', 'see'])
    expect(only(chunks, 'reasoning-end')).toMatchObject([{ signature: 'c2ln+/==' }, { redacted: 'c2VjcmV0' }])
  })

  it('gives citations as sources, and tools that run at AWS as such', () => {
    const { chunks } = read(converse, [
      block(0, { citation: { title: 'Policy', location: { documentChar: { documentIndex: 0 } } } }),
      block(0, {
        citation: { title: 'Page', location: { web: { url: 'https://example.com', domain: 'example.com' } } },
      }),
      awsEvent('contentBlockStart', {
        contentBlockIndex: 1,
        start: { toolUse: { toolUseId: 's', name: 'interpreter', type: 'server_tool_use' } },
      }),
      block(1, { toolUse: { input: '{}' } }),
      converseEnd(),
    ])
    expect(only(chunks, 'source')).toMatchObject([{ title: 'Policy' }, { title: 'Page', url: 'https://example.com' }])
    expect(only(chunks, 'tool-call')).toMatchObject([{ toolName: 'interpreter', providerExecuted: true }])
    expect(only(chunks, 'finish')[0]?.finishReason).toBe('stop')
  })

  it('has plain answers as well', () => {
    const chunks = readResponse(converse, {
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
            { text: 'Hello' },
            { toolUse: { toolUseId: 'a', name: 'look', input: { at: 1 } } },
          ],
        },
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5, cacheReadInputTokens: 1 },
    })
    expect(textOf(chunks)).toBe('Hello')
    expect(only(chunks, 'reasoning-end')).toMatchObject([{ signature: 'sig' }])
    expect(only(chunks, 'tool-call')).toMatchObject([{ toolCallId: 'a', toolName: 'look', input: { at: 1 } }])
    expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'tool-calls', usage: { cachedTokens: 1 } }])
  })
})

describe('Bedrock InvokeModel, by the protocol of the model inside', () => {
  const metrics = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 4, outputTokenCount: 2 } }
  const anthropic = [
    { type: 'message_start', message: { id: 'm', model: 'claude', usage: { input_tokens: 4, output_tokens: 1 } } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi there' } },
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
    { type: 'message_stop', ...metrics },
  ]

  it.each<[string, readonly object[], string]>([
    ['Anthropic', anthropic, 'end_turn'],
    [
      'Nova',
      [
        { messageStart: { role: 'assistant' } },
        { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Hi' } } },
        { contentBlockDelta: { contentBlockIndex: 1, delta: { text: ' there' } } },
        { contentBlockStop: { contentBlockIndex: 1 } },
        { messageStop: { stopReason: 'end_turn' } },
        { metadata: { usage: { inputTokens: 4, outputTokens: 2 } }, ...metrics },
      ],
      'end_turn',
    ],
    [
      'Titan',
      [
        { outputText: 'Hi', index: 0, totalOutputTextTokenCount: null, completionReason: null, inputTextTokenCount: 4 },
        { outputText: ' there', index: 0, totalOutputTextTokenCount: 2, completionReason: 'FINISH', ...metrics },
      ],
      'FINISH',
    ],
    [
      'Llama',
      [
        { generation: 'Hi', prompt_token_count: 4, generation_token_count: 1, stop_reason: null },
        { generation: ' there', generation_token_count: 2, stop_reason: 'stop', ...metrics },
      ],
      'stop',
    ],
    [
      'Mistral',
      [
        { outputs: [{ text: 'Hi', stop_reason: null }] },
        { outputs: [{ text: ' there', stop_reason: 'stop' }], ...metrics },
      ],
      'stop',
    ],
    [
      'Cohere Command',
      [
        { text: 'Hi', is_finished: false, index: 0 },
        { text: ' there', is_finished: false, index: 0 },
        { is_finished: true, finish_reason: 'COMPLETE', index: 0, ...metrics },
      ],
      'COMPLETE',
    ],
    [
      'Cohere Command R',
      [
        { event_type: 'text-generation', is_finished: false, text: 'Hi' },
        { event_type: 'text-generation', is_finished: false, text: ' there' },
        {
          event_type: 'stream-end',
          is_finished: true,
          finish_reason: 'COMPLETE',
          response: { text: 'Hi there' },
          ...metrics,
        },
      ],
      'COMPLETE',
    ],
    [
      'DeepSeek',
      [
        { choices: [{ index: 0, text: 'Hi', stop_reason: null }] },
        { choices: [{ index: 0, text: ' there', stop_reason: 'stop' }], ...metrics },
      ],
      'stop',
    ],
    [
      'OpenAI',
      [
        { choices: [{ index: 0, delta: { content: 'Hi' } }], model: 'gpt-oss' },
        { choices: [{ index: 0, delta: { content: ' there' }, finish_reason: 'stop' }], ...metrics },
      ],
      'stop',
    ],
  ])('%s', (_, frames, reason) => {
    const stream = Buffer.concat(frames.map(awsChunk))
    for (const pieces of [[stream], bytesOf(stream)]) {
      const { chunks, error } = read(invoke, pieces)
      expect(error).toBeUndefined()
      expect(textOf(chunks)).toBe('Hi there')
      expect(only(chunks, 'raw')).toEqual([])
      expect(only(chunks, 'finish')).toMatchObject([
        { finishReason: 'stop', rawFinishReason: reason, usage: { inputTokens: 4, outputTokens: 2 } },
      ])
    }
    const early = read(invoke, frames.slice(0, Math.min(2, frames.length - 1)).map(awsChunk))
    expect(early.error?.code).toBe('stream_truncated')
  })

  it('is not whole with a finish reason of Anthropic, but with its message_stop', () => {
    expect(read(invoke, anthropic.slice(0, -1).map(awsChunk)).error?.code).toBe('stream_truncated')
  })

  it('takes counts outside the usage object for counts, not for the usage object', () => {
    const { chunks } = read(invoke, [awsChunk({ generation: 'x', stop_reason: 'length', ...metrics })])
    expect(only(chunks, 'finish')[0]?.usage).toEqual({ inputTokens: 4, outputTokens: 2 })
  })

  it('calls an input that a guardrail blocked filtered, though Titan gives no reason', () => {
    const { chunks, error } = read(invoke, [
      awsChunk({
        outputText: 'Input blocked',
        totalOutputTextTokenCount: 3,
        'amazon-bedrock-guardrailAction': 'INTERVENED',
      }),
    ])
    expect(error).toBeUndefined()
    const [finish] = only(chunks, 'finish')
    expect(finish).toMatchObject({ finishReason: 'content-filter', metadata: { guardrail_action: 'INTERVENED' } })
    expect(finish).not.toHaveProperty('rawFinishReason')
  })

  it('has the exceptions of Converse', () => {
    const { chunks, error } = read(invoke, [awsChunk(anthropic[0]!), awsException('throttlingException', {})])
    expect(only(chunks, 'message-start')).toMatchObject([{ model: 'claude' }])
    expect(error?.code).toBe('rate_limited')
  })

  it('calls what is no frame inside malformed', () => {
    expect(read(invoke, [awsChunk('no JSON')]).error?.code).toBe('malformed_frame')
  })
})

describe('a Bedrock agent', () => {
  const said = awsChunk('Grüße, 世界')

  it('says text, with its traces as raw, and ends where the bytes end', () => {
    const stream = Buffer.concat([awsEvent('trace', { trace: { rationale: 'because' } }), said])
    for (const pieces of [[stream], bytesOf(stream)]) {
      const { chunks, error } = read(agent, pieces)
      expect(error).toBeUndefined()
      expect(textOf(chunks)).toBe('Grüße, 世界')
      expect(only(chunks, 'raw')).toMatchObject([{ rawResponse: { trace: { trace: { rationale: 'because' } } } }])
      expect(only(chunks, 'finish')).toMatchObject([{ finishReason: 'stop' }])
    }
  })

  it('is truncated where the bytes end inside a message, or before it said anything', () => {
    const twice = Buffer.concat([said, said])
    for (let length = 0; length < twice.length; length++) {
      const { error } = read(agent, [twice.subarray(0, length)])
      expect(error?.code, `after ${length} bytes`).toBe(length === said.length ? undefined : 'stream_truncated')
    }
  })

  it('names the sources of its knowledge bases, once each', () => {
    const location = { s3Location: { uri: 's3://bucket/doc' } }
    const { chunks } = read(agent, [
      awsEvent('chunk', {
        bytes: '',
        attribution: { citations: [{ retrievedReferences: [{ location }, { location }] }] },
      }),
    ])
    expect(only(chunks, 'source')).toMatchObject([{ url: 's3://bucket/doc' }])
  })
})
