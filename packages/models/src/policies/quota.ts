import { LONGEST_WAIT_MS } from './pause.ts'
import type { Allowance } from './policy.ts'

/** A window of no length would be no limit. */
const SHORTEST_MS = 1_000

/**
 * How much a provider says may still be sent, and what was sent since it said so.
 *
 * What was sent after the request that brought the word may be in it or not, and counts as if it were not: rather late than refused.
 */
export class Quota {
  #left = Number.POSITIVE_INFINITY
  #limit = Number.POSITIVE_INFINITY
  #resetAt = 0
  #resetMs = 0
  /** Everything ever sent. */
  #sent = 0
  /** What had been sent when the request went out whose answer spoke last. */
  #spoken = -1

  /** Something is sent. Returns the way to say what its answer said. */
  send(weight: number): (allowance: Allowance, now: number) => void {
    this.#sent += weight
    this.#left -= weight
    const sent = this.#sent
    return ({ remaining, limit, resetMs }, now) => {
      // An answer to an earlier request came later: it knows less.
      if (sent < this.#spoken) return
      this.#spoken = sent
      this.#left = remaining - (this.#sent - sent)
      this.#limit = limit ?? Number.POSITIVE_INFINITY
      this.#resetMs = Math.min(resetMs, LONGEST_WAIT_MS)
      this.#resetAt = now + this.#resetMs
    }
  }

  /** Milliseconds until so much may be sent. */
  wait(weight: number, now: number): number {
    if (now >= this.#resetAt && this.#left < this.#limit) this.#reset(now)
    // What is more than all of it waits for all of it.
    return Math.min(weight, this.#limit) <= this.#left ? 0 : Math.max(0, this.#resetAt - now)
  }

  /** All of it may be sent again, but not more: not before as long again, or before the provider speaks. */
  #reset(now: number): void {
    this.#left = this.#limit
    this.#resetAt = now + Math.max(this.#resetMs, SHORTEST_MS)
  }
}
