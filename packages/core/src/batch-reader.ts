import { onAbort } from './abort.ts'
import type { ModelChunk } from './chunk.ts'

type Batch = readonly ModelChunk[]
type Done = IteratorReturnResult<undefined>

const DONE: Done = Object.freeze({ value: undefined, done: true })

/** Where batches come from. Called once, at the first read; its `return()` resolves when everything is closed. */
export type BatchSource = (signal: AbortSignal) => AsyncIterator<Batch, unknown>

/** How the reading of a source ended. */
export type Ending =
  | { readonly type: 'end' }
  | { readonly type: 'left' }
  | { readonly type: 'failed'; readonly error: unknown }

/**
 * Reads a source. Leaving works at any moment: a `next()` that is pending then is told that it is over, its source that it is aborted,
 * and `return()` resolves when that has closed. `onEnd` is called once.
 */
export class BatchReader implements AsyncIterableIterator<Batch, undefined> {
  readonly #open: BatchSource
  readonly #signal: AbortSignal
  readonly #onBatch: (batch: Batch) => void
  readonly #onEnd: (ending: Ending) => void
  readonly #abort = new AbortController()
  #unlink = (): void => {}
  #source: AsyncIterator<Batch, unknown> | undefined
  #last: Promise<unknown> = Promise.resolve()
  #pending = 0
  #over = false
  #left: Promise<Done> | undefined

  constructor(
    open: BatchSource,
    signal: AbortSignal,
    onBatch: (batch: Batch) => void,
    onEnd: (ending: Ending) => void,
  ) {
    this.#open = open
    this.#signal = signal
    this.#onBatch = onBatch
    this.#onEnd = onEnd
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<Batch, undefined>> {
    this.#pending += 1
    const step = (): Promise<IteratorResult<Batch, undefined>> => this.#step()
    const next = this.#last.then(step, step)
    this.#last = next
    return next
  }

  return(): Promise<Done> {
    this.#left ??= this.#leave()
    return this.#left
  }

  async #step(): Promise<IteratorResult<Batch, undefined>> {
    try {
      if (this.#left || this.#over) return DONE
      this.#source ??= this.#begin()
      this.#abort.signal.throwIfAborted()
      const next = await this.#source.next()
      if (this.#left) return DONE
      if (next.done) {
        this.#end({ type: 'end' })
        return DONE
      }
      this.#onBatch(next.value)
      return { value: next.value, done: false }
    } catch (error) {
      if (this.#left) return DONE
      // Closed before anyone hears of it: control returns to nobody while a socket is open. What went wrong first is what counts.
      await this.#close().catch(() => {})
      this.#end({ type: 'failed', error })
      throw error
    } finally {
      this.#pending -= 1
    }
  }

  #begin(): AsyncIterator<Batch, unknown> {
    this.#signal.throwIfAborted()
    this.#unlink = onAbort(this.#signal, (reason) => this.#abort.abort(reason))
    return this.#open(this.#abort.signal)
  }

  async #leave(): Promise<Done> {
    if (this.#over) return DONE
    // A source that is waiting is told so by its signal; one that is not waiting learns it by `return()`.
    if (this.#pending > 0) this.#abort.abort(new DOMException('the reader left', 'AbortError'))
    try {
      await this.#close()
    } finally {
      this.#end({ type: 'left' })
    }
    return DONE
  }

  async #close(): Promise<void> {
    await this.#source?.return?.()
  }

  #end(ending: Ending): void {
    if (this.#over) return
    this.#over = true
    this.#unlink()
    this.#onEnd(ending)
  }
}
