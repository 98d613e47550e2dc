import { BraidError, type ModelChunk } from '@braid/core'
import type { Deadline, Pipeline } from '@braid/stream'
import type { Exchange } from './transport/exchange.ts'

type Batch = readonly ModelChunk[]
type Next = IteratorResult<Batch, void>

/** Milliseconds that a server has to close an answer which has said its last word. After that the connection is closed and not kept. */
const GRACE = 1_000

/**
 * The chunks of an answer that streams, a batch for each network read that brought any. It has closed the answer before it says that it is
 * over, or failed.
 *
 * Written by hand: what a waiting stream holds is its reader's promise, where an async function would hold half a kilobyte more, and with
 * thousands of streams that is what the collector is busy with.
 */
export class Streamed {
  readonly #pipeline: Pipeline
  readonly #exchange: Exchange
  readonly #deadline: Deadline
  readonly #close: () => Promise<void>
  #over = false
  #resolve!: (next: Next) => void
  #reject!: (error: unknown) => void

  constructor(pipeline: Pipeline, exchange: Exchange, deadline: Deadline, close: () => Promise<void>) {
    this.#pipeline = pipeline
    this.#exchange = exchange
    this.#deadline = deadline
    this.#close = close
  }

  /** One read at a time. */
  next(): Promise<Next> {
    return new Promise(this.#ask)
  }

  readonly #ask = (resolve: (next: Next) => void, reject: (error: unknown) => void): void => {
    this.#resolve = resolve
    this.#reject = reject
    this.#deadline.resume()
    this.#go()
  }

  /** Until there is something to say. */
  readonly #go = (): void => {
    try {
      for (;;) {
        if (this.#pipeline.failure !== undefined) throw this.#pipeline.failure
        if (this.#over) {
          void this.#end()
          return
        }
        if (!this.#exchange.ready) {
          this.#exchange.whenReady(this.#go)
          return
        }
        const batch = this.#take()
        // Nothing is said after the finish. A protocol may be complete before it: usage can follow the finish reason.
        if (this.#pipeline.complete && batch.at(-1)?.type === 'finish') this.#over = true
        if (batch.length > 0) {
          this.#deadline.pause(batch)
          this.#resolve({ value: batch, done: false })
          return
        }
      }
    } catch (error) {
      void this.#fail(error)
    }
  }

  #take(): Batch {
    try {
      const reads = this.#exchange.take()
      if (reads !== undefined) return this.#pipeline.push(joined(reads))
    } catch (error) {
      // An answer that had come to its protocol's end when the connection broke is whole all the same.
      if (this.#deadline.signal.aborted || this.#pipeline.failure !== undefined || !this.#pipeline.complete) throw error
    }
    this.#over = true
    return this.#pipeline.end()
  }

  async #end(): Promise<void> {
    try {
      await this.#drain()
      await this.#close()
      this.#resolve({ value: undefined, done: true })
    } catch (error) {
      this.#reject(error)
    }
  }

  async #fail(error: unknown): Promise<void> {
    // What went wrong first is what counts.
    await this.#close().catch(() => {})
    this.#reject(error)
  }

  /** Waits for the end of an answer whose last word has come, so that its connection can be used again. */
  async #drain(): Promise<void> {
    if (this.#exchange.ended) return
    const late = new BraidError('timeout', `the server did not close its answer within ${GRACE} ms of the last word`)
    const timer = setTimeout(() => this.#exchange.abort(late), GRACE)
    try {
      while ((await this.#exchange.read()) !== undefined);
    } catch {
      // Whatever happens to the connection now, the answer is whole.
    } finally {
      clearTimeout(timer)
    }
  }
}

/** A network read may hold hundreds of small pieces of HTTP's; together they cost the decoder a fraction. */
function joined(reads: readonly Uint8Array[]): Uint8Array {
  return reads.length === 1 ? reads[0]! : Buffer.concat(reads)
}
