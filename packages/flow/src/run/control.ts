import { BraidError, type Operation } from '@braid/core'
import type { Stopped } from './attempts.ts'
import { type Soon, soon } from './flow-source.ts'
import type { Members } from './members.ts'

/** What can be done to a run from outside. */
export interface Control {
  /** Resolves when every operation has stopped or been fenced. What is read or awaited then rejects with the reason. */
  cancel(reason?: unknown): Promise<void>
  /** One operation alone; what depends on it is skipped. Resolves when it has stopped or been fenced. */
  cancelOperation(operation: Operation | string, reason?: unknown): Promise<void>
  /**
   * Does without one operation: it is `skipped`, because of itself, and so is what depends on it. It is stopped when it runs already; one that
   * has ended stays as it is. Resolves when it has stopped or been fenced.
   */
  skipOperation(operation: Operation | string): Promise<void>
  /**
   * Lets a call run that asked first: the `approvalId` is that of its `tool-approval-request` chunk. Rejects with `unknown_approval` when no
   * call of this run waits for it, or it was answered already.
   */
  approve(approvalId: string): Promise<void>
  /** Does not let it run. The model reads that it was denied, and the reason. Rejects as `approve` does. */
  deny(approvalId: string, reason?: string): Promise<void>
}

/** {@link Control} of a run that is looked up when it is needed. */
export class RunControl implements Control {
  readonly #members: () => Soon<Members>

  constructor(members: () => Soon<Members>) {
    this.#members = members
  }

  async cancel(reason?: unknown): Promise<void> {
    await soon(this.#members(), ({ run }) => run.cancel(asError(reason, 'the run was cancelled')))
  }

  async cancelOperation(operation: Operation | string, reason?: unknown): Promise<void> {
    await soon(this.#members(), (members) => {
      const id = members.idOf(operation)
      const error = asError(reason, `operation "${id}" was cancelled`)
      return stop(members, id, error, { status: 'cancelled', reason: error })
    })
  }

  async skipOperation(operation: Operation | string): Promise<void> {
    await soon(this.#members(), (members) => {
      const id = members.idOf(operation)
      const error = new BraidError('cancelled', `operation "${id}" was skipped`)
      return stop(members, id, error, { status: 'skipped', because: id })
    })
  }

  async approve(approvalId: string): Promise<void> {
    await soon(this.#members(), ({ run }) => run.approvals.answer(approvalId, { approved: true }))
  }

  async deny(approvalId: string, reason?: string): Promise<void> {
    const said = reason === undefined ? {} : { reason }
    await soon(this.#members(), ({ run }) => run.approvals.answer(approvalId, { approved: false, ...said }))
  }
}

async function stop(members: Members, id: string, reason: unknown, outcome: Stopped): Promise<void> {
  const lane = members.lane(id)
  // What completed in an earlier run has no lane, and nothing to stop.
  if (lane) await members.run.stopOperation(lane.index, reason, outcome)
}

function asError(reason: unknown, message: string): unknown {
  return reason instanceof Error
    ? reason
    : new BraidError('cancelled', message, reason === undefined ? {} : { cause: reason })
}
