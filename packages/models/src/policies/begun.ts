import type { ModelChunk } from '@braid/core'
import type { Batches } from '@braid/stream'

type Batch = readonly ModelChunk[]
type Next = IteratorResult<Batch, void>

const DONE: Next = Object.freeze({ value: undefined, done: true })

/** An answer that has begun: what of it has been read already, and the rest. */
export interface Beginning {
  readonly held?: Batch
  readonly source: Batches
}

/**
 * An answer before which something has to be waited for. Once it has begun, reading it is reading its source: no promise more, and nothing held.
 *
 * Invariant: whoever leaves while it begins has aborted the signal that `begin` waits with, as every reader does.
 */
export class Begun implements Batches {
  readonly #begin: () => Promise<Beginning>
  #beginning: Promise<Next> | undefined
  #source: Batches | undefined
  #over = false

  constructor(begin: () => Promise<Beginning>) {
    this.#begin = begin
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Next> {
    if (this.#source !== undefined) return this.#source.next()
    if (this.#over) return Promise.resolve(DONE)
    this.#beginning ??= this.#first()
    return this.#beginning
  }

  async return(): Promise<Next> {
    this.#over = true
    // What went wrong is told to who asked for the first batch.
    await this.#beginning?.catch(() => {})
    await this.#source?.return()
    return DONE
  }

  async #first(): Promise<Next> {
    try {
      const { held, source } = await this.#begin()
      this.#source = source
      // What has been handed out is not held.
      this.#beginning = undefined
      if (this.#over) return DONE
      return held === undefined ? await source.next() : { value: held, done: false }
    } catch (error) {
      this.#over = true
      throw error
    }
  }
}

/** What fails when it is read. */
export function failing(error: unknown): Batches {
  return new Begun(() => Promise.reject(error))
}

/** A batch that is all there is to say. */
export function single(batch: Batch): Batches {
  let given = batch.length === 0
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next: async () => {
      if (given) return DONE
      given = true
      return { value: batch, done: false }
    },
    return: async () => {
      given = true
      return DONE
    },
  }
}
