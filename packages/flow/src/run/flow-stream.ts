import type { Operation, Results } from '@braid/core'
import { nodeOf } from '../builder/node.ts'
import { type Control, RunControl } from './control.ts'
import { type FlowSource, soon } from './flow-source.ts'
import type { Members } from './members.ts'
import type { Progress } from './run.ts'
import type { Run } from './run-handle.ts'
import { RunStream } from './run-stream.ts'

const NO_PROGRESS: Progress = { queued: 0, running: 0, completed: 0, failed: 0, skipped: 0, cancelled: 0, total: 0 }

/**
 * A run that lives by being read. Nothing starts before something is read or awaited. Leaving the last reader cancels the run; awaiting
 * `results` is a reader that never leaves; {@link FlowStream.detach} lets it go on without any.
 */
export class FlowStream extends RunStream implements Control {
  readonly #source: FlowSource
  readonly #control: Control
  #results: Promise<Results> | undefined
  #members: Members | undefined

  /** @internal */
  constructor(source: FlowSource) {
    super(source)
    this.#source = source
    this.#control = new RunControl(() => source.members())
  }

  /** What became of everything in the plan. Rejects with `run_failed`, or with the reason for which the run was cancelled. */
  get results(): Promise<Results> {
    if (!this.#results) {
      this.#source.readers.enter()
      this.#results = Promise.resolve(soon(this.#source.begin(), ({ run }) => run.settled()))
      // Who loops learns it from the loop; a promise that nobody awaits is no second, unhandled error.
      this.#results.catch(() => {})
    }
    return this.#results
  }

  /** One operation's result, as soon as it has completed. Rejects as `results` does when it does not complete. */
  async result<T>(operation: Operation<T>): Promise<T> {
    const results = this.results
    const members = await this.#source.members()
    const lane = members.lane(members.idOf(operation))
    // Without a lane, it completed in an earlier run.
    const outcome = lane ? await lane.whenClosed() : nodeOf(operation)?.outcome
    return outcome?.status === 'completed' ? (outcome.result as T) : (await results).get(operation)
  }

  /** How its operations stand. Of a run that is resumed, once it was looked up: this asks for it. */
  get progress(): Progress {
    const members = this.#source.members()
    if (!(members instanceof Promise)) this.#members = members
    else void members.then((known) => (this.#members = known)).catch(() => {})
    return this.#members?.run.progress ?? NO_PROGRESS
  }

  /**
   * The reader goes, and the run goes on, or begins: leaving does not cancel it any more. What nobody reads is not kept. It begins in the
   * next turn of the event loop, so a stream that is taken from the handle at once misses nothing.
   *
   * @example
   * const run = await flowStream(builder).detach()
   * return run.stream().toResponse()
   */
  async detach(): Promise<Run> {
    this.#source.readers.release()
    return this.#source.detach()
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#control.cancel(reason)
  }

  cancelOperation(operation: Operation | string, reason?: unknown): Promise<void> {
    return this.#control.cancelOperation(operation, reason)
  }

  skipOperation(operation: Operation | string): Promise<void> {
    return this.#control.skipOperation(operation)
  }

  approve(approvalId: string): Promise<void> {
    return this.#control.approve(approvalId)
  }

  deny(approvalId: string, reason?: string): Promise<void> {
    return this.#control.deny(approvalId, reason)
  }
}
