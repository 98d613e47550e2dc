import { BraidError, checkKnown, type RunRecord, type Store } from '@braid/core'
import type { Clock } from './clock.ts'
import type { RunStatus } from './run.ts'
import type { Run, RunHandle } from './run-handle.ts'
import { standingOf } from './standing.ts'
import { StoredHandle } from './stored-handle.ts'
import { StoredRun } from './stored-run.ts'

/** The runs of a session: those that go on in this process, and where it has a file, those in it, whoever runs or ran them. */
export class Runs {
  readonly #runs = new Map<string, RunHandle>()
  /** Those that have ended here, and whose log is not packed yet. */
  readonly #packing = new Map<string, Promise<void>>()
  readonly #store: Store
  readonly #clock: Clock

  /** @internal */
  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** Throws `unknown_run` when there is none of that id. */
  async get(id: string): Promise<Run> {
    const run = this.#runs.get(id)
    if (run) return run
    const record = await this.#store.runs?.run(id)
    if (record) return this.#stored(record)
    const known = [...this.#runs.keys()].slice(-20).join(', ') || 'none'
    throw new BraidError(
      'unknown_run',
      this.#store.runs
        ? `no run "${id}" is in this session; runs.list() has those that are`
        : `no run "${id}" is going on in this session; there are: ${known}`,
    )
  }

  /** In the order in which they began; the `last` so many. A session in memory knows those that go on. */
  async list(query: { status?: RunStatus; last?: number } = {}): Promise<readonly Run[]> {
    checkKnown(query, { status: true, last: true }, { of: 'list' })
    const { status, last } = query
    const stored = await this.#records(status, last)
    const listed = new Set(stored.map(({ id }) => id))
    const live = [...this.#runs.values()].filter(({ id }) => !listed.has(id))
    const runs = [...stored.map((record) => this.#runs.get(record.id) ?? this.#stored(record)), ...live].filter(
      (run) => status === undefined || run.status === status,
    )
    return last === undefined ? runs : runs.slice(Math.max(0, runs.length - last))
  }

  /** @internal Known from when it begins until it is over. */
  add(run: RunHandle): void {
    this.#runs.set(run.id, run)
    void run.ended().then(() => {
      this.#runs.delete(run.id)
      const packing = run.packed.finally(() => this.#packing.delete(run.id))
      this.#packing.set(run.id, packing)
    })
  }

  /** @internal Resolves when this process has nothing more to do with a run that has ended. */
  async packed(id: string): Promise<void> {
    await this.#packing.get(id)
  }

  /** What goes on and what was interrupted have one status in the store. */
  async #records(status: RunStatus | undefined, last: number | undefined): Promise<readonly RunRecord[]> {
    const { runs } = this.#store
    if (!runs) return []
    const limit = last === undefined ? {} : { last }
    if (status === undefined) return runs.runs(limit)
    if (status === 'completed' || status === 'failed' || status === 'cancelled') return runs.runs({ status, ...limit })
    const records = await runs.runs({ status: 'running' })
    return records.filter((record) => {
      const standing = this.#runs.get(record.id)?.status ?? standingOf(record, record.id)
      return standing === status
    })
  }

  #stored(record: RunRecord): Run {
    const { runs } = this.#store
    // Only such a store has records.
    if (!runs) throw new BraidError('unknown_run', `the store does not keep the run "${record.id}"`)
    return new StoredHandle(record, new StoredRun(record, runs, this.#clock), this.#store)
  }
}
