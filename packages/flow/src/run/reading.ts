import type { Tuples } from './tuples.ts'

/**
 * A generator over a cursor that can be left while it waits. A generator alone queues `return()` behind the `next()` that is pending, and
 * that one waits for a model that may say nothing for minutes: here, leaving settles it.
 */
export class Reading<T> implements AsyncIterableIterator<T, undefined> {
  readonly #generator: AsyncGenerator<T, void>
  #cursor: Pick<Tuples, 'return'> | undefined

  /** `read` tells which cursor it reads when it begins to. */
  constructor(read: (onOpen: (cursor: Pick<Tuples, 'return'>) => void) => AsyncGenerator<T, void>) {
    this.#generator = read((cursor) => {
      this.#cursor = cursor
    })
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this.#generator.next() as Promise<IteratorResult<T, undefined>>
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    await this.#cursor?.return()
    await this.#generator.return()
    return { value: undefined, done: true }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
