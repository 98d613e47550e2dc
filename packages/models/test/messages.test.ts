import { BraidError, Message, type ToolOutcome } from '@braid/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatMessages, parseMessages } from '../src/index.ts'

const text = fc.string({ unit: 'binary', maxLength: 8 })
const id = fc.nat({ max: 6 }).map((number) => `call_${number}`)
const image = { type: 'file', mediaType: 'image/png', bytes: new Uint8Array([1, 2, 3]) } as const
const linked = { type: 'file', mediaType: 'image/gif', url: 'https://example.org/a.gif' } as const
const call = (toolCallId: string) => ({ toolCallId, toolName: 'look', input: { at: toolCallId } })
const outcome = (toolCallId: string, output: string, failed: boolean): ToolOutcome =>
  failed ? { ...call(toolCallId), error: new BraidError('tool_failed', output) } : { ...call(toolCallId), output }

/** Anything that can be on a branch, in any order. */
const message = fc.oneof(
  text.map((said) => Message.system(said)),
  fc.tuple(text, fc.subarray([image, linked])).map(([said, files]) => Message.instruction(said, { files })),
  fc
    .tuple(
      fc.array(text, { maxLength: 2 }).map((all) => [...all, 'Said.']),
      fc.option(text.map((sign) => `s${sign}`)),
    )
    .map(
      ([texts, signature]) =>
        new Message({
          content: {
            type: 'assistant-response',
            parts: [
              ...(signature === null ? [] : [{ type: 'reasoning', text: 'hm', signature } as const]),
              ...texts.map((said) => ({ type: 'text', text: said }) as const),
            ],
            finishReason: 'stop',
            usage: {},
            model: 'm',
          },
        }),
    ),
  fc
    .array(id, { minLength: 1, maxLength: 2 })
    .map((ids) => new Message({ content: { type: 'action-request', calls: ids.map(call) } })),
  fc
    .array(fc.tuple(id, text, fc.boolean()), { minLength: 1, maxLength: 2 })
    .map((all) => new Message({ content: { type: 'action-response', outcomes: all.map((each) => outcome(...each)) } })),
)
/** Calls that follow an answer are that answer's: OpenAI has them in one message or in two. */
function joined(body: Readonly<Record<string, unknown>>): unknown {
  const messages: Record<string, unknown>[] = []
  for (const one of body['messages'] as Record<string, unknown>[]) {
    const last = messages.at(-1)
    const follows = one['role'] === 'assistant' && one['content'] === null && last?.['role'] === 'assistant'
    if (follows && last && !('tool_calls' in last))
      messages[messages.length - 1] = { ...last, ...one, content: last['content'] }
    else messages.push(one)
  }
  return { ...body, messages }
}

const opening = Message.instruction('Look around.')

describe.each(['openai', 'anthropic'] as const)('messages in the format of %s', (format) => {
  it('are the same when they were read and are written again', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), (said) => {
        const written = formatMessages(format, [opening, ...said])
        expect(joined(formatMessages(format, parseMessages(format, written)))).toEqual(joined(written))
      }),
      { numRuns: 200 },
    )
  })

  it('of nobody are none', () => {
    expect(formatMessages(format, [])).toEqual({ messages: [] })
    expect(parseMessages(format, [])).toEqual([])
  })

  it.each([
    [
      [
        { role: 'user', content: 'ok' },
        { role: 'robot', content: 'x' },
      ],
      '[1].role',
    ],
    [[{ role: 'user', content: [{ type: 'video' }] }], '[0].content[0]'],
    [[{ role: 'user', content: 7 }], '[0].content'],
    [['hello'], '[0]'],
    ['hello', 'the body'],
    [{}, '`messages`'],
  ])('%j are refused by their place', (given, place) => {
    expect(() => parseMessages(format, given)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    expect(() => parseMessages(format, given)).toThrow(place)
  })
})

it('what OpenAI has in one message is an answer and its calls, and results in a row are one', () => {
  const messages = parseMessages('openai', [
    { role: 'developer', content: 'Be brief.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is there?' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
      ],
    },
    {
      role: 'assistant',
      content: 'I look.',
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'look', arguments: '{"at":"sky"}' } },
        { id: 'b', type: 'function', function: { name: 'look', arguments: '{"at":' } },
      ],
    },
    { role: 'tool', tool_call_id: 'b', content: 'nothing' },
    { role: 'tool', tool_call_id: 'a', content: 'stars' },
    { role: 'assistant', content: 'Stars.', refusal: null },
  ])
  expect(messages.map(({ content }) => content)).toMatchObject([
    { type: 'system', system: 'Be brief.' },
    {
      type: 'instruction',
      instruction: 'What is there?',
      files: [{ mediaType: 'image/png', bytes: new Uint8Array([1, 2, 3]) }],
    },
    { type: 'assistant-response', parts: [{ type: 'text', text: 'I look.' }], finishReason: 'tool-calls' },
    {
      type: 'action-request',
      calls: [
        { toolCallId: 'a', toolName: 'look', input: { at: 'sky' } },
        { toolCallId: 'b', input: '{"at":' },
      ],
    },
    {
      type: 'action-response',
      outcomes: [
        { toolCallId: 'b', toolName: 'look', output: 'nothing' },
        { toolCallId: 'a', input: { at: 'sky' }, output: 'stars' },
      ],
    },
    { type: 'assistant-response', parts: [{ type: 'text', text: 'Stars.' }], finishReason: 'stop' },
  ])
})

it('what Anthropic has in one message is results, then instructions with their files; thinking keeps its signature', () => {
  const messages = parseMessages('anthropic', {
    system: 'Be brief.',
    messages: [
      { role: 'user', content: 'What is there?' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'c2ln' },
          { type: 'redacted_thinking', data: 'eA==' },
          { type: 'tool_use', id: 'a', name: 'look', input: { at: 'sky' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', is_error: true, content: [{ type: 'text', text: 'too dark' }] },
          { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
          { type: 'text', text: 'Look here.' },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'stars' } },
        ],
      },
    ],
  })
  expect(messages.map(({ content }) => content)).toMatchObject([
    { type: 'system', system: 'Be brief.' },
    { type: 'instruction', instruction: 'What is there?' },
    {
      parts: [
        { type: 'reasoning', text: 'hm', signature: 'c2ln' },
        { type: 'reasoning', redacted: 'eA==' },
      ],
    },
    { calls: [{ toolCallId: 'a', toolName: 'look', input: { at: 'sky' } }] },
    { outcomes: [{ toolCallId: 'a', toolName: 'look', error: { code: 'tool_failed', message: 'too dark' } }] },
    { instruction: 'Look here.', files: [{ mediaType: 'image/png', url: 'https://example.org/a.png' }] },
    { instruction: '', files: [{ mediaType: 'text/plain', bytes: new TextEncoder().encode('stars') }] },
  ])
})

it('any provider that Braid can write to has its own way, and what it does not know is named', () => {
  const said = [Message.system('Be brief.'), Message.instruction('Hello')]
  expect(formatMessages('gemini', said)).toMatchObject({ contents: [{ role: 'user', parts: [{ text: 'Hello' }] }] })
  expect(formatMessages('openai-responses', said)).toHaveProperty('input')
  expect(formatMessages('openai/gpt-4o', [{ role: 'user', content: 'Hello' }])).toEqual({
    messages: [{ role: 'user', content: 'Hello' }],
  })
  expect(() => formatMessages('opnai' as 'openai', said)).toThrow('Did you mean openai')
  expect(() => parseMessages('gemini' as 'openai', [])).toThrow("'openai' or 'anthropic'")
})
