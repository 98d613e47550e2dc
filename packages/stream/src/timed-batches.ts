import type { ModelChunk } from '@braid/core'
import { Deadline } from './deadline.ts'
import type { Timeouts } from './timeouts.ts'

type Batch = readonly ModelChunk[]
type Next = IteratorResult<Batch, void>

const DONE: Next = Object.freeze({ value: undefined, done: true })

/** Batches as a generator gives them. Its `return()` resolves when everything is closed. */
export interface Batches extends AsyncIterableIterator<Batch, void> {
  return(): Promise<Next>
}

/**
 * Gives up a stream that takes too long, with an error that names the limit. What `open` returns is told by its signal.
 *
 * `first` and `idle` count only while somebody waits for a chunk, so that a slow reader is no stalled provider; `total` counts always. One
 * timer per limit, set anew only when it rings: passing a chunk costs no timer.
 */
export function withinTimeouts(
  timeouts: Required<Timeouts>,
  /** Whose stream it is, for the error. */
  source: string,
  open: (signal: AbortSignal) => AsyncIterator<Batch, unknown>,
  signal: AbortSignal,
): Batches {
  return new TimedBatches(() => {
    signal.throwIfAborted()
    return new Deadline(timeouts, source, signal)
  }, open)
}

/** Written by hand: a generator around a generator would cost a handful of promises for each batch, and they are held while the stream waits. */
class TimedBatches implements Batches {
  readonly #start: () => Deadline
  readonly #open: (signal: AbortSignal) => AsyncIterator<Batch, unknown>
  #deadline: Deadline | undefined
  #batches: AsyncIterator<Batch, unknown> | undefined
  #over = false

  constructor(start: () => Deadline, open: (signal: AbortSignal) => AsyncIterator<Batch, unknown>) {
    this.#start = start
    this.#open = open
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** One read at a time. */
  next(): Promise<Next> {
    if (this.#over) return Promise.resolve(DONE)
    try {
      this.#deadline?.resume()
      this.#deadline ??= this.#start()
      this.#batches ??= this.#open(this.#deadline.signal)
      return this.#batches.next().then(this.#came, this.#failed)
    } catch (error) {
      this.#finish()
      return Promise.reject(error)
    }
  }

  async return(): Promise<Next> {
    this.#over = true
    try {
      await this.#batches?.return?.()
    } finally {
      this.#deadline?.clear()
    }
    return DONE
  }

  readonly #came = (next: IteratorResult<Batch, unknown>): Next => {
    if (next.done) {
      this.#finish()
      return DONE
    }
    this.#deadline?.pause(next.value)
    return next
  }

  readonly #failed = (error: unknown): never => {
    this.#finish()
    throw error
  }

  #finish(): void {
    this.#over = true
    this.#deadline?.clear()
  }
}
