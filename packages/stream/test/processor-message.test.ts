import { BraidError, type ModelChunk, NO_METADATA } from '@braid/core'
import { type MessageOptions, type SignedPart, StreamingMessage } from '@braid/stream'
import { describe, expect, it } from 'vitest'

const BASE = { candidate: 0, metadata: NO_METADATA }
const begin: ModelChunk = { ...BASE, type: 'message-start', id: 'm-1', model: 'm' }
const start = (id: string): ModelChunk => ({ ...BASE, type: 'text-start', id })
const say = (id: string, data: string): ModelChunk => ({ ...BASE, type: 'text-delta', id, data })
const stop = (id: string): ModelChunk => ({ ...BASE, type: 'text-end', id })
const think = (id: string, data: string): ModelChunk => ({ ...BASE, type: 'reasoning-delta', id, data })
const startThinking = (id: string): ModelChunk => ({ ...BASE, type: 'reasoning-start', id })
const sign = (id: string, signature: string): ModelChunk => ({ ...BASE, type: 'reasoning-end', id, signature })
const startCall = (id: string, toolName = 'add'): ModelChunk => ({ ...BASE, type: 'tool-input-start', id, toolName })
const input = (id: string, data: string): ModelChunk => ({ ...BASE, type: 'tool-input-delta', id, data })
const stopCall = (id: string): ModelChunk => ({ ...BASE, type: 'tool-input-end', id })
const call = (id: string, args: object): ModelChunk => ({
  ...BASE,
  type: 'tool-call',
  toolCallId: id,
  toolName: 'add',
  input: args,
  rawInput: JSON.stringify(args),
})
const badCall = (id: string, rawInput: string): ModelChunk => ({
  ...BASE,
  type: 'tool-call',
  toolCallId: id,
  toolName: 'add',
  input: rawInput,
  rawInput,
  invalid: new BraidError('invalid_tool_input', 'no JSON'),
})
const finish = (finishReason: 'stop' | 'length' | 'tool-calls' = 'stop', usage = {}): ModelChunk => ({
  ...BASE,
  type: 'finish',
  finishReason,
  usage,
})
const usage = (outputTokens: number): ModelChunk => ({ ...BASE, type: 'usage', usage: { outputTokens } })
const redact = (id: string): ModelChunk => ({ ...BASE, type: 'redaction', id })

function message(options: MessageOptions | 'strict' | 'lenient' = {}, ...chunks: ModelChunk[]): StreamingMessage {
  const made = new StreamingMessage(options)
  for (const chunk of chunks) made.push(chunk)
  return made
}
const codes = ({ diagnostics }: StreamingMessage) => diagnostics.map(({ code }) => code)
const parts = (made: StreamingMessage) => made.snapshot().content.parts

describe('a message that keeps to its protocol', () => {
  it('is text, reasoning with its signature, and calls with parsed arguments', () => {
    const made = message(
      'strict',
      begin,
      startThinking('r'),
      think('r', 'hm'),
      sign('r', 'c2ln+/=='),
      start('t'),
      say('t', 'Hello '),
      say('t', 'world!'),
      stop('t'),
      startCall('c'),
      input('c', '{"a":'),
      input('c', '2}'),
      stopCall('c'),
      call('c', { a: 2 }),
      finish('tool-calls'),
    )
    expect(made).toMatchObject({ state: 'done', isComplete: true, diagnostics: [], violations: 0 })
    expect(parts(made)).toEqual([
      { type: 'reasoning', text: 'hm', signature: 'c2ln+/==' },
      { type: 'text', text: 'Hello world!' },
    ])
    expect(made.toolCalls).toEqual([{ toolCallId: 'c', toolName: 'add', input: { a: 2 } }])
  })

  it('shows open blocks at any moment, tool input among them', () => {
    const made = message('strict', begin, start('t'), say('t', 'Hel'), startCall('c'), input('c', '{"a'))
    expect(made.snapshot()).toMatchObject({ text: 'Hel', status: 'partial' })
    expect(made.blocks).toEqual([
      { id: 't', type: 'text', text: 'Hel', state: 'open', candidate: 0 },
      { id: 'c', type: 'tool-input', toolName: 'add', text: '{"a', state: 'open', candidate: 0 },
    ])
  })

  it('has blocks that are open, then stopped, then done', () => {
    const made = message('strict', begin, start('t'), say('t', 'x'))
    const states = () => made.blocks.map(({ state }) => state)
    const seen = [states()]
    made.push(stop('t'))
    seen.push(states())
    made.push(finish())
    seen.push(states())
    expect(seen).toEqual([['open'], ['stopped'], ['done']])
  })

  it('has a call from the end of its input, and counts it once', () => {
    const made = message('strict', begin, startCall('c'), input('c', '{"a":2}'))
    expect(made.toolCalls).toEqual([])
    made.push(stopCall('c'))
    expect(made.toolCalls).toEqual([{ toolCallId: 'c', toolName: 'add', input: { a: 2 } }])
    made.push(call('c', { a: 2 }))
    expect(made.toolCalls).toHaveLength(1)
  })

  it('keeps calls in the order in which they came, not in that of a hash', () => {
    const ids = ['z', 'a', 'm', '10', '2']
    const chunks = ids.flatMap((id) => [startCall(id), stopCall(id), call(id, {})])
    expect(message('strict', begin, ...chunks).toolCalls.map(({ toolCallId }) => toolCallId)).toEqual(ids)
  })

  it('is complete only when every candidate is, and shows each', () => {
    const second = (chunk: ModelChunk): ModelChunk => ({ ...chunk, candidate: 1 })
    const made = message('strict', begin, second(begin), start('t'), say('t', 'a'), stop('t'))
    made.push(second(start('1/t')))
    made.push(second(say('1/t', 'b')))
    made.push(finish())
    expect([made.isComplete, made.state]).toEqual([false, 'open'])
    made.push(second(stop('1/t')))
    made.push(second(finish()))
    expect([made.isComplete, made.state]).toEqual([true, 'done'])
    expect([made.snapshot().text, made.snapshot(1).text]).toEqual(['a', 'b'])
  })

  it('leaves a tool that the provider runs to the provider', () => {
    const made = message('strict', begin, startCall('c'), stopCall('c'), {
      ...call('c', {}),
      providerExecuted: true,
    } as ModelChunk)
    expect(made.toolCalls).toEqual([])
  })
})

describe("stood's table of behaviours, with the right outcome", () => {
  it('messageStart a second time is noted, and nothing said is lost', () => {
    const made = message('lenient', begin, start('t'), say('t', 'a'), begin, say('t', 'b'))
    expect(made.snapshot().text).toBe('ab')
    expect(codes(made)).toEqual(['protocol_violation'])
  })

  it('a text block that starts while another is open loses nothing: blocks interleave', () => {
    const made = message('strict', begin, start('t1'), say('t1', 'a'), start('t2'), say('t2', 'b'), say('t1', 'A'))
    expect(parts(made)).toEqual([
      { type: 'text', text: 'aA' },
      { type: 'text', text: 'b' },
    ])
  })

  it('a start with the id of an open block is a second block, noted, and both are kept', () => {
    const made = message('lenient', begin, start('t'), say('t', 'a'), start('t'), say('t', 'b'))
    expect(parts(made)).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ])
    expect(codes(made)).toEqual(['protocol_violation'])
  })

  it('such a second block is all that is wrong with it', () => {
    const made = message('lenient', begin, start('t'), say('t', 'a'), start('t'), say('t', 'b'), stop('t'), finish())
    expect(made.blocks.map(({ state }) => state)).toEqual(['done', 'done'])
    expect(made.violations).toBe(1)
  })

  it('a tool block that starts while another is open loses neither', () => {
    const made = message(
      'strict',
      begin,
      startCall('c1'),
      input('c1', '{"a":1'),
      startCall('c2'),
      input('c2', '{"a":2}'),
      input('c1', '}'),
      stopCall('c2'),
      call('c2', { a: 2 }),
      stopCall('c1'),
      call('c1', { a: 1 }),
    )
    expect(made.blocks.map(({ text }) => text)).toEqual(['{"a":1}', '{"a":2}'])
    expect(made.toolCalls.map((each) => each.input)).toEqual([{ a: 2 }, { a: 1 }])
  })

  it.each([
    ['text', say('t', 'a')],
    ['reasoning', think('t', 'a')],
    ['refusal', { ...BASE, type: 'refusal-delta', id: 't', data: 'a' } as const],
  ])('%s without a start opens its block', (type, chunk) => {
    const made = message('lenient', begin, chunk)
    expect(parts(made)).toEqual([{ type, text: 'a' }])
    expect(made.blocks[0]).toMatchObject({ state: 'open' })
  })

  it('tool input without a start is kept and never becomes a call, because nobody knows of which tool', () => {
    const made = message('lenient', begin, input('c', '{"a":1}'), stopCall('c'))
    expect(made.blocks).toMatchObject([{ type: 'tool-input', text: '{"a":1}' }])
    expect(made.toolCalls).toEqual([])
    expect(codes(made)).toEqual(['protocol_violation'])
  })

  it('a signature is kept byte for byte', () => {
    const signature = `${'A+/='.repeat(2_000)}\u0000é😀\r\n`
    const made = message('strict', begin, startThinking('r'), think('r', 'x'), sign('r', signature))
    expect(parts(made)).toEqual([{ type: 'reasoning', text: 'x', signature }])
  })

  it('redacted reasoning is kept', () => {
    const made = message('strict', begin, startThinking('r'), {
      ...BASE,
      type: 'reasoning-end',
      id: 'r',
      redacted: 'b3BhcXVl',
    })
    expect(parts(made)).toEqual([{ type: 'reasoning', text: '', redacted: 'b3BhcXVl' }])
  })

  it('the end of one block leaves the others open, and order is that of opening', () => {
    const made = message('strict', begin, startThinking('r'), think('r', 'hm'), start('t'), say('t', 'a'), stop('t'))
    expect(made.blocks.map(({ id, state }) => [id, state])).toEqual([
      ['r', 'open'],
      ['t', 'stopped'],
    ])
    made.push(think('r', '!'))
    expect(parts(made)).toMatchObject([{ text: 'hm!' }, { text: 'a' }])
  })

  it('reasoning that is nothing but a signature is a part, and its signature does not leak into the next', () => {
    const made = message(
      'strict',
      begin,
      startThinking('r1'),
      sign('r1', 'one'),
      startThinking('r2'),
      think('r2', 'x'),
      { ...BASE, type: 'reasoning-end', id: 'r2' },
    )
    expect(parts(made)).toEqual([
      { type: 'reasoning', text: '', signature: 'one' },
      { type: 'reasoning', text: 'x' },
    ])
  })

  it('messageStop while a block is open keeps its text, and marks it', () => {
    const made = message('lenient', begin, start('t'), say('t', 'trailing'), finish())
    expect(made.snapshot()).toMatchObject({ text: 'trailing', status: 'complete' })
    expect(made.blocks).toMatchObject([{ state: 'failed' }])
    expect(codes(made)).toEqual(['protocol_violation'])
  })

  it('usage after the terminal event counts', () => {
    const made = message('strict', begin, finish('stop', { outputTokens: 1 }))
    expect(made.isComplete).toBe(true)
    made.push(usage(7))
    expect(made.snapshot().content.usage).toEqual({ outputTokens: 7 })
    expect(made).toMatchObject({ state: 'done', violations: 0 })
  })

  it('a redaction takes away what was said, and nothing brings it back', () => {
    const made = message('lenient', begin, start('t'), say('t', 'secret'), redact('t'), stop('t'), finish())
    expect(parts(made)).toEqual([])
    made.push(stop('t'))
    expect(JSON.stringify([made.snapshot(), made.blocks])).not.toContain('secret')
  })

  it('what is said after a redaction replaces it, also after the end of the block', () => {
    const made = message('strict', begin, start('t'), say('t', 'secret'), stop('t'), redact('t'), say('t', '[removed]'))
    expect(made.snapshot().text).toBe('[removed]')
  })

  it('a redaction after the terminal event still counts', () => {
    const made = message('strict', begin, start('t'), say('t', 'secret'), stop('t'), finish(), redact('t'))
    expect(made).toMatchObject({ state: 'done' })
    expect(made.snapshot().text).toBe('')
  })

  it("a redaction with the message's own id takes everything away", () => {
    const made = message(
      'strict',
      begin,
      startThinking('r'),
      think('r', 'secret'),
      sign('r', 's'),
      start('t'),
      say('t', 'secret'),
      stop('t'),
      startCall('c'),
      input('c', '{"a":"secret"}'),
      stopCall('c'),
      call('c', { a: 'secret' }),
      { ...BASE, type: 'source', id: 's', title: 'secret' },
      redact('m-1'),
      finish(),
    )
    expect(made.toolCalls).toEqual([])
    expect(JSON.stringify([made.snapshot(), made.blocks])).not.toContain('secret')
  })

  it('a call whose input was redacted is no call, whatever comes after it', () => {
    const made = message('strict', begin, startCall('c'), input('c', '{"a":1}'), redact('c'), stopCall('c'))
    expect(made.toolCalls).toEqual([])
    made.push(call('c', { a: 1 }))
    expect([made.toolCalls, made.invalidCalls]).toEqual([[], []])
  })

  it.each(['server_error', 'overloaded', 'rate_limited', 'invalid_request', 'stream_truncated'] as const)(
    'an exception (%s) is a failure: typed, and with all that came',
    (code) => {
      const made = message('strict', begin, start('a'), say('a', 'whole'), stop('a'), start('b'), say('b', 'cut'))
      const error = new BraidError(code, 'it broke')
      made.fail(error)
      expect(made).toMatchObject({ state: 'failed', isComplete: false, error })
      expect(made.snapshot()).toMatchObject({ text: 'wholecut', status: 'partial' })
      expect(made.blocks.map(({ state }) => state)).toEqual(['done', 'failed'])
    },
  )

  it('events after the end are passed over and counted', () => {
    const made = message(
      'lenient',
      begin,
      start('t'),
      say('t', 'a'),
      stop('t'),
      finish(),
      say('t', 'late'),
      finish('length'),
    )
    expect(made.snapshot()).toMatchObject({ text: 'a', content: { finishReason: 'stop' } })
    expect(made).toMatchObject({ state: 'done', violations: 2 })
  })

  it('events after a failure are passed over and counted', () => {
    const made = message('lenient', begin, start('t'), say('t', 'a'))
    made.fail(new BraidError('overloaded', 'busy'))
    made.push(say('t', 'late'))
    made.push(finish())
    expect(made.snapshot()).toMatchObject({ text: 'a', status: 'partial' })
    expect(made).toMatchObject({ state: 'failed', violations: 2 })
  })

  it('an event that nobody knows disturbs nothing', () => {
    const made = message('strict', begin, { ...BASE, type: 'raw', rawResponse: { futureEvent: {} } }, start('t'))
    expect(made).toMatchObject({ state: 'open', violations: 0 })
  })

  it('arguments that do not parse stay as text, on a call that is not to be run', () => {
    const made = message('strict', begin, startCall('c'), input('c', '{"a":'), stopCall('c'))
    expect(made.toolCalls).toEqual([])
    made.push(badCall('c', '{"a":'))
    made.push(finish('tool-calls'))
    expect(made.toolCalls).toEqual([])
    expect(made.invalidCalls).toMatchObject([{ toolCallId: 'c', rawInput: '{"a":' }])
    expect([made.state, codes(made)]).toEqual(['done', ['invalid_tool_input']])
  })

  it('of arguments that the token limit cut off, the limit is the reason', () => {
    const made = message('strict', begin, startCall('c'), input('c', '{"a'), stopCall('c'), badCall('c', '{"a'))
    expect(made.diagnostics[0]?.message).not.toContain('maxTokens')
    made.push(finish('length'))
    expect(codes(made)).toEqual(['invalid_tool_input'])
    expect(made.diagnostics[0]?.message).toContain('maxTokens')
    expect(made.toolCalls).toEqual([])
  })

  it('a call without arguments has the empty object', () => {
    expect(message('strict', begin, startCall('c'), stopCall('c')).toolCalls).toMatchObject([{ input: {} }])
  })

  it('an interruption keeps the text in flight', () => {
    const made = message('strict', begin, start('t'), say('t', 'in flight'))
    made.abort('enough')
    expect(made).toMatchObject({ state: 'aborted', error: 'enough' })
    expect(made.snapshot()).toMatchObject({ text: 'in flight', status: 'partial' })
    expect(made.blocks).toMatchObject([{ state: 'aborted' }])
  })

  it('the end without a terminal event is a truncation', () => {
    const made = message('strict', begin, start('t'), say('t', 'a'))
    made.end()
    expect(made).toMatchObject({ state: 'failed', error: { code: 'stream_truncated', retryable: true } })
  })

  it('a failure after the terminal event changes nothing', () => {
    const made = message('strict', begin, finish())
    made.fail(new BraidError('stream_truncated', 'reset'))
    made.end()
    expect(made).toMatchObject({ state: 'done', error: undefined })
  })
})

describe('a strict message', () => {
  it.each<[string, readonly ModelChunk[]]>([
    ['a second start of the message', [begin]],
    ['a delta without a start', [say('x', 'a')]],
    ['a delta after the end', [start('t'), stop('t'), say('t', 'a')]],
    ['an end without a start', [stop('t')]],
    ['a second end', [start('t'), stop('t'), stop('t')]],
    ['a second start of an open block', [start('t'), start('t')]],
    ['another type under the same id', [start('t'), think('t', 'a')]],
    ['a finish while a block is open', [start('t'), finish()]],
    ['text after the finish', [finish(), say('t', 'a')]],
  ])('refuses %s, and the lenient one notes it', (_, chunks) => {
    const strict = message('strict', begin)
    for (const chunk of chunks.slice(0, -1)) strict.push(chunk)
    expect(() => strict.push(chunks.at(-1)!)).toThrow(expect.objectContaining({ code: 'protocol_violation' }))
    const lenient = message('lenient', begin, ...chunks)
    expect([codes(lenient), lenient.violations]).toEqual([['protocol_violation'], 1])
  })

  it('has failed by then, keeps what came, and goes on refusing', () => {
    const made = message('strict', begin, start('t'), say('t', 'a'))
    expect(() => made.push(stop('other'))).toThrow(BraidError)
    expect(made).toMatchObject({ state: 'failed', error: { code: 'protocol_violation' } })
    expect(() => made.push(say('t', 'b'))).toThrow(expect.objectContaining({ code: 'protocol_violation' }))
    expect(made.snapshot().text).toBe('a')
  })
})

describe('diagnostics', () => {
  it('are bounded: of a stream that breaks its protocol at every chunk a hundred are kept, and all are counted', () => {
    const made = message('lenient', begin)
    for (let at = 0; at < 1_000; at += 1) made.push(stop(`t${at}`))
    expect([made.diagnostics.length, made.violations]).toEqual([100, 1_000])
  })

  it('say nothing of what was said', () => {
    const made = message('lenient', say('t', 'secret'), stop('t'), stop('t'), finish(), say('t', 'secret'))
    expect(made.diagnostics.length).toBe(3)
    expect(made.diagnostics.map(({ message }) => message).join()).not.toContain('secret')
  })
})

describe('a signature', () => {
  const signed = [begin, startThinking('r'), think('r', 'because'), sign('r', 'sig')]

  it('is given to the verifier with its reasoning', () => {
    const seen: SignedPart[] = []
    message({ policy: 'strict', verifySignature: (part) => seen.push(part) > 0 }, ...signed)
    expect(seen).toEqual([{ type: 'reasoning', text: 'because', signature: 'sig' }])
  })

  it('of a call is given to the verifier with the call', () => {
    const seen: SignedPart[] = []
    const call = { type: 'tool-call', toolCallId: 'c', toolName: 'f', input: { a: 1 }, signature: 'sig' } as const
    message({ verifySignature: (part) => seen.push(part) > 0 }, begin, { ...BASE, ...call, rawInput: '{"a":1}' })
    expect(seen).toEqual([call])
    const made = message({ verifySignature: () => false }, begin, { ...BASE, ...call, rawInput: '{"a":1}' })
    expect(codes(made)).toEqual(['invalid_signature'])
  })

  it('that the verifier refuses is noted, or throws under strict', () => {
    const made = message({ verifySignature: () => false }, ...signed)
    expect(codes(made)).toEqual(['invalid_signature'])
    expect(() => message({ policy: 'strict', verifySignature: () => false }, ...signed)).toThrow(
      expect.objectContaining({ code: 'invalid_signature' }),
    )
  })
})

describe('a validator', () => {
  const clean = ({ text }: { text: string }) => !text.includes('secret')

  it('sees the whole block with each piece', () => {
    const seen: unknown[] = []
    const validate: MessageOptions['validate'] = ({ type, text, data }) => seen.push([type, text, data]) > 0
    message({ validate }, begin, start('t'), say('t', 'a'), say('t', 'b'), startCall('c'), input('c', '{'))
    expect(seen).toEqual([
      ['text', 'a', 'a'],
      ['text', 'ab', 'b'],
      ['tool-input', '{', '{'],
    ])
  })

  it('takes a block away, what it said and what it will say, and leaves the others', () => {
    const made = message({ validate: clean }, begin, start('t'), start('u'))
    const shown = [say('t', 'a sec'), say('u', 'fine'), say('t', 'ret'), say('t', ' more'), stop('t')].map((chunk) =>
      made.push(chunk),
    )
    expect(shown.map((chunk) => chunk?.type)).toEqual(['text-delta', 'text-delta', 'redaction', undefined, 'text-end'])
    expect(parts(made)).toEqual([{ type: 'text', text: 'fine' }])
    expect(codes(made)).toEqual(['content_rejected'])
  })

  it('takes the call with its input', () => {
    const made = message({ validate: clean }, begin, startCall('c'), input('c', '{"a":"secret"}'), stopCall('c'))
    expect(made.push(call('c', { a: 'secret' }))).toBeUndefined()
    expect([made.toolCalls, made.invalidCalls]).toEqual([[], []])
  })

  it('sees a call that came whole', () => {
    const made = message({ validate: clean }, begin)
    expect(made.push(call('c', { a: 'secret' }))).toMatchObject({ type: 'redaction', id: 'c' })
    expect(made.toolCalls).toEqual([])
  })

  it('takes the proof of what it took', () => {
    const made = message({ validate: clean }, begin, startThinking('r'), think('r', 'secret'))
    expect(made.push(sign('r', 'sig'))).not.toHaveProperty('signature')
    expect(parts(made)).toEqual([])
  })

  it('is not gone round by frames', () => {
    const made = message({ validate: clean }, begin)
    const opened = { ...start('t'), rawResponse: { delta: 'secret' } } as ModelChunk
    expect(made.push(opened)).not.toHaveProperty('rawResponse')
  })

  it('ends a strict message, with nothing of the block left in it', () => {
    const made = message({ policy: 'strict', validate: clean }, begin, start('t'), say('t', 'a sec'))
    expect(() => made.push(say('t', 'ret'))).toThrow(expect.objectContaining({ code: 'content_rejected' }))
    expect(made.snapshot().text).toBe('')
  })
})
