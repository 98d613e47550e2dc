/** Calls `up` when so many milliseconds have passed in which it was not paused. Without a time, never. */
export class Stopwatch {
  readonly #up: () => void
  #left: number | undefined
  #since = 0
  #timer: NodeJS.Timeout | undefined

  constructor(ms: number | undefined, up: () => void) {
    this.#left = ms
    this.#up = up
    this.go()
  }

  go(): void {
    if (this.#left === undefined || this.#timer) return
    this.#since = performance.now()
    this.#timer = setTimeout(this.#up, this.#left)
  }

  pause(): void {
    if (this.#left === undefined || !this.#timer) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#left = Math.max(0, this.#left - (performance.now() - this.#since))
  }

  stop(): void {
    this.pause()
    this.#left = undefined
  }
}
