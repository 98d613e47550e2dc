import type { ModelChunk } from '@braid/core'
import type { Batches } from '@braid/stream'

type Batch = readonly ModelChunk[]
type Next = IteratorResult<Batch, void>

const DONE: Next = Object.freeze({ value: undefined, done: true })

/** How an answer ended: whole, with an error, or because nobody wanted more of it. */
export type Ended =
  | { readonly type: 'whole' }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'left' }

/** Looks on while an answer is read. */
export interface Watcher {
  /** May put another batch in its place. */
  onBatch?(batch: Batch): Batch
  /** Called once, when everything behind the answer has closed. */
  onEnd?(ended: Ended): void
}

/** An answer, and who looks on. Those who look on at the same place share it: each further one costs a call, and no promise. */
export function watched(source: Batches, watcher: Watcher): Batches {
  if (source instanceof Watched && source.add(watcher)) return source
  return new Watched(source, watcher)
}

class Watched implements Batches {
  readonly #source: Batches
  /** From the inside out. */
  readonly #watchers: Watcher[]
  #read = false
  #over = false

  constructor(source: Batches, watcher: Watcher) {
    this.#source = source
    this.#watchers = [watcher]
  }

  /** False when it is too late. */
  add(watcher: Watcher): boolean {
    if (this.#read || this.#over) return false
    this.#watchers.push(watcher)
    return true
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Next> {
    this.#read = true
    return this.#source.next().then(this.#came, this.#failed)
  }

  async return(): Promise<Next> {
    try {
      await this.#source.return()
    } finally {
      this.#end({ type: 'left' })
    }
    return DONE
  }

  readonly #came = (next: Next): Next | Promise<never> => {
    if (next.done) {
      this.#end({ type: 'whole' })
      return next
    }
    try {
      let batch = next.value
      for (const watcher of this.#watchers) if (watcher.onBatch !== undefined) batch = watcher.onBatch(batch)
      return batch === next.value ? next : { value: batch, done: false }
    } catch (error) {
      return this.#broken(error)
    }
  }

  readonly #failed = (error: unknown): never => {
    this.#end({ type: 'failed', error })
    throw error
  }

  /** Who looked on threw: nobody will read the rest. */
  async #broken(error: unknown): Promise<never> {
    await this.#source.return().catch(() => {})
    return this.#failed(error)
  }

  #end(ended: Ended): void {
    if (this.#over) return
    this.#over = true
    for (const watcher of this.#watchers) watcher.onEnd?.(ended)
  }
}
