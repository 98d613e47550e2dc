import { asBraidError, type BraidError, type Chunk, type Operation, type Outcome } from '@braid/core'
import type { Clock } from './clock.ts'

/** Called while a run goes on. What a hook throws does the run no harm, except where that is its purpose: in `beforeOperation`. */
export interface FlowHooks {
  /**
   * Before each attempt; the attempt waits for it, and fails with what it throws. Not before a group (`expand`, `repeat`, `subgraph`),
   * which does nothing itself.
   */
  beforeOperation?(operation: Operation, attempt: number): void | Promise<void>
  /** After the end of each operation was stored and shown, also of one that never started. The run is not over before it has resolved. */
  afterOperation?(operation: Operation, outcome: Outcome): void | Promise<void>
  /** For each chunk, in order, before any reader has it, and whether or not there is one. */
  onChunk?(operationId: string, chunk: Chunk): void
  /** When an operation has failed for good, before `afterOperation`. */
  onError?(operation: Operation, error: BraidError): void
}

/** The hooks that only look on: what they throw is reported, once for each, and nothing else comes of it. */
export class Onlookers {
  readonly #hooks: FlowHooks
  readonly #pending = new Set<Promise<void>>()
  readonly #reported = new Set<keyof FlowHooks>()

  constructor(hooks: FlowHooks = {}) {
    this.#hooks = hooks
  }

  /** Undefined when nobody wants to see them. */
  get onChunk(): ((operationId: string, chunks: readonly Chunk[]) => void) | undefined {
    if (!this.#hooks.onChunk) return undefined
    return (operationId, chunks) => {
      for (const chunk of chunks) this.#call('onChunk', () => this.#hooks.onChunk?.(operationId, chunk))
    }
  }

  failed(operation: Operation, error: BraidError): void {
    if (this.#hooks.onError) this.#call('onError', () => this.#hooks.onError?.(operation, error))
  }

  ended(operation: Operation, outcome: Outcome): void {
    if (this.#hooks.afterOperation) this.#call('afterOperation', () => this.#hooks.afterOperation?.(operation, outcome))
  }

  /** Resolves when none is at work any more; one that takes longer than the grace period is reported and left alone. */
  async settled(clock: Clock, grace: number): Promise<void> {
    if (this.#pending.size === 0) return
    let stop = (): void => {}
    const late = new Promise<void>((resolve) => {
      stop = clock.after(grace, () => {
        this.#report('afterOperation', `did not resolve within ${grace} ms of the run's end`)
        resolve()
      })
    })
    await Promise.race([Promise.all(this.#pending), late])
    stop()
  }

  #call(name: keyof FlowHooks, call: () => unknown): void {
    try {
      const returned = call()
      if (typeof returned !== 'object' || returned === null || !('then' in returned)) return
      const pending = Promise.resolve(returned).then(
        () => {},
        (error: unknown) => this.#report(name, `rejected: ${wordsOf(error)}`),
      )
      this.#pending.add(pending)
      void pending.then(() => this.#pending.delete(pending))
    } catch (error) {
      this.#report(name, `threw: ${wordsOf(error)}`)
    }
  }

  #report(name: keyof FlowHooks, what: string): void {
    if (this.#reported.has(name)) return
    this.#reported.add(name)
    process.emitWarning(`the hook ${name} ${what}; the run goes on`, { code: 'BRAID_HOOK' })
  }
}

function wordsOf(thrown: unknown): string {
  return asBraidError(thrown, 'unknown').message
}
