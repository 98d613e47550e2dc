import { setImmediate as nextTurn } from 'node:timers/promises'
import { whileBusy } from './busy.ts'
import { isBusy } from './errors.ts'
import type { Step } from './step.ts'
import { weigh } from './step.ts'

/** One call of `write`, which is committed whole or not at all. */
interface Call {
  readonly steps: readonly Step[]
  readonly bytes: number
  resolve(): void
  reject(error: unknown): void
}

export interface WriteQueueOptions {
  /** Writes the steps in one transaction, or throws and leaves nothing of them. */
  readonly commit: (steps: Iterable<readonly Step[]>) => void
  /** What was thrown, as the caller of `write` is to see it. */
  readonly convert: (error: unknown) => unknown
  /** Milliseconds. */
  readonly lockTimeout: number
}

/** About how many bytes go into one transaction while others wait for the loop: ten messages of 2 KB. A call that is larger goes alone. */
const GROUP_BYTES = 24_000

/**
 * Calls in the order they were made, grouped into transactions: those of one turn of the event loop together, up to `GROUP_BYTES`, and
 * one transaction per turn, so that many writers cost few commits and no commit blocks the loop for long.
 *
 * Invariant: at any time at most one group is being committed, and calls settle in order.
 */
export class WriteQueue {
  readonly #options: WriteQueueOptions
  #waiting: Call[] = []
  #draining: Promise<void> | undefined

  constructor(options: WriteQueueOptions) {
    this.#options = options
  }

  push(steps: readonly Step[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = steps.reduce((sum, step) => sum + weigh(step), 0)
      this.#waiting.push({ steps, bytes, resolve, reject })
      this.#draining ??= this.#drain()
    })
  }

  /** Resolves when nothing waits any more. */
  async empty(): Promise<void> {
    await this.#draining
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn()
      await this.#settle(this.#take())
    }
    this.#draining = undefined
  }

  #take(): Call[] {
    let count = 0
    let bytes = 0
    for (const call of this.#waiting) {
      bytes += call.bytes
      if (count > 0 && bytes > GROUP_BYTES) break
      count++
    }
    return this.#waiting.splice(0, count)
  }

  /** Commits a group; when that fails, its calls one by one, so that only the guilty ones are rejected. */
  async #settle(group: readonly Call[]): Promise<void> {
    try {
      await whileBusy(() => this.#options.commit(group.map((call) => call.steps)), this.#options.lockTimeout)
      for (const call of group) call.resolve()
    } catch (error) {
      if (isBusy(error)) return this.#rejectAll(group, error)
      if (group.length === 1) return this.#reject(group, error)
      for (const call of group) {
        await nextTurn()
        await this.#settle([call])
      }
    }
  }

  /** Who came while the database was locked is not made to wait for as long again. */
  #rejectAll(group: readonly Call[], error: unknown): void {
    this.#reject(group, error)
    this.#reject(this.#waiting.splice(0), error)
  }

  #reject(calls: readonly Call[], error: unknown): void {
    for (const call of calls) call.reject(this.#options.convert(error))
  }
}
