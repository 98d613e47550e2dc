import { setTimeout as sleep } from 'node:timers/promises'
import { isBusy } from './errors.ts'

const FIRST_WAIT_MS = 1
const LONGEST_WAIT_MS = 25

/**
 * Runs `attempt` until it does not find the database locked, and for `total` milliseconds at most; then throws what it threw last. The
 * event loop is free between the attempts.
 */
export async function whileBusy<T>(attempt: () => T | Promise<T>, total: number): Promise<T> {
  const deadline = performance.now() + total
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    try {
      return await attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() + wait > deadline) throw error
    }
    await sleep(wait)
  }
}
