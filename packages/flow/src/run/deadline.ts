import type { Clock } from './clock.ts'

/** How long an attempt may take. Its time does not run while it waits for others: a reader who has not read yet, a person who is asked. */
export class Deadline {
  readonly #clock: Clock
  readonly #onLate: () => void
  #left: number
  #since = 0
  /** How many waits are under way. */
  #waits = 0
  #stop: (() => void) | undefined

  constructor(clock: Clock, ms: number, onLate: () => void) {
    this.#clock = clock
    this.#left = ms
    this.#onLate = onLate
    this.#go()
  }

  /** Time stands still until what this returns is called. */
  hold(): () => void {
    this.#waits += 1
    this.#halt()
    let held = true
    return () => {
      if (!held) return
      held = false
      this.#waits -= 1
      if (this.#waits === 0) this.#go()
    }
  }

  /** Over: it cannot be late any more. */
  end(): void {
    this.#halt()
    this.#waits = Number.POSITIVE_INFINITY
  }

  #go(): void {
    if (this.#left === Number.POSITIVE_INFINITY) return
    this.#since = this.#clock.now()
    this.#stop = this.#clock.after(this.#left, () => {
      this.end()
      this.#onLate()
    })
  }

  #halt(): void {
    if (!this.#stop) return
    this.#stop()
    this.#stop = undefined
    this.#left = Math.max(0, this.#left - (this.#clock.now() - this.#since))
  }
}
