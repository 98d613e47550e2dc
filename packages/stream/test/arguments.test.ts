import { family, Manifest, manifests } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, choice, only, read, sse } from './reading.ts'

const openai = family('openai-chat')
const gemini = family('gemini')
const fragment = (text: string, more: object = {}) =>
  choice({
    tool_calls: [{ index: 0, ...more, function: { ...('name' in more ? { name: more.name } : {}), arguments: text } }],
  })

describe('arguments', () => {
  it('that are sent again whole with each frame are told by a dialect, and said once', () => {
    const { streaming } = manifests['openai-chat']
    const cumulative = Manifest.parse({
      ...manifests['openai-chat'],
      streaming: {
        ...streaming,
        event_map: streaming.event_map.map((rule) =>
          rule.emit === 'PartialToolCall'
            ? {
                ...rule,
                fields: {
                  index: '$.choices[*].delta.tool_calls[*].index',
                  tool_call_id: '$.choices[*].delta.tool_calls[*].id',
                  tool_name: '$.choices[*].delta.tool_calls[*].function.name',
                  arguments_so_far: '$.choices[*].delta.tool_calls[*].function.arguments',
                },
              }
            : rule,
        ),
      },
    })
    const stream = sse(
      fragment('', { id: 'a', name: 'weather' }),
      fragment('{"city"'),
      fragment('{"city":"Oslo"'),
      fragment('{"city":"Oslo"}'),
      fragment('{"city":"Oslo"}'),
      choice({}, 'tool_calls'),
    )
    const { chunks, error } = read(cumulative, bytesOf(stream))
    expect(error).toBeUndefined()
    expect(only(chunks, 'tool-input-delta').map(({ data }) => data)).toEqual(['{"city"', ':"Oslo"', '}'])
    expect(only(chunks, 'tool-call').map(({ input }) => input)).toEqual([{ city: 'Oslo' }])
  })

  it('of a function call, as they were before there were tools, make one call', () => {
    const legacy = (fields: object, finish: string | null = null) => choice({ function_call: fields }, finish)
    const { chunks } = read(
      openai,
      bytesOf(
        sse(
          legacy({ name: 'weather', arguments: '' }),
          legacy({ arguments: '{"city":' }),
          legacy({ arguments: '"Oslo"}' }),
          choice({}, 'function_call'),
        ),
      ),
    )
    expect(only(chunks, 'tool-call')).toMatchObject([
      { toolCallId: 'call-0-chatcmpl-1', toolName: 'weather', input: { city: 'Oslo' } },
    ])
    expect(only(chunks, 'finish')[0]?.finishReason).toBe('tool-calls')
  })

  it('that did not parse because of the limit leave the limit as the reason', () => {
    const { chunks } = read(openai, [sse(fragment('{"city":"O', { id: 'a', name: 'weather' }), choice({}, 'length'))])
    expect(only(chunks, 'tool-call')[0]?.invalid?.code).toBe('invalid_tool_input')
    expect(only(chunks, 'finish')[0]).toMatchObject({ finishReason: 'length', rawFinishReason: 'length' })
  })

  it('by path, as Vertex streams them, become one object', () => {
    const part = (functionCall: object, finishReason?: string) => ({
      candidates: [{ content: { parts: [{ functionCall }] }, ...(finishReason ? { finishReason } : {}) }],
      responseId: 'r',
      modelVersion: 'pro',
    })
    const { chunks, error } = read(
      gemini,
      bytesOf(
        sse(
          part({ name: 'book', willContinue: true }),
          part({ partialArgs: [{ jsonPath: '$.city', stringValue: 'Os' }], willContinue: true }),
          part({ partialArgs: [{ jsonPath: '$.city', stringValue: 'lo' }], willContinue: true }),
          part({ partialArgs: [{ jsonPath: '$.days[0].at', numberValue: 3 }], willContinue: true }),
          part({}),
          part({ name: 'now', args: {} }, 'STOP'),
        ),
      ),
    )
    expect(error).toBeUndefined()
    expect(only(chunks, 'tool-call').map(({ toolName, input }) => [toolName, input])).toEqual([
      ['book', { city: 'Oslo', days: [{ at: 3 }] }],
      ['now', {}],
    ])
  })
})

describe('what Google runs itself', () => {
  it('is a call that it runs, with its result raw, and no reason to answer', () => {
    const part = (fields: object, finishReason?: string) => ({
      candidates: [{ content: { parts: [fields] }, ...(finishReason ? { finishReason } : {}) }],
      responseId: 'r',
    })
    const { chunks } = read(gemini, [
      sse(
        part({ executableCode: { language: 'PYTHON', code: 'print(1)' } }),
        part({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } }),
        part({ toolCall: { toolType: 'FILE_SEARCH', id: 't1' } }),
        part({ text: 'One.' }, 'STOP'),
      ),
    ])
    expect(only(chunks, 'tool-call')).toMatchObject([
      { toolName: 'code_execution', input: { language: 'PYTHON', code: 'print(1)' }, providerExecuted: true },
      { toolCallId: 't1', toolName: 'FILE_SEARCH', input: {}, providerExecuted: true },
    ])
    expect(only(chunks, 'raw')).toHaveLength(1)
    expect(only(chunks, 'finish')[0]?.finishReason).toBe('stop')
  })
})

describe('probabilities of tokens', () => {
  it('are in the metadata of what they belong to', () => {
    const logprobs = { content: [{ token: 'x', logprob: -0.5 }], refusal: null }
    const frame = {
      id: 'c',
      model: 'm',
      choices: [{ index: 0, delta: { content: 'x' }, logprobs, finish_reason: null }],
    }
    const { chunks } = read(openai, [sse(frame, choice({ content: 'y' }, 'stop'))])
    expect(only(chunks, 'text-delta').map(({ metadata }) => metadata)).toEqual([{ logprobs }, {}])
    const completions = read(family('openai-completions'), [
      sse({
        id: 'c',
        model: 'm',
        choices: [{ index: 0, text: 'x', logprobs: { tokens: ['x'] }, finish_reason: 'stop' }],
      }),
    ])
    expect(only(completions.chunks, 'text-delta')[0]?.metadata).toEqual({ logprobs: { tokens: ['x'] } })
    const google = read(gemini, [
      sse({
        candidates: [{ content: { parts: [{ text: 'x' }] }, logprobsResult: { chosen: 1 }, finishReason: 'STOP' }],
      }),
    ])
    expect(only(google.chunks, 'text-delta')[0]?.metadata).toEqual({ logprobs: { chosen: 1 } })
  })
})
