import { type Chunk, NO_USAGE, sumUsage, type Usage } from '@braid/core'
import type { Spend } from './budget.ts'

/**
 * What one operation has used, in all its attempts, as far as the providers have said: the calls that reached their end, and what was said
 * of one that did not.
 */
export class Meter {
  readonly #spend: Spend | undefined
  readonly #calls: Usage[] = []
  /** Of the call under way. */
  #open: Usage | undefined
  #model = ''

  constructor(spend?: Spend) {
    this.#spend = spend
  }

  /** Usage belongs to a whole call: of several candidates, the first one's `finish` tells it. */
  hear(chunk: Chunk): void {
    if (chunk.type === 'message-start') this.#model = chunk.model
    else if (chunk.type === 'usage') this.#read(chunk.usage)
    else if (chunk.type === 'finish' && chunk.candidate === 0) {
      this.#read(chunk.usage)
      this.close()
    }
  }

  #read(usage: Usage): void {
    this.#spend?.(this.#open, usage, this.#model)
    this.#open = usage
  }

  /** The call under way has ended, or broken off: what was said of it is all that there will be. */
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
