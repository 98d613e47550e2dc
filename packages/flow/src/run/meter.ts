import { type Chunk, NO_USAGE, sumUsage, type Usage } from '@braid/core'

/**
 * What one operation has used, in all its attempts, as far as the providers have said: the calls that reached their end, and what was said
 * of one that did not.
 */
export class Meter {
  readonly #calls: Usage[] = []
  /** Of the call under way. */
  #open: Usage | undefined

  /** Usage belongs to a whole call: of several candidates, the first one's `finish` tells it. */
  hear(chunk: Chunk): void {
    if (chunk.type === 'usage') this.#open = chunk.usage
    else if (chunk.type === 'finish' && chunk.candidate === 0) {
      this.#calls.push(chunk.usage)
      this.#open = undefined
    }
  }

  /** An attempt is over: what it was told of a call that broke off is all that there will be. */
  close(): void {
    if (this.#open) this.#calls.push(this.#open)
    this.#open = undefined
  }

  get used(): boolean {
    return this.#calls.length > 0 || this.#open !== undefined
  }

  get usage(): Usage {
    if (!this.used) return NO_USAGE
    return sumUsage(this.#open ? [...this.#calls, this.#open] : this.#calls)
  }
}
