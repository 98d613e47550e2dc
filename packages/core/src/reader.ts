import { onAbort } from './abort.ts'
import type { ModelChunk } from './chunk.ts'
import { asBraidError } from './error.ts'

type Batch = readonly ModelChunk[]
type Done = IteratorReturnResult<undefined>
type Next<T> = IteratorResult<T, undefined>

const DONE: Done = Object.freeze({ value: undefined, done: true })

/** Where batches come from. Called once, at the first read; its `return()` resolves when everything is closed. */
export type BatchSource = (signal: AbortSignal) => AsyncIterator<Batch, unknown>

/** How the reading of a source ended. */
export type Ending =
  | { readonly type: 'end' }
  | { readonly type: 'left' }
  | { readonly type: 'failed'; readonly error: unknown }

/** What a reader is handed, and who is told of what passes. */
export interface Reading<T> {
  /** What the reader gets of a batch, one by one. */
  readonly items: (batch: Batch) => readonly T[]
  /** Called with every batch, before its first item is handed out. */
  readonly onBatch: (batch: Batch) => void
  /** Called once. */
  readonly onEnd: (ending: Ending) => void
}

const NOTHING: readonly never[] = Object.freeze([])

/**
 * Reads a source. Leaving works at any moment: a `next()` that is pending then is told that it is over, its source that it is aborted,
 * and `return()` resolves when that has closed.
 *
 * With many streams, what each of them holds while it waits is what memory and its collector are busy with: here that is one promise, and no
 * batch that has been handed out.
 */
export class Reader<T> implements AsyncIterableIterator<T, undefined> {
  readonly #open: BatchSource
  readonly #signal: AbortSignal
  readonly #reading: Reading<T>
  readonly #abort = new AbortController()
  #unlink = (): void => {}
  #source: AsyncIterator<Batch, unknown> | undefined
  #items: readonly T[] = NOTHING
  #at = 0
  /** How many have asked and not been answered. They are answered one after the other, each when `#last` has been. */
  #asked = 0
  #last: Promise<Next<T>> | undefined
  #aborted = false
  #over = false
  #left: Promise<Done> | undefined

  constructor(open: BatchSource, signal: AbortSignal, reading: Reading<T>) {
    this.#open = open
    this.#signal = signal
    this.#reading = reading
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Next<T>> {
    if (this.#asked === 0 && this.#at < this.#items.length) return Promise.resolve(this.#take())
    this.#asked += 1
    this.#last = this.#last === undefined || this.#asked === 1 ? this.#turn() : this.#last.then(this.#turn, this.#turn)
    return this.#last
  }

  return(): Promise<Done> {
    this.#items = NOTHING
    this.#at = 0
    this.#left ??= this.#leave()
    return this.#left
  }

  /** Answers the first of those who have asked. */
  readonly #turn = (): Promise<Next<T>> => {
    if (this.#at < this.#items.length) return Promise.resolve(this.#answer(this.#take()))
    if (this.#over || this.#left) return Promise.resolve(this.#answer(DONE))
    try {
      return this.#pull().then(this.#came, this.#failed)
    } catch (error) {
      return this.#failed(error)
    }
  }

  #pull(): Promise<IteratorResult<Batch, unknown>> {
    this.#source ??= this.#begin()
    if (this.#aborted) throw this.#signal.reason
    return this.#source.next()
  }

  #begin(): AsyncIterator<Batch, unknown> {
    this.#signal.throwIfAborted()
    this.#unlink = onAbort(this.#signal, (reason) => {
      this.#aborted = true
      this.#abort.abort(reason)
    })
    return this.#open(this.#abort.signal)
  }

  readonly #came = (next: IteratorResult<Batch, unknown>): Next<T> | Promise<Next<T>> => {
    try {
      const found = this.#receive(next)
      return found === undefined ? this.#search() : this.#answer(found)
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** A loop: promises that wait for each other would grow with every batch that has nothing for this reader. */
  async #search(): Promise<Next<T>> {
    try {
      for (;;) {
        const found = this.#receive(await this.#pull())
        if (found !== undefined) return this.#answer(found)
      }
    } catch (error) {
      return this.#failed(error)
    }
  }

  /** Undefined where the batch has nothing for this reader. */
  #receive(next: IteratorResult<Batch, unknown>): Next<T> | undefined {
    if (this.#left) return DONE
    if (next.done) {
      this.#end({ type: 'end' })
      return DONE
    }
    this.#reading.onBatch(next.value)
    this.#items = this.#reading.items(next.value)
    return this.#items.length > 0 ? this.#take() : undefined
  }

  #take(): IteratorYieldResult<T> {
    const value = this.#items[this.#at++] as T
    if (this.#at === this.#items.length) {
      this.#items = NOTHING
      this.#at = 0
    }
    return { value, done: false }
  }

  #answer(next: Next<T>): Next<T> {
    this.#asked -= 1
    return next
  }

  /** An abort passes as the reason that was given, everything else has a name: errors are converted here, where they enter. */
  readonly #failed = async (error: unknown): Promise<Done> => {
    try {
      if (this.#left) return DONE
      const named = this.#signal.aborted ? this.#signal.reason : asBraidError(error, 'unknown')
      // Closed before anyone hears of it: control returns to nobody while a socket is open. What went wrong first is what counts.
      await this.#close().catch(() => {})
      this.#end({ type: 'failed', error: named })
      throw named
    } finally {
      this.#asked -= 1
    }
  }

  async #leave(): Promise<Done> {
    if (this.#over) return DONE
    // A source that is waiting is told so by its signal; one that is not waiting learns it by `return()`.
    if (this.#asked > 0) this.#abort.abort(new DOMException('the reader left', 'AbortError'))
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
    this.#reading.onEnd(ending)
  }
}
