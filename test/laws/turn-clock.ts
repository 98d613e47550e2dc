/** Waits between attempts are a turn of the event loop; longer ones are never over, unless they are fired. */
export class TurnClock {
  readonly #waiting = new Set<{ readonly ms: number; readonly then: () => void }>()

  now(): number {
    return 0
  }

  random(): number {
    return 0.5
  }

  after(ms: number, then: () => void): () => void {
    const wait = { ms, then }
    this.#waiting.add(wait)
    if (ms < 1_000) void turn().then(() => this.#waiting.delete(wait) && then())
    return () => this.#waiting.delete(wait)
  }

  fire(ms: number): void {
    for (const wait of this.#waiting) if (wait.ms === ms && this.#waiting.delete(wait)) wait.then()
  }

  /** How many waits are under way. */
  get size(): number {
    return this.#waiting.size
  }
}

/** One turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
