import type { FlowChunk, Tuples } from './tuples.ts'

type Result = IteratorResult<FlowChunk, undefined>
const DONE: Result = Object.freeze({ value: undefined, done: true })

/** Tuples of a run that has to be looked up first; it is when the first is asked for. */
export class LateTuples implements Tuples {
  readonly #open: () => Promise<Tuples | undefined>
  #opening: Promise<Tuples | undefined> | undefined
  #tuples: Tuples | undefined
  #left = false
  /** Whether somebody was told that it could not be opened. */
  #failed = false

  /** Undefined where there is nothing to read. */
  constructor(open: () => Promise<Tuples | undefined>) {
    this.#open = open
  }

  get seq(): number {
    return this.#tuples?.seq ?? 0
  }

  get past(): number {
    return this.#tuples?.past ?? 0
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<Result> {
    if (this.#left || this.#failed) return DONE
    if (!this.#tuples) {
      try {
        this.#opening ??= this.#open()
        this.#tuples = await this.#opening
      } catch (error) {
        if (this.#failed) return DONE
        this.#failed = true
        throw error
      }
    }
    if (this.#left) {
      await this.#tuples?.return()
      return DONE
    }
    return this.#tuples?.next() ?? DONE
  }

  async return(): Promise<Result> {
    this.#left = true
    const tuples = await this.#opening?.catch(() => undefined)
    await tuples?.return()
    return DONE
  }

  retire(): boolean {
    if (this.#left) return false
    this.#left = true
    return this.#tuples?.retire() ?? true
  }
}
