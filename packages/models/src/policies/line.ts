import { type Clock, onAbort } from '@braid/core'
import { LONGEST_WAIT_MS } from './pause.ts'
import type { Allowances } from './policy.ts'
import { Quota } from './quota.ts'
import { Window } from './window.ts'

/** How much may be sent in any minute. */
export interface Rates {
  readonly requestsPerMinute?: number
  readonly tokensPerMinute?: number
}

/** What a call weighs: the requests that it makes, and about how many tokens they are. */
export interface Weight {
  readonly requests: number
  readonly tokens: number
}

/** What whoever was let through says afterwards. */
export interface Pass {
  /** What the provider said may still be sent. */
  heard(allowances: Allowances): void
  /** The tokens that it really was. */
  weighed(tokens: number): void
}

interface Waiting {
  readonly weight: Weight
  readonly go: (pass: Pass) => void
}

/**
 * Calls that wait until they may be sent: by the limits that the user gave, and by those that the provider tells.
 *
 * Invariants: whoever came first goes first, however little a later one weighs; whoever gives up is gone from the line; there is a timer only
 * while somebody waits.
 */
export class Line {
  readonly #clock: Clock
  readonly #requests: Window
  readonly #tokens: Window
  readonly #quotas = { requests: new Quota(), tokens: new Quota() }
  readonly #waiting = new Set<Waiting>()
  #closedUntil = 0
  #stop: (() => void) | undefined

  constructor({ requestsPerMinute = Infinity, tokensPerMinute = Infinity }: Rates, clock: Clock) {
    this.#clock = clock
    this.#requests = new Window(requestsPerMinute)
    this.#tokens = new Window(tokensPerMinute)
  }

  /** Resolves when the call may be sent. Rejects with the signal's reason. */
  async enter(weight: Weight, signal: AbortSignal): Promise<Pass> {
    signal.throwIfAborted()
    if (this.#waiting.size === 0 && this.#wait(weight) === 0) return this.#send(weight)
    let unlink = (): void => {}
    try {
      return await new Promise<Pass>((resolve, reject) => {
        const mine: Waiting = { weight, go: resolve }
        this.#waiting.add(mine)
        unlink = onAbort(signal, (reason) => {
          // At once: whoever has left is not let through. And the others may have waited behind it.
          if (this.#waiting.delete(mine)) this.#move()
          reject(reason)
        })
        this.#move()
      })
    } finally {
      unlink()
    }
  }

  /** The provider wants to be left alone for so long. */
  close(ms: number): void {
    if (ms > LONGEST_WAIT_MS) return
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.now() + ms)
  }

  /** Lets go who may, and sets the timer for the next. */
  #move(): void {
    this.#stop?.()
    this.#stop = undefined
    for (const first of this.#waiting) {
      const wait = this.#wait(first.weight)
      if (wait > 0) {
        this.#stop = this.#clock.after(wait, () => this.#move())
        return
      }
      this.#waiting.delete(first)
      first.go(this.#send(first.weight))
    }
  }

  #wait({ requests, tokens }: Weight): number {
    const now = this.#clock.now()
    return Math.max(
      this.#closedUntil - now,
      this.#requests.wait(requests, now),
      this.#tokens.wait(tokens, now),
      this.#quotas.requests.wait(requests, now),
      this.#quotas.tokens.wait(tokens, now),
      0,
    )
  }

  #send({ requests, tokens }: Weight): Pass {
    const now = this.#clock.now()
    this.#requests.add(requests, now)
    const weighed = this.#tokens.add(tokens, now)
    const heard = { requests: this.#quotas.requests.send(requests), tokens: this.#quotas.tokens.send(tokens) }
    return {
      weighed: (really) => {
        weighed(really)
        this.#move()
      },
      heard: (allowances) => {
        const at = this.#clock.now()
        if (allowances.requests !== undefined) heard.requests(allowances.requests, at)
        if (allowances.tokens !== undefined) heard.tokens(allowances.tokens, at)
        this.#move()
      },
    }
  }
}
