import type { RunReads, RunRequest } from '@braid/core'
import type { Clock } from './clock.ts'

/** How often it is looked, in milliseconds. */
const POLL_MS = 100

/** What somebody in another process asks of a run of this one: looked for while the run goes on, and told once each, in order. */
export class Requests {
  readonly #runId: string
  readonly #runs: RunReads
  readonly #clock: Clock
  readonly #onRequest: (request: RunRequest) => void
  #last: number
  #stop: (() => void) | undefined
  #over = false

  /** `last`: the number of the last that was told already. */
  constructor(runId: string, runs: RunReads, clock: Clock, last: number, onRequest: (request: RunRequest) => void) {
    this.#runId = runId
    this.#runs = runs
    this.#clock = clock
    this.#last = last
    this.#onRequest = onRequest
    this.#later()
  }

  end(): void {
    this.#over = true
    this.#stop?.()
  }

  #later(): void {
    if (!this.#over) this.#stop = this.#clock.after(POLL_MS, () => void this.#look(), false)
  }

  async #look(): Promise<void> {
    try {
      for (const { number, request } of await this.#runs.requests(this.#runId, this.#last)) {
        if (this.#over) return
        this.#last = number
        this.#onRequest(request)
      }
    } catch {
      // The store is busy, or gone, which whoever writes will say.
    }
    this.#later()
  }
}
