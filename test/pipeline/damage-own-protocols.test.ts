import { crc32 } from 'node:zlib'
import { type FamilyName, family, type Manifest } from '@braid/stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { violations } from './protocol.ts'
import { byteByByte, cutAtRandom, essence, firstDifference, read } from './reading.ts'
import { strangely } from './strange.ts'

type Encode = (frames: readonly object[]) => Uint8Array

const lines: Encode = (frames) => Buffer.from(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''))
const sse: Encode = (frames) => Buffer.from(frames.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join(''))
/** `{ name: data }` as the event of that name. */
const events: Encode = (frames) =>
  Buffer.concat(
    frames.flatMap((frame) => Object.entries(frame).map(([name, data]) => message(name, JSON.stringify(data)))),
  )
const chunks: Encode = (frames) =>
  events(frames.map((frame) => ({ chunk: { bytes: Buffer.from(JSON.stringify(frame)).toString('base64') } })))

function message(event: string, payload: string): Buffer {
  const headers = Buffer.concat([header(':message-type', 'event'), header(':event-type', event)])
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(16 + headers.length + Buffer.byteLength(payload), 0)
  prelude.writeUInt32BE(headers.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const front = Buffer.concat([prelude, headers, Buffer.from(payload)])
  const checksum = Buffer.alloc(4)
  checksum.writeUInt32BE(crc32(front), 0)
  return Buffer.concat([front, checksum])
}

function header(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)]
  const length = Buffer.alloc(2)
  length.writeUInt16BE(valueBytes.length)
  return Buffer.concat([Buffer.from([nameBytes.length]), nameBytes, Buffer.from([7]), length, valueBytes])
}

const CONVERSE = [
  { messageStart: { role: 'assistant' } },
  { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { text: 'hm' } } } },
  { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'c2ln' } } } },
  { contentBlockStop: { contentBlockIndex: 0 } },
  { contentBlockDelta: { contentBlockIndex: 1, delta: { text: 'Grüße' } } },
  {
    contentBlockDelta: { contentBlockIndex: 1, delta: { citation: { title: 'Doc', location: { web: { url: 'u' } } } } },
  },
  { contentBlockStart: { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'a', name: 'look' } } } },
  { contentBlockDelta: { contentBlockIndex: 2, delta: { toolUse: { input: '{"at":1}' } } } },
  { contentBlockStop: { contentBlockIndex: 2 } },
  { messageStop: { stopReason: 'tool_use' } },
  { metadata: { usage: { inputTokens: 1, outputTokens: 2 }, metrics: {} } },
]
const OTHER_MODELS = [
  { type: 'message_start', message: { id: 'm', model: 'c', usage: { input_tokens: 4 } } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
  { outputText: 'Hi', totalOutputTextTokenCount: 2, completionReason: 'FINISH', inputTextTokenCount: 4 },
  { generation: 'Hi', stop_reason: 'stop', 'amazon-bedrock-invocationMetrics': { inputTokenCount: 4 } },
  { outputs: [{ text: 'Hi', stop_reason: 'stop' }] },
  { event_type: 'text-generation', is_finished: false, text: 'Hi' },
  { choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }], usage: { prompt_tokens: 1 } },
]
const COHERE_2 = [
  { type: 'message-start', id: 'c' },
  { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hi' } } } },
  { type: 'content-delta', index: 1, delta: { message: { content: { thinking: 'hm' } } } },
  { type: 'tool-plan-delta', delta: { message: { tool_plan: 'I' } } },
  { type: 'tool-call-start', index: 0, delta: { message: { tool_calls: { id: 'a', function: { name: 'look' } } } } },
  { type: 'tool-call-delta', index: 0, delta: { message: { tool_calls: { function: { arguments: '{}' } } } } },
  { type: 'tool-call-end', index: 0 },
  { type: 'citation-start', delta: { message: { citations: { sources: [{ id: 'd', document: { title: 't' } }] } } } },
  { type: 'message-end', delta: { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 1 } } } },
]
const COHERE_1 = [
  { event_type: 'stream-start', generation_id: 'g' },
  { event_type: 'text-generation', text: 'Hi' },
  { event_type: 'tool-calls-chunk', tool_call_delta: { index: 0, name: 'look', parameters: '{' } },
  { event_type: 'tool-calls-generation', tool_calls: [{ name: 'look', parameters: { at: 1 } }] },
  { event_type: 'stream-end', finish_reason: 'COMPLETE', response: { meta: { tokens: { input_tokens: 1 } } } },
]
const OLLAMA = [
  { model: 'm', message: { content: 'Hi', thinking: 'hm' }, done: false },
  { model: 'm', message: { tool_calls: [{ id: 'a', function: { name: 'look', arguments: { at: 1 } } }] }, done: false },
  { model: 'm', message: { content: '' }, done: true, done_reason: 'stop', eval_count: 2 },
]
const WATSONX = [
  { model_id: 'm', results: [{ generated_text: 'Hi', stop_reason: 'not_finished', generated_token_count: 1 }] },
  { model_id: 'm', results: [{ generated_text: '', stop_reason: 'eos_token', generated_token_count: 2 }] },
]

const PROTOCOLS: readonly (readonly [FamilyName, Encode, readonly object[]])[] = [
  ['bedrock-converse', events, CONVERSE],
  ['bedrock-invoke', chunks, [...CONVERSE, ...OTHER_MODELS]],
  ['bedrock-agent', events, [{ chunk: { bytes: 'SGk=' } }, { trace: {} }, { files: { files: [{ bytes: 'SGk=' }] } }]],
  ['cohere-v2', sse, COHERE_2],
  ['cohere-v1', lines, COHERE_1],
  ['ollama', lines, OLLAMA],
  ['watsonx', sse, WATSONX],
]

describe.each(PROTOCOLS)('streams of %s', (name, encode, frames) => {
  const manifest = family(name)

  it('whose frames hold what nobody expects in any field keep the protocol, however they are cut', () => {
    const frame = fc.oneof(strangely(frames), fc.constantFrom(...frames))
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 12 }), fc.nat(), (list, seed) => {
        keeps(manifest, encode(list), seed)
      }),
      { numRuns: 600 },
    )
  })

  it('with wrong bits in them give what came before, and at most one error with a name', () => {
    const flips = fc.array(fc.record({ at: fc.nat(), bit: fc.nat(7) }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(flips, fc.nat(), (wrong, seed) => {
        const stream = Buffer.from(encode(frames))
        for (const { at, bit } of wrong) stream[at % stream.length]! ^= 1 << bit
        keeps(manifest, stream, seed)
      }),
      { numRuns: 200 },
    )
  })

  it('that are no streams at all have a name as well', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const { chunks, error } = read(manifest, [bytes])
        expect(chunks).toEqual([])
        expect(error?.cause).toBeUndefined()
        expect(['malformed_frame', 'stream_truncated']).toContain(error?.code)
      }),
      { numRuns: 200 },
    )
  })
})

// Several protocols one after the other, and one that says nothing of its end, are not cut short by a missing piece.
const ENDING = PROTOCOLS.filter(([name]) => name !== 'bedrock-invoke' && name !== 'bedrock-agent')

describe.each(ENDING)('streams of %s that end early', (name, encode, frames) => {
  const manifest = family(name)

  it('give a prefix of the chunks, and a truncation until the protocol has ended', () => {
    const stream = encode(frames)
    const whole = essence(read(manifest, [stream]))
    let ended = false
    for (let length = 0; length <= stream.length; length++) {
      const { chunks, error } = read(manifest, [stream.subarray(0, length)])
      expect([undefined, 'stream_truncated']).toContain(error?.code)
      ended ||= error === undefined
      expect(error === undefined, `after ${length} bytes`).toBe(ended)
      if (ended) continue
      expect(firstDifference(essence({ chunks, error: undefined }), whole.slice(0, chunks.length))).toBeUndefined()
    }
    expect(ended).toBe(true)
  })
})

function keeps(manifest: Manifest, stream: Uint8Array, seed: number): void {
  const whole = read(manifest, [stream])
  // What the pipeline did not foresee would be behind its error as a cause.
  expect(whole.error?.cause).toBeUndefined()
  expect(violations(whole.chunks, whole.error === undefined)).toEqual([])
  expect(firstDifference(essence(read(manifest, byteByByte(stream))), essence(whole))).toBeUndefined()
  expect(firstDifference(essence(read(manifest, cutAtRandom(stream, seed))), essence(whole))).toBeUndefined()
}
