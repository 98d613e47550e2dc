import type { ToolOutcome } from '@braid/core'
import { type Bench, type Called, notFinished, outcomeChunk, outcomeOf } from './call.ts'

interface Running {
  readonly controller: AbortController
  readonly settled: Promise<void>
  outcome: ToolOutcome | undefined
}

/** The calls of one message. Each is begun once, at any time; what they come to is told in the order of the calls. */
export class Round {
  readonly #bench: Bench
  readonly #running = new Map<Called, Running>()
  /** Set when all were stopped: what is begun now is so too. */
  #stopped: { readonly reason: unknown } | undefined

  constructor(bench: Bench) {
    this.#bench = bench
  }

  begin(called: Called): void {
    if (this.#running.has(called)) return
    const controller = new AbortController()
    if (this.#stopped) controller.abort(this.#stopped.reason)
    const key = this.#bench.memory.keyOf(called.call)
    const settle = async (): Promise<void> => {
      running.outcome = await outcomeOf(called, key, this.#bench, controller.signal)
      // Nobody hears of a call that is not wanted any more.
      if (!controller.signal.aborted) await this.#bench.say([outcomeChunk(running.outcome)])
    }
    const running: Running = { controller, outcome: undefined, settled: Promise.resolve().then(settle) }
    this.#running.set(called, running)
  }

  /** Ends calls that are not wanted any more; without a list, all, also those still to come. Resolves when their tools have stopped, or were fenced. */
  async stop(reason: unknown, calls?: readonly Called[]): Promise<void> {
    if (!calls) this.#stopped ??= { reason }
    const running = (calls ?? [...this.#running.keys()]).flatMap((called) => this.#running.get(called) ?? [])
    for (const { controller, outcome } of running) if (!outcome) controller.abort(reason)
    await Promise.all(running.map(({ settled }) => settled))
  }

  /** Resolves when every call that was begun has come to something. */
  async settled(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ settled }) => settled))
  }

  /** What these came to, in their order; one that has not come to anything was cancelled, so that none is without an outcome. */
  outcomes(calls: readonly Called[]): readonly ToolOutcome[] {
    return calls.map((called) => this.#running.get(called)?.outcome ?? notRun(called))
  }
}

/** What a call comes to that was not run, or not to its end. */
export function notRun({ call: { signature: _, ...call }, refused }: Called): ToolOutcome {
  return { ...call, error: refused ?? notFinished() }
}
