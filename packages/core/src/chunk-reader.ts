import type { ModelChunk } from './chunk.ts'

type Done = IteratorReturnResult<undefined>

/** Hands out one by one what `pick` takes from batches; what it leaves undefined is passed over. */
export class ChunkReader<T> implements AsyncIterableIterator<T, undefined> {
  readonly #batches: AsyncIterator<readonly ModelChunk[], undefined>
  readonly #pick: (chunk: ModelChunk) => T | undefined
  #batch: readonly ModelChunk[] = []
  #at = 0
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(batches: AsyncIterator<readonly ModelChunk[], undefined>, pick: (chunk: ModelChunk) => T | undefined) {
    this.#batches = batches
    this.#pick = pick
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const ready = this.#waiting === 0 ? this.#take() : undefined
    if (ready !== undefined) return Promise.resolve({ value: ready, done: false })
    this.#waiting += 1
    const pull = (): Promise<IteratorResult<T, undefined>> => this.#pull()
    const next = this.#last.then(pull, pull)
    this.#last = next
    return next
  }

  async return(): Promise<Done> {
    this.#batch = []
    this.#at = 0
    await this.#batches.return?.()
    return { value: undefined, done: true }
  }

  async #pull(): Promise<IteratorResult<T, undefined>> {
    try {
      for (;;) {
        const ready = this.#take()
        if (ready !== undefined) return { value: ready, done: false }
        const next = await this.#batches.next()
        if (next.done) return next
        this.#batch = next.value
        this.#at = 0
      }
    } finally {
      this.#waiting -= 1
    }
  }

  #take(): T | undefined {
    while (this.#at < this.#batch.length) {
      const picked = this.#pick(this.#batch[this.#at++] as ModelChunk)
      if (picked !== undefined) return picked
    }
    return undefined
  }
}
