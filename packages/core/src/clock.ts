/** Time and chance: one seam, so that a test can have its own. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** From 0 to below 1. */
  random(): number
  /**
   * Calls `then` after so many milliseconds. Returns the way not to. Without `holds`, it keeps no process alive that has nothing else to do.
   */
  after(ms: number, then: () => void, holds?: boolean): () => void
}

/** As long as Node can wait: told to wait longer, it does not wait at all. */
const LONGEST_MS = 2 ** 31 - 1

export const CLOCK: Clock = {
  now: () => performance.now(),
  random: () => Math.random(),
  after(ms, then, holds = true) {
    const timer = setTimeout(then, Math.min(ms, LONGEST_MS))
    if (!holds) timer.unref()
    return () => clearTimeout(timer)
  },
}
