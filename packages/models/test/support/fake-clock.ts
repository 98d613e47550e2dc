import type { Clock } from '@braid/core'

interface Timer {
  readonly at: number
  readonly then: () => void
}

/** Time that goes when it is told to, and chance that is none. */
export class FakeClock implements Clock {
  /** What every `random()` gives. */
  chance = 0
  /** Every wait that was asked for, in milliseconds. */
  readonly waits: number[] = []
  #now = 0
  readonly #timers = new Set<Timer>()
  #changed: (() => void) | undefined

  /** How many wait. */
  get waiting(): number {
    return this.#timers.size
  }

  now(): number {
    return this.#now
  }

  random(): number {
    return this.chance
  }

  after(ms: number, then: () => void): () => void {
    const timer: Timer = { at: this.#now + ms, then }
    this.waits.push(ms)
    this.#timers.add(timer)
    this.#changed?.()
    return () => this.#timers.delete(timer)
  }

  /** Lets so much time go by, each timer ringing at its time. */
  advance(ms: number): void {
    const until = this.#now + ms
    for (;;) {
      const next = this.#first()
      if (next === undefined || next.at > until) break
      this.#ring(next)
    }
    this.#now = until
  }

  /** Resolves when somebody waits. */
  async someone(): Promise<void> {
    while (this.#timers.size === 0) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** Lets every wait be over as soon as it begins, until `work` is done. */
  async during<T>(work: Promise<T>): Promise<T> {
    let done = false
    const outcome = work.finally(() => {
      done = true
      this.#changed?.()
    })
    outcome.catch(() => {})
    while (!done) {
      const next = this.#first()
      if (next !== undefined) this.#ring(next)
      else {
        await new Promise<void>((resolve) => {
          this.#changed = resolve
          if (done) resolve()
        })
      }
    }
    return outcome
  }

  #ring(timer: Timer): void {
    this.#now = Math.max(this.#now, timer.at)
    this.#timers.delete(timer)
    timer.then()
  }

  #first(): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer
    return first
  }
}
