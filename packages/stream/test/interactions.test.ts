import { family, readResponse } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { bytesOf, only, read, sse, textOf } from './reading.ts'

const interactions = family('gemini-interactions')
const created = { event_type: 'interaction.created', interaction: { id: 'v1', model: 'flash', status: 'in_progress' } }
const completed = (status: string) => ({
  event_type: 'interaction.completed',
  interaction: { id: 'v1', model: 'flash', status, usage: { total_input_tokens: 2, total_output_tokens: 3 } },
})
const step = (index: number, fields: object, ...deltas: readonly object[]) => [
  { event_type: 'step.start', index, step: fields },
  ...deltas.map((delta) => ({ event_type: 'step.delta', index, delta })),
  { event_type: 'step.stop', index },
]

describe('the steps of an interaction', () => {
  it('are thoughts with their signature, text, and calls that wait for whoever asked', () => {
    const { chunks, error } = read(
      interactions,
      bytesOf(
        sse(
          created,
          ...step(
            0,
            { type: 'thought' },
            { type: 'thought_summary', content: { type: 'text', text: 'Hm.' } },
            { type: 'thought_signature', signature: 'c2ln' },
          ),
          ...step(1, { type: 'model_output' }, { type: 'text', text: 'Let me see.' }),
          ...step(
            2,
            { type: 'function_call', id: 'f1', name: 'weather', arguments: {} },
            { type: 'arguments_delta', arguments: '{"city":' },
            { type: 'arguments_delta', arguments: '"Oslo"}' },
          ),
          ...step(3, { type: 'function_call', id: 'f2', name: 'now', arguments: { zone: 'UTC' } }),
          completed('requires_action'),
          '[DONE]',
        ),
      ),
    )
    expect(error).toBeUndefined()
    expect(only(chunks, 'reasoning-end').map(({ signature }) => signature)).toEqual(['c2ln'])
    expect(textOf(chunks)).toBe('Let me see.')
    expect(only(chunks, 'tool-call').map(({ toolCallId, toolName, input }) => [toolCallId, toolName, input])).toEqual([
      ['f1', 'weather', { city: 'Oslo' }],
      ['f2', 'now', { zone: 'UTC' }],
    ])
    expect(only(chunks, 'finish')[0]).toMatchObject({
      finishReason: 'tool-calls',
      rawFinishReason: 'requires_action',
      usage: { inputTokens: 2, outputTokens: 3 },
    })
  })

  it('that Google runs itself are calls that it runs, and their results are raw', () => {
    const { chunks } = read(interactions, [
      sse(
        created,
        ...step(
          0,
          { type: 'google_search_call', id: 's1' },
          { type: 'google_search_call', arguments: { queries: ['x'] } },
        ),
        ...step(1, { type: 'google_search_result' }, { type: 'google_search_result', result: [] }),
        completed('completed'),
      ),
    ])
    expect(only(chunks, 'tool-call')).toMatchObject([
      { toolCallId: 's1', toolName: 'google_search', input: { queries: ['x'] }, providerExecuted: true },
    ])
    expect(only(chunks, 'raw').length).toBe(2)
    expect(only(chunks, 'finish')[0]?.finishReason).toBe('stop')
  })

  it('read plainly give the same', () => {
    const chunks = readResponse(interactions, {
      id: 'v1',
      model: 'flash',
      status: 'completed',
      steps: [
        { type: 'thought', signature: 'c2ln' },
        { type: 'model_output', content: [{ type: 'text', text: 'Hello' }] },
      ],
      usage: { total_tokens: 5 },
    })
    expect(only(chunks, 'reasoning-end').map(({ signature }) => signature)).toEqual(['c2ln'])
    expect(textOf(chunks)).toBe('Hello')
    expect(only(chunks, 'finish')[0]).toMatchObject({ finishReason: 'stop', usage: { totalTokens: 5 } })
  })

  it.each<[string, object, string]>([
    ['an error event', { event_type: 'error', error: { code: 'RESOURCE_EXHAUSTED', message: 'x' } }, 'rate_limited'],
    ['an interaction that failed', completed('failed'), 'unknown'],
  ])('end with %s as an error with a name', (_, frame, code) => {
    const { chunks, error } = read(interactions, [
      sse(created, ...step(0, { type: 'model_output' }, { type: 'text', text: 'x' }), frame),
    ])
    expect(error?.code).toBe(code)
    expect(textOf(chunks)).toBe('x')
  })
})
