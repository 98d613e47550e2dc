import type { Clock } from '../run/clock.ts'

/** Calls `up` when so many milliseconds have passed in which it was not paused. Without a time, never. */
export class Stopwatch {
  readonly #clock: Clock
  readonly #up: () => void
  #left: number | undefined
  #since = 0
  #stop: (() => void) | undefined

  constructor(clock: Clock, ms: number | undefined, up: () => void) {
    this.#clock = clock
    this.#left = ms
    this.#up = up
    this.go()
  }

  go(): void {
    if (this.#left === undefined || this.#stop) return
    this.#since = this.#clock.now()
    this.#stop = this.#clock.after(this.#left, this.#up)
  }

  pause(): void {
    if (this.#left === undefined || !this.#stop) return
    this.#stop()
    this.#stop = undefined
    this.#left = Math.max(0, this.#left - (this.#clock.now() - this.#since))
  }

  stop(): void {
    this.pause()
    this.#left = undefined
  }
}
