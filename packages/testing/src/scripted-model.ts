import { BraidError, ChunkStream, type Model, type ModelChunk, type ModelRequest, type Usage } from '@braid/core'
import { Protocol } from './protocol.ts'
import { nextTurn, settled, sleep } from './wait.ts'
import { words } from './words.ts'

/**
 * One step of a reply: a string is one delta as it stands, a chunk passes as it is, an Error is thrown when its turn comes.
 *
 * @example
 * scriptedModel([['two ', 'deltas', new BraidError('overloaded', 'and an error')]])
 */
export type ScriptedItem = string | ModelChunk | Error

/**
 * Makes a reply from the request. A string is cut into word-like deltas; whatever can be iterated is one step after the other,
 * so a generator may wait, look at the signal, count, or throw.
 *
 * @example
 * const writer: ScriptedFunction = async function* ({ messages }, signal) {
 *   yield `I got ${messages.length} messages`
 *   if (!signal.aborted) yield ' and have time'
 * }
 */
export type ScriptedFunction = (
  request: ModelRequest,
  signal: AbortSignal,
) => ScriptedSource | Promise<string | Error | readonly ScriptedItem[]>

/** What a {@link ScriptedFunction} gives. */
export type ScriptedSource = string | Error | Iterable<ScriptedItem> | AsyncIterable<ScriptedItem>

/**
 * What the model says to one call: text, an error, steps, or a function of the request that gives one of these.
 *
 * @example
 * const replies: ScriptedReply[] = ['text', ['two ', 'deltas'], new BraidError('timeout', 'too late'), () => 'made on demand']
 */
export type ScriptedReply = string | Error | ScriptedFunction | readonly ScriptedItem[]

/**
 * @example
 * scriptedModel('Hello', { name: 'greeter', delay: 10, usage: { inputTokens: 7, outputTokens: 1 } })
 */
export interface ScriptedModelOptions {
  /** What operations call it. Default: `scripted`. */
  readonly name?: string
  /** Milliseconds between two steps of a reply. Default: 0. */
  readonly delay?: number
  /** What every call reports. Default: one token per word-like piece of the messages and the answer, marked `estimated`. */
  readonly usage?: Usage
}

/**
 * A {@link Model} that says what its script says, and remembers what it was asked.
 *
 * @example
 * const model = scriptedModel('Hello')
 * await model.invoke('Hi').response
 * model.calls // [{ messages: [{ role: 'user', content: 'Hi' }] }]
 */
export interface ScriptedModel extends Model {
  /** The requests of the calls that were read, in the order in which reading began. */
  readonly calls: readonly ModelRequest[]
}

/** Between two turns of the event loop that a script may take; law 1 allows 1,024 chunks. */
const STEPS_PER_TURN = 256

/**
 * A model without a network.
 *
 * A single reply answers every call. A list is a script: one reply per call in order, and a call beyond its end throws
 * `invalid_request`, for a workflow that asks more often than its test expects is a finding. What a reply leaves out of the chunk
 * protocol is added: `message-start`, the start and end of its text, and one `finish` per candidate, `tool-calls` where it called tools
 * and `stop` otherwise. A reply that should end before its `finish` throws.
 *
 * It produces only what is read, honours the signal also while a script waits, and lets the event loop turn at least every 256 steps.
 *
 * @example
 * const model = scriptedModel('The sky is blue because of Rayleigh scattering.')
 *
 * @example
 * const model = scriptedModel([
 *   'first answer',
 *   ['cut ', 'as ', 'you ', 'like', new BraidError('overloaded', 'and then it failed')],
 *   (request) => `You sent ${request.messages.length} messages`,
 *   async function* (request, signal) {
 *     yield 'so far'
 *     await gate
 *     yield ' and no further'
 *   },
 * ], { name: 'writer', delay: 5 })
 * session.services.register(model)
 * // ...
 * model.calls.length // how often it was asked
 */
export function scriptedModel(
  replies: string | Error | ScriptedFunction | readonly ScriptedReply[],
  options: ScriptedModelOptions = {},
): ScriptedModel {
  const name = options.name ?? 'scripted'
  const calls: ModelRequest[] = []

  const replyTo = (call: number): ScriptedReply => {
    if (typeof replies === 'string' || typeof replies === 'function' || replies instanceof Error) return replies
    const reply = replies[call]
    if (reply === undefined) {
      throw new BraidError(
        'invalid_request',
        `the script of the model "${name}" has ${replies.length} replies and this is call ${call + 1}; add a reply, or give a single one, which answers every call`,
      )
    }
    return reply
  }

  async function* answer(request: ModelRequest, signal: AbortSignal): AsyncGenerator<readonly ModelChunk[], void> {
    calls.push(request)
    const reply = replyTo(calls.length - 1)
    const source = typeof reply === 'function' ? await within(reply(request, signal), signal) : reply
    if (source instanceof Error) throw source
    const protocol = new Protocol(name, `${name}-${calls.length}`, request, options.usage)
    let steps = 0
    for await (const item of stepsOf(source, signal)) {
      if (item instanceof Error) throw item
      if (steps > 0 && options.delay) await sleep(options.delay, signal)
      else if (steps % STEPS_PER_TURN === STEPS_PER_TURN - 1) await nextTurn()
      signal.throwIfAborted()
      steps++
      yield typeof item === 'string' ? protocol.text(item) : protocol.chunk(item)
    }
    yield protocol.end()
  }

  return {
    name,
    provider: 'scripted',
    model: name,
    calls,
    invoke(request, { signal } = {}) {
      const asked = typeof request === 'string' ? { messages: [{ role: 'user', content: request } as const] } : request
      return new ChunkStream((linked) => answer(asked, linked), signal)
    },
  }
}

/** The value, or the signal's reason, whichever is first. */
async function within<T>(value: T | PromiseLike<T>, signal: AbortSignal): Promise<T> {
  const promise = Promise.resolve(value)
  await settled(promise, signal)
  signal.throwIfAborted()
  return promise
}

/** What is there already needs no guard against waiting for ever, and costs no promise of one. */
function stepsOf(
  source: Exclude<ScriptedSource, Error>,
  signal: AbortSignal,
): Iterable<ScriptedItem> | AsyncIterable<ScriptedItem> {
  if (typeof source === 'string') return words(source)
  return Symbol.asyncIterator in source ? guarded(source, signal) : source
}

/** Who leaves waits for the script's cleanup, unless the signal has aborted: then the script may be stuck for ever. */
async function* guarded(source: AsyncIterable<ScriptedItem>, signal: AbortSignal): AsyncGenerator<ScriptedItem, void> {
  const iterator = source[Symbol.asyncIterator]()
  let ended = false
  try {
    for (;;) {
      const next = await within(iterator.next(), signal)
      ended = next.done === true
      if (next.done) return
      yield next.value
    }
  } finally {
    if (!ended) {
      const left = Promise.resolve(iterator.return?.()).catch(() => {})
      if (!signal.aborted) await left
    }
  }
}
