import { setImmediate as nextTurn } from 'node:timers/promises'
import { whileBusy } from './busy.ts'
import { isBusy, isGone } from './errors.ts'
import type { Step } from './step.ts'
import { weigh } from './step.ts'

/** One call of `write`, which is committed whole or not at all. */
interface Call {
  readonly steps: readonly Step[]
  readonly bytes: number
  resolve(): void
  reject(error: unknown): void
}

/** Work during which nothing is committed. */
interface Alone {
  work(): Promise<void>
}

export interface WriteQueueOptions {
  /** Writes the steps in one transaction, or throws and leaves nothing of them. */
  readonly commit: (steps: readonly (readonly Step[])[]) => void
  /** Told after a commit about how many bytes it wrote. */
  readonly wrote: (bytes: number) => void
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
  #waiting: (Call | Alone)[] = []
  #draining: Promise<void> | undefined

  constructor(options: WriteQueueOptions) {
    this.#options = options
  }

  push(steps: readonly Step[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const bytes = steps.reduce((sum, step) => sum + weigh(step), 0)
      this.#enter({ steps, bytes, resolve, reject })
    })
  }

  /** Runs `work` after what waits already; what comes later waits for it. */
  alone<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#enter({ work: () => work().then(resolve, reject) })
    })
  }

  /** Resolves when nothing waits any more. */
  async empty(): Promise<void> {
    await this.#draining
  }

  #enter(entry: Call | Alone): void {
    this.#waiting.push(entry)
    this.#draining ??= this.#drain()
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn()
      const [first] = this.#waiting
      if (first !== undefined && 'work' in first) {
        this.#waiting.shift()
        await first.work()
      } else {
        await this.#settle(this.#take())
      }
    }
    this.#draining = undefined
  }

  #take(): Call[] {
    const group: Call[] = []
    let bytes = 0
    for (const entry of this.#waiting) {
      if ('work' in entry) break
      bytes += entry.bytes
      if (group.length > 0 && bytes > GROUP_BYTES) break
      group.push(entry)
    }
    this.#waiting.splice(0, group.length)
    return group
  }

  /** Commits a group; when that fails, its calls one by one, so that only the guilty ones are rejected. */
  async #settle(group: readonly Call[]): Promise<void> {
    try {
      await whileBusy(() => this.#options.commit(group.map((call) => call.steps)), this.#options.lockTimeout)
      for (const call of group) call.resolve()
    } catch (error) {
      if (isBusy(error)) return this.#rejectAll(group, error)
      // What could be saved of it has been saved: done again, it would be there twice.
      if (isGone(error) || group.length === 1) return this.#reject(group, error)
      for (const call of group) {
        await nextTurn()
        await this.#settle([call])
      }
      return
    }
    this.#options.wrote(group.reduce((sum, call) => sum + call.bytes, 0))
  }

  /** Who came while the database was locked is not made to wait for as long again. */
  #rejectAll(group: readonly Call[], error: unknown): void {
    this.#reject(group, error)
    const calls = this.#waiting.filter((entry) => 'steps' in entry)
    this.#waiting = this.#waiting.filter((entry) => 'work' in entry)
    this.#reject(calls, error)
  }

  #reject(calls: readonly Call[], error: unknown): void {
    for (const call of calls) call.reject(this.#options.convert(error))
  }
}
