import { type BraidError, type Change, errorOf, type Outcome, type RunRecord, type Store } from '@braid/core'
import type { Node } from '../builder/node.ts'

/** How one operation ended, before it is recorded. */
export interface Ending {
  readonly node: Node
  readonly outcome: Outcome
  /** What it leaves on its branch. */
  readonly changes: readonly Change[]
  /** How often it was tried; 0 when it never started. */
  readonly attempts: number
  readonly startedAt?: Date
}

/** Writes a run and its ends into the store; nothing is shown as ended before this has it (law 7). */
export class Recorder {
  readonly #store: Store
  readonly #run: Pick<RunRecord, 'id' | 'startedAt'>

  constructor(runId: string, store: Store) {
    this.#store = store
    this.#run = { id: runId, startedAt: new Date() }
  }

  async begin(): Promise<void> {
    if (this.#store.runs) await this.#store.write([{ type: 'run', run: { ...this.#run, status: 'running' } }])
  }

  async end(status: RunRecord['status'], error?: BraidError): Promise<void> {
    if (!this.#store.runs) return
    const run: RunRecord = { ...this.#run, status, endedAt: new Date(), ...(error ? { error } : {}) }
    await this.#store.write([{ type: 'run', run }])
  }

  /** Whether there is anything to write. */
  needed(ending: Ending): boolean {
    return this.#store.runs !== undefined || ending.changes.length > 0
  }

  /** One transaction for all that end here. The outcomes as they are now: one that could not be stored has failed. */
  async record(endings: readonly Ending[]): Promise<readonly Outcome[]> {
    try {
      await this.#store.write(endings.flatMap((ending) => this.#changes(ending)))
      return endings.map((ending) => ending.outcome)
    } catch (error) {
      const failed = endings.map((ending) => ({ ...ending, outcome: unstored(ending, error), changes: [] }))
      // That it failed is worth recording too, where the store still takes that much.
      await this.#store.write(failed.flatMap((ending) => this.#changes(ending))).catch(() => {})
      return failed.map((ending) => ending.outcome)
    }
  }

  /** Stores what a failed attempt leaves for the next one. False when that was not possible. */
  async keep(changes: readonly Change[]): Promise<boolean> {
    try {
      await this.#store.write(changes)
      return true
    } catch {
      return false
    }
  }

  #changes({ node, outcome, changes, attempts, startedAt }: Ending): readonly Change[] {
    if (!this.#store.runs) return changes
    const { id, kind, branch } = node.operation
    const operation = {
      runId: this.#run.id,
      id,
      kind,
      outcome,
      attempts,
      endedAt: new Date(),
      ...(branch === undefined ? {} : { branch }),
      ...(startedAt === undefined ? {} : { startedAt }),
    }
    return [...changes, { type: 'operation', operation }]
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
