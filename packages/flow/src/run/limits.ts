import { BraidError, onAbort } from '@braid/core'
import { type Spend, Spending } from './budget.ts'
import type { Clock } from './clock.ts'
import type { FlowOptions } from './options.ts'

/** What ends a run from outside: its signal, its time, its budget. */
export class Limits {
  readonly #options: FlowOptions
  readonly #clock: Clock
  readonly #cancel: (reason: unknown) => void
  readonly #spending: Spending | undefined
  readonly #unlink: (() => void)[] = []

  constructor(options: FlowOptions, clock: Clock, cancel: (reason: unknown) => void) {
    this.#options = options
    this.#clock = clock
    this.#cancel = cancel
    if (options.budget) this.#spending = new Spending(options.budget, cancel)
  }

  /** What is to be told of usage, where anyone wants to know. */
  get spend(): Spend | undefined {
    return this.#spending?.spend
  }

  /** The run begins. */
  begin(): void {
    const { signal, timeout } = this.#options
    if (signal) this.#unlink.push(onAbort(signal, this.#cancel))
    if (timeout !== undefined && timeout < Number.POSITIVE_INFINITY) {
      this.#unlink.push(this.#clock.after(timeout, () => this.#cancel(late(timeout))))
    }
  }

  /** The run is over: no listener and no timer is left. */
  end(): void {
    for (const unlink of this.#unlink.splice(0)) unlink()
  }

  /** An operation is about to start. The error with which the run ends when it may not. */
  admit(): BraidError | undefined {
    return this.#spending?.begin()
  }
}

function late(timeout: number): BraidError {
  return new BraidError('timeout', `the run was stopped: it did not end within ${timeout} ms, its \`timeout\``)
}
