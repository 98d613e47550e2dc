import { setImmediate } from 'node:timers/promises'
import { abortable, BraidError, type ModelChunk, type ModelRequest, NO_METADATA, NO_USAGE } from '@braid/core'
import type { Batches } from '@braid/stream'
import type { Caller, Prepared } from './call.ts'
import type { ModelOptions } from './options.ts'

/** A function as a model: what it yields is the answer, as text or as chunks. */
export type ModelFunction = (request: ModelRequest, signal: AbortSignal) => AsyncIterable<string | ModelChunk>

/** What can be done about a call, whoever answers it. A function's answers are not cached: nothing tells one function from another. */
const ABOUT_CALLS: ReadonlySet<string> = new Set([
  'retry',
  'limits',
  'breaker',
  'fallback',
  'hooks',
  'validate',
  'prices',
] satisfies (keyof ModelOptions)[])

/** Runs a function as a model. Text becomes one block of text; chunks pass as they are; what the protocol wants around them is added. */
export class FunctionCaller implements Caller {
  readonly provider = 'function'
  readonly model: string
  readonly answers = 1
  readonly #source: ModelFunction

  constructor(source: ModelFunction, model: string) {
    this.#source = source
    this.model = model
  }

  prepare(request: ModelRequest): Prepared {
    return { requests: 1, send: (signal) => this.#answer(request, signal) }
  }

  /** It has no options of its own. */
  with(options: ModelOptions): FunctionCaller {
    const [other] = Object.keys(options).filter((name) => !ABOUT_CALLS.has(name))
    if (other === undefined) return this
    throw new BraidError(
      'unsupported_parameter',
      `expected the options of a model made from a function to be among name, ${[...ABOUT_CALLS].join(', ')}; got \`${other}\``,
    )
  }

  async close(): Promise<void> {}

  async *#answer(request: ModelRequest, signal: AbortSignal): Batches {
    signal.throwIfAborted()
    const iterator = this.#source(request, signal)[Symbol.asyncIterator]()
    const frame = new Frame(this.model)
    let over = false
    let count = 0
    try {
      for (;;) {
        // A function that ignores its signal is not waited for.
        const next = await abortable(iterator.next(), signal)
        if (next.done) break
        yield frame.add(next.value)
        // A function that never waits must not keep the rest of the program from running.
        if (++count % 1024 === 0) await setImmediate()
      }
      over = true
      const rest = frame.end()
      if (rest.length > 0) yield rest
    } finally {
      if (!over) {
        const left = Promise.resolve(iterator.return?.())
        // A generator that is stuck in its own wait cannot be left; it has its signal.
        if (signal.aborted) left.catch(() => {})
        else await left
      }
    }
  }
}

const BASE = { candidate: 0, metadata: NO_METADATA } as const

/** What stands around a function's words: the start of the message, a block of text, and the finish. */
class Frame {
  readonly #model: string
  #started = false
  /** The id of the block of text that is open. */
  #open: string | undefined
  #blocks = 0
  #finished = false

  constructor(model: string) {
    this.#model = model
  }

  add(said: string | ModelChunk): readonly ModelChunk[] {
    const batch: ModelChunk[] = []
    if (!this.#started) {
      this.#started = true
      if (typeof said === 'string' || said.type !== 'message-start') {
        batch.push({ ...BASE, type: 'message-start', id: '', model: this.#model })
      }
    }
    if (typeof said === 'string') {
      if (this.#open === undefined) {
        this.#open = `text-${this.#blocks++}`
        batch.push({ ...BASE, type: 'text-start', id: this.#open })
      }
      batch.push({ ...BASE, type: 'text-delta', id: this.#open, data: said })
      return batch
    }
    if (typeof said !== 'object' || said === null || typeof said.type !== 'string') {
      throw new BraidError(
        'malformed_frame',
        `expected the function ${this.#model} to yield text or chunks; got a ${typeof said}`,
      )
    }
    this.#close(batch)
    if (said.type === 'finish') this.#finished = true
    batch.push(said)
    return batch
  }

  end(): readonly ModelChunk[] {
    const batch: ModelChunk[] = []
    if (!this.#started) batch.push({ ...BASE, type: 'message-start', id: '', model: this.#model })
    this.#close(batch)
    if (!this.#finished) batch.push({ ...BASE, type: 'finish', finishReason: 'stop', usage: NO_USAGE })
    return batch
  }

  #close(batch: ModelChunk[]): void {
    if (this.#open !== undefined) batch.push({ ...BASE, type: 'text-end', id: this.#open })
    this.#open = undefined
  }
}
