import { crc32 } from 'node:zlib'

const WORDS = [
  ' the',
  ' answer',
  ' is',
  ' a',
  ' word',
  ' that',
  ' somebody',
  ' says',
  ' and',
  ' another',
  ' hears',
  '.',
]

/**
 * How a provider says a text word by word: what comes before the words, each word, what comes after, and where a plain reader finds a word.
 * @typedef {{
 *   type: string,
 *   before: readonly Buffer[],
 *   word: (text: string, place: number) => Buffer,
 *   after: (words: number) => readonly Buffer[],
 *   wordOf: (frame: any) => string | undefined,
 * }} Wire
 */

/** Frames of about 285 bytes. */
const openai = {
  type: 'text/event-stream',
  before: [openaiFrame({ role: 'assistant', content: '' })],
  word: (text) => openaiFrame({ content: text }),
  after: (words) => [
    openaiFrame({}, 'stop'),
    openaiFrame(undefined, null, { prompt_tokens: 9, completion_tokens: words, total_tokens: 9 + words }),
    Buffer.from('data: [DONE]\n\n'),
  ],
  wordOf: (frame) => frame.choices[0]?.delta.content,
}

function openaiFrame(delta, finish_reason = null, usage = null) {
  return data({
    id: 'chatcmpl-BsqQ9Tn3v1K8m0bH2fVxJd7LwYcRe',
    object: 'chat.completion.chunk',
    created: 1763700000,
    model: 'gpt-4o-mini-2024-07-18',
    system_fingerprint: 'fp_62a23a81ef',
    choices: delta === undefined ? [] : [{ index: 0, delta, logprobs: null, finish_reason }],
    usage,
  })
}

/** Frames of about 133 bytes. */
const anthropic = {
  type: 'text/event-stream',
  before: [
    event('message_start', {
      message: {
        id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-20250514',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    event('ping', {}),
  ],
  word: (text) => event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }),
  after: (words) => [
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: words },
    }),
    event('message_stop', {}),
  ],
  wordOf: (frame) => frame.delta?.text,
}

/** Frames of about 126 bytes. */
const ollama = {
  type: 'application/x-ndjson',
  before: [],
  word: (text) => line({ message: { role: 'assistant', content: text }, done: false }),
  after: (words) => [
    line({
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 9,
      eval_count: words,
    }),
  ],
  wordOf: (frame) => frame.message.content || undefined,
}

/** Frames of about 165 bytes. */
const bedrock = {
  type: 'application/vnd.amazon.eventstream',
  before: [message('messageStart', { role: 'assistant' })],
  word: (text, place) =>
    message('contentBlockDelta', {
      contentBlockIndex: 0,
      delta: { text },
      p: 'abcdefghijkl'.slice(0, 1 + (place % 12)),
    }),
  after: (words) => [
    message('contentBlockStop', { contentBlockIndex: 0 }),
    message('messageStop', { stopReason: 'end_turn' }),
    message('metadata', {
      metrics: { latencyMs: 1_000 },
      usage: { inputTokens: 9, outputTokens: words, totalTokens: 9 + words },
    }),
  ],
  wordOf: (frame) => frame.delta?.text,
}

/** @type {Record<string, Wire>} */
export const WIRES = { openai, anthropic, ollama, bedrock }

/**
 * A whole answer, frame by frame.
 * @param {string} wire
 * @param {number} words
 */
export function* frames(wire, words) {
  const { before, word, after } = WIRES[wire]
  yield* before
  for (let place = 0; place < words; place += 1) yield word(WORDS[place % WORDS.length], place)
  yield* after(words)
}

/**
 * The same as pieces of `each` frames.
 * @param {string} wire
 * @param {number} words
 * @param {number} each
 * @returns {Buffer[]}
 */
export function cut(wire, words, each) {
  const pieces = []
  let piece = []
  for (const frame of frames(wire, words)) {
    piece.push(frame)
    if (piece.length < each) continue
    pieces.push(Buffer.concat(piece))
    piece = []
  }
  if (piece.length > 0) pieces.push(Buffer.concat(piece))
  return pieces
}

function data(frame) {
  return Buffer.from(`data: ${JSON.stringify(frame)}\n\n`)
}

function event(type, frame) {
  // It pads its frames, as here, with spaces before the last brace.
  return Buffer.from(`event: ${type}\ndata: ${JSON.stringify({ type, ...frame }).slice(0, -1)}            }\n\n`)
}

function line(frame) {
  return Buffer.from(`${JSON.stringify({ model: 'llama3.2', created_at: '2025-11-21T10:00:00.000000Z', ...frame })}\n`)
}

/** https://smithy.io/2.0/aws/amazon-eventstream.html */
function message(type, payload) {
  const headers = Buffer.concat([
    header(':event-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ])
  const body = Buffer.from(JSON.stringify(payload))
  const whole = Buffer.alloc(12 + headers.length + body.length + 4)
  whole.writeUInt32BE(whole.length, 0)
  whole.writeUInt32BE(headers.length, 4)
  whole.writeUInt32BE(crc32(whole.subarray(0, 8)), 8)
  headers.copy(whole, 12)
  body.copy(whole, 12 + headers.length)
  whole.writeUInt32BE(crc32(whole.subarray(0, -4)), whole.length - 4)
  return whole
}

function header(name, value) {
  const size = Buffer.alloc(3)
  size.writeUInt8(7, 0)
  size.writeUInt16BE(value.length, 1)
  return Buffer.concat([Buffer.from([name.length]), Buffer.from(name), size, Buffer.from(value)])
}
