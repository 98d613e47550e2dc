import {
  BraidError,
  closest,
  type Operation,
  type OperationRecord,
  type Results,
  type RunRecord,
  type RunRequest,
  type Store,
} from '@braid/core'
import { unpack } from '../journal/page.ts'
import { pagesOf } from '../journal/packing.ts'
import type { Clock } from './clock.ts'
import { Replay } from './replay.ts'
import type { RunEnd, RunStatus } from './run.ts'
import { checkStream, type Run, type StreamOptions } from './run-handle.ts'
import { type Opened, RunStream, type Selection, type StreamSource } from './run-stream.ts'
import { interrupted, standingOf } from './standing.ts'
import type { StoredRun } from './stored-run.ts'

/** What is held of a run that is not of this process: one that has ended, or goes on elsewhere. */
export class StoredHandle implements Run {
  readonly id: string
  readonly status: RunStatus
  readonly #stored: StoredRun
  readonly #store: Store

  /** Of a store that keeps runs. */
  constructor(record: RunRecord, stored: StoredRun, store: Store) {
    this.id = record.id
    this.status = standingOf(record, record.id)
    this.#stored = stored
    this.#store = store
  }

  results(): Promise<Results> {
    return this.#stored.settled()
  }

  stream(options: StreamOptions = {}): RunStream {
    const { after, pace } = checkStream(options)
    return new RunStream(new StoredSource(this.#stored, after, pace))
  }

  async cancel(reason?: unknown): Promise<void> {
    await this.#ask({ type: 'cancel', ...wordsOf(reason) }, async () => false)
  }

  async cancelOperation(operation: Operation | string, reason?: unknown): Promise<void> {
    const operationId = idIn(this.#stored, operation)
    await this.#ask({ type: 'cancel-operation', operationId, ...wordsOf(reason) }, () => this.#hasEnded(operationId))
  }

  async skipOperation(operation: Operation | string): Promise<void> {
    const operationId = idIn(this.#stored, operation)
    await this.#ask({ type: 'skip-operation', operationId }, () => this.#hasEnded(operationId))
  }

  async approve(approvalId: string): Promise<void> {
    await this.#mustBeAsked(approvalId)
    await this.#ask({ type: 'approve', approvalId }, async () => true)
  }

  async deny(approvalId: string, reason?: string): Promise<void> {
    await this.#mustBeAsked(approvalId)
    await this.#ask({ type: 'deny', approvalId, ...(reason === undefined ? {} : { reason }) }, async () => true)
  }

  /** Writes what the process that has the run is to do, and waits until that is done. */
  async #ask(request: RunRequest, done: () => Promise<boolean>): Promise<void> {
    const standing = await this.#stored.standing()
    if (standing === 'interrupted') throw interrupted(this.id)
    if (standing !== 'running') {
      // As with a run of this process: what has ended stays as it is.
      if (request.type !== 'approve' && request.type !== 'deny') return
      throw new BraidError(
        'unknown_approval',
        `the run "${this.id}" has ended (${standing}): nothing in it waits any more`,
      )
    }
    await this.#store.write([{ type: 'request', runId: this.id, request }])
    await this.#stored.until(done)
  }

  async #hasEnded(operationId: string): Promise<boolean> {
    const operations: readonly OperationRecord[] = await this.#stored.operations()
    return operations.some(({ id, outcome }) => id === operationId && outcome !== undefined)
  }

  /** As far as the log tells: what asked in it may have been answered since. */
  async #mustBeAsked(approvalId: string): Promise<void> {
    for await (const page of pagesOf(this.#stored.runs, this.id, 0)) {
      for (const { chunk } of await unpack(page)) {
        if (chunk.type === 'tool-approval-request' && chunk.approvalId === approvalId) return
      }
    }
    throw new BraidError(
      'unknown_approval',
      `no call of the run "${this.id}" has asked for the approval "${approvalId}"; expected the \`approvalId\` of one of its tool-approval-request chunks`,
    )
  }
}

/** A run of the store, as it is read. */
class StoredSource implements StreamSource {
  readonly runId: string
  readonly begun = true
  readonly after: number
  readonly clock: Clock
  /** Nobody in this process waits for its end. */
  readonly hasEnded = false
  readonly #stored: StoredRun
  readonly #pace: number | undefined

  constructor(stored: StoredRun, after: number, pace: number | undefined) {
    this.runId = stored.id
    this.after = after
    this.clock = stored.clock
    this.#stored = stored
    this.#pace = pace
  }

  get heads(): ReadonlySet<string> {
    const { plan } = this.#stored
    const needed = new Set(plan.flatMap(({ edges }) => edges.map(({ from }) => from)))
    return new Set(plan.map(({ id }) => id).filter((id) => !needed.has(id) && !isInside(id, plan)))
  }

  idOf(operation: Operation | string): string {
    return idIn(this.#stored, operation)
  }

  /** What a group returns is not kept. */
  speakingFor(): (operationId: string) => boolean {
    return () => false
  }

  open(selection?: Selection): Opened {
    const { runs, clock } = this.#stored
    const tuples = new Replay({
      runId: this.runId,
      runs,
      clock,
      after: this.after,
      reads: selection && ((id) => selection.ids.has(id)),
      coalesce: undefined,
      pace: this.#pace,
      live: undefined,
      past: Number.POSITIVE_INFINITY,
      onEnd: async (record) => {
        const error = record && (await this.#stored.errorOf(record))
        if (error !== undefined) throw error
      },
    })
    return { tuples, ids: selection?.ids ?? new Set() }
  }

  settled(): Promise<unknown> {
    return this.#stored.settled()
  }

  ended(): Promise<{ readonly status: RunEnd; readonly error?: unknown }> {
    return this.#stored.ended()
  }
}

function isInside(id: string, plan: StoredRun['plan']): boolean {
  return plan.some((other) => id.startsWith(`${other.id}/`))
}

/** The id of an operation of the plan, or of one that was built inside of one of those. Throws `unknown_operation`. */
function idIn({ plan }: StoredRun, operation: Operation | string): string {
  const id = typeof operation === 'string' ? operation : operation.id
  if (plan.some((each) => each.id === id) || isInside(id, plan)) return id
  const meant = closest(
    id,
    plan.map((each) => each.id),
  )
  const hint = meant === undefined ? '' : ` (did you mean "${meant}"?)`
  throw new BraidError('unknown_operation', `no operation "${id}" is part of this run${hint}`)
}

/** What is said of a reason in another process. */
function wordsOf(reason: unknown): { readonly reason?: string } {
  if (reason === undefined) return {}
  return { reason: reason instanceof Error ? reason.message : String(reason) }
}
