import {
  type BraidError,
  type Change,
  errorOf,
  type OperationRecord,
  type Outcome,
  type RunRecord,
  type Store,
} from '@braid/core'
import type { Node } from '../builder/node.ts'
import { planRecordOf } from '../builder/plan-record.ts'
import type { Journal } from '../journal/journal.ts'
import type { Resumption } from './resumption.ts'
import { newLease } from '../journal/lease.ts'

/** How one operation ended, before it is recorded. */
export interface Ending {
  readonly node: Node
  readonly outcome: Outcome
  /** What it leaves on its branch, and what its next attempt has to know. */
  readonly changes: readonly Change[]
  /** How often it was tried; 0 when it never started. */
  readonly attempts: number
  readonly startedAt?: Date
}

/** Writes a run and its ends into the store; nothing is shown as ended before this has it (law 7). */
export class Recorder {
  readonly #store: Store
  /** Where the store keeps runs. */
  readonly #journal: Journal | undefined
  readonly #run: Pick<RunRecord, 'id' | 'startedAt'>
  readonly #resumed: Resumption | undefined

  constructor(runId: string, store: Store, journal: Journal | undefined, resumed: Resumption | undefined) {
    this.#store = store
    this.#journal = journal
    this.#resumed = resumed
    this.#run = { id: runId, startedAt: resumed?.record.startedAt ?? new Date() }
  }

  /** The run is there before anything of it begins; and what of its plan had completed before. Throws `run_leased` where another process has it. */
  async begin(plan: readonly Node[]): Promise<void> {
    if (!this.#journal) return
    const lease = newLease(this.#journal.token)
    const run: RunRecord = { ...this.#run, status: 'running' }
    const { id: runId } = run
    if (this.#resumed) {
      const { token, said } = this.#resumed
      const missing = this.#journal.logs ? this.#resumed.missing : []
      const take: Change = { type: 'lease', runId, lease, ...(token === undefined ? {} : { instead: token }) }
      return this.#journal.begin([take, { type: 'run', run }, ...missing], said)
    }
    const completed = plan.filter(({ outcome }) => outcome?.status === 'completed')
    await this.#journal.begin([
      { type: 'run', run: { ...run, plan: planRecordOf(plan, this.#journal.logs), lease } },
      ...completed.map(({ operation, outcome }): Change => {
        const { attempts } = outcome as Extract<Outcome, { status: 'completed' }>
        return {
          type: 'operation',
          operation: { ...this.#operation(operation), outcome: outcome as Outcome, attempts },
        }
      }),
    ])
  }

  /** An operation has begun, or begins anew. */
  began({ operation }: Node, attempts: number, startedAt: Date): void {
    this.#journal?.began({ ...this.#operation(operation), attempts, startedAt })
  }

  async end(status: RunRecord['status'], error?: BraidError): Promise<void> {
    const run: RunRecord = { ...this.#run, status, endedAt: new Date(), ...(error ? { error } : {}) }
    await this.#journal?.end([{ type: 'run', run }])
  }

  /** Packs the log of the run that has ended anew, and gives its lease back. */
  async pack(): Promise<void> {
    await this.#journal?.release()
  }

  /** Whether there is anything to write. */
  needed(ending: Ending): boolean {
    return this.#journal !== undefined || ending.changes.length > 0
  }

  /** One transaction for all that end here. The outcomes as they are now: one that could not be stored has failed. */
  async record(endings: readonly Ending[]): Promise<readonly Outcome[]> {
    try {
      await this.#write(endings.flatMap((ending) => this.#changes(ending)))
      return endings.map((ending) => ending.outcome)
    } catch (error) {
      const failed = endings.map((ending) => ({ ...ending, outcome: unstored(ending, error), changes: [] }))
      // That it failed is worth recording too, where the store still takes that much.
      await this.#write(failed.flatMap((ending) => this.#changes(ending))).catch(() => {})
      return failed.map((ending) => ending.outcome)
    }
  }

  /** Stores what a failed attempt leaves for the next one. False when that was not possible. */
  async keep(changes: readonly Change[]): Promise<boolean> {
    try {
      await this.#write(changes)
      return true
    } catch {
      return false
    }
  }

  #write(changes: readonly Change[]): Promise<void> {
    return this.#journal ? this.#journal.write(changes) : this.#store.write(changes)
  }

  #changes({ node, outcome, changes, attempts, startedAt }: Ending): readonly Change[] {
    if (!this.#journal) return changes
    const operation: OperationRecord = {
      ...this.#operation(node.operation),
      outcome,
      attempts,
      endedAt: new Date(),
      ...(startedAt === undefined ? {} : { startedAt }),
    }
    return [...changes, { type: 'operation', operation }]
  }

  #operation({ id, kind, branch }: Node['operation']): Pick<OperationRecord, 'runId' | 'id' | 'kind' | 'branch'> {
    return { runId: this.#run.id, id, kind, ...(branch === undefined ? {} : { branch }) }
  }
}

/** What a completed operation is when its end could not be stored; other ends stay what they were. */
function unstored({ node, outcome, changes }: Ending, error: unknown): Outcome {
  if (outcome.status !== 'completed') return outcome
  const said = changes.flatMap((change) => (change.type === 'append' ? change.messages : []))
  const partial = said.findLast((message) => message.role === 'assistant')
  const { usage } = outcome
  return { status: 'failed', error: errorOf(node.operation.id, error), usage, ...(partial ? { partial } : {}) }
}
