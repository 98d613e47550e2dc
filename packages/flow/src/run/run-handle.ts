import { BraidError, checkKnown, type Operation, type Results } from '@braid/core'
import { type Control, RunControl } from './control.ts'
import type { Members } from './members.ts'
import type { FlowOptions } from './options.ts'
import { Readers } from './readers.ts'
import type { RunEnd, RunStatus } from './run.ts'
import { RunStream } from './run-stream.ts'

/** A run that goes on by itself, whoever reads it. */
export interface Run extends Control {
  readonly id: string
  /** `waiting` when a call waits for approval, whatever else is going on. */
  readonly status: RunStatus
  /** What became of everything in the plan. Rejects as `flow` does. */
  results(): Promise<Results>
  /**
   * What was, then what is, for any number of readers; leaving it stops the reading, not the run. `after` is the number of the last tuple
   * that the reader has had (its `seq`, an event's `id`). What was said before a reader came is not kept for it: where that would be
   * missing, reading throws `already_read`.
   */
  stream(options?: { after?: number }): RunStream
}

/** What is held of a run that goes on by itself. */
export class RunHandle implements Run {
  readonly id: string
  readonly #members: Members
  readonly #control: Control
  readonly #coalesce: number | undefined

  constructor(members: Members, { coalesce }: FlowOptions) {
    this.id = members.run.id
    this.#members = members
    this.#control = new RunControl(() => members)
    this.#coalesce = coalesce
  }

  get status(): RunStatus {
    return this.#members.run.status
  }

  results(): Promise<Results> {
    return this.#members.run.settled()
  }

  stream(options: { after?: number } = {}): RunStream {
    checkKnown(options, { after: true }, { of: 'stream' })
    const { after = 0 } = options
    const { length } = this.#members.run.log
    if (!(Number.isInteger(after) && after >= 0 && after <= length)) {
      throw new BraidError(
        'invalid_request',
        `expected \`after\` to be the number of a tuple of this run, from 0 to ${length}; got ${String(after)}`,
      )
    }
    return new RunStream({
      runId: this.id,
      readers: new Readers(),
      coalesce: this.#coalesce,
      after,
      begun: true,
      members: () => this.#members,
      begin: () => this.#members,
    })
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

  /** Resolves when it is over. */
  ended(): Promise<{ readonly status: RunEnd }> {
    return this.#members.run.ended()
  }
}
