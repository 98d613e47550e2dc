import { BraidError, checkKnown, type Known, type Operation, type Results } from '@braid/core'
import { type Control, RunControl } from './control.ts'
import { LiveSource } from './live-source.ts'
import type { Members } from './members.ts'
import type { FlowOptions } from './options.ts'
import { Readers } from './readers.ts'
import type { RunEnd, RunStatus } from './run.ts'
import { RunStream } from './run-stream.ts'

/** How a run is read. */
export interface StreamOptions {
  /** The number of the last tuple that the reader has had: its `seq`, an event's `id`. Default 0: from the beginning. */
  after?: number
  /** What was is read so many times faster than it was said: 1 at the pace it had. Default: as fast as it is read. */
  pace?: number
}

/** A run that goes on by itself, whoever reads it; or one that was, or is another process's. */
export interface Run extends Control {
  readonly id: string
  /**
   * `waiting` when a call waits for approval, whatever else is going on. Of a run of another process it is as it was when the run was got;
   * `interrupted` when that process is gone.
   */
  readonly status: RunStatus
  /** What became of everything in the plan. Rejects as `flow` does, and with `run_interrupted` where nobody runs it any more. */
  results(): Promise<Results>
  /**
   * What was, then what is, for any number of readers; leaving it stops the reading, not the run, and a slow one holds nobody. Chunks are
   * without `metadata` and `rawResponse` where they come from the store. It ends as the run ends. In a session in memory what was said
   * before a reader came is not kept for it: where that would be missing, reading throws `already_read`.
   */
  stream(options?: StreamOptions): RunStream
}

/** What is held of a run of this process that goes on by itself. */
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

  stream(options: StreamOptions = {}): RunStream {
    const { after, pace } = checkStream(options, this.#members.run.log.length)
    return new RunStream(new HandleSource(this.#members, after, pace, this.#coalesce))
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

  /** Resolves when it is over, and nothing of it is written any more. */
  get packed(): Promise<void> {
    return this.#members.run.packed
  }

  /** Resolves when it is over. */
  ended(): Promise<{ readonly status: RunEnd }> {
    return this.#members.run.ended()
  }
}

/** A run that has begun, or is about to: it needs no readers. */
class HandleSource extends LiveSource {
  readonly runId: string
  readonly begun = true
  readonly #members: Members

  constructor(members: Members, after: number, pace: number | undefined, coalesce: number | undefined) {
    super({ readers: new Readers(), coalesce, after, pace, replays: true })
    this.runId = members.run.id
    this.#members = members
  }

  members(): Members {
    return this.#members
  }

  begin(): Members {
    return this.#members
  }
}

const STREAM = { after: true, pace: true } satisfies Known<StreamOptions>

/** Throws `invalid_request`. `said`: how many chunks the run has said, where that is known. */
export function checkStream(
  options: StreamOptions,
  said?: number,
): { readonly after: number; readonly pace: number | undefined } {
  checkKnown(options, STREAM, { of: 'stream' })
  const { after = 0, pace } = options
  if (!(Number.isInteger(after) && after >= 0 && after <= (said ?? after))) {
    throw new BraidError(
      'invalid_request',
      `expected \`after\` to be the number of a tuple of this run, from 0${said === undefined ? '' : ` to ${said}`}; got ${String(after)}`,
    )
  }
  if (pace !== undefined && !(pace > 0)) {
    throw new BraidError(
      'invalid_request',
      `expected \`pace\` to be how many times faster than it was, more than 0; got ${String(pace)}`,
    )
  }
  return { after, pace }
}
