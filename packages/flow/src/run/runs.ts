import { BraidError, checkKnown } from '@braid/core'
import type { RunStatus } from './run.ts'
import type { Run, RunHandle } from './run-handle.ts'

/** The runs of a session that go on in this process. */
export class Runs {
  readonly #runs = new Map<string, RunHandle>()

  /** Throws `unknown_run` when none of that id goes on here. */
  async get(id: string): Promise<Run> {
    const run = this.#runs.get(id)
    if (run) return run
    throw new BraidError(
      'unknown_run',
      `no run "${id}" is going on in this session; there are: ${[...this.#runs.keys()].slice(-20).join(', ') || 'none'}`,
    )
  }

  /** In the order in which they began; the `last` so many. */
  async list(query: { status?: RunStatus; last?: number } = {}): Promise<readonly Run[]> {
    checkKnown(query, { status: true, last: true }, { of: 'list' })
    const { status, last } = query
    const runs = [...this.#runs.values()].filter((run) => status === undefined || run.status === status)
    return last === undefined ? runs : runs.slice(Math.max(0, runs.length - last))
  }

  /** @internal Known from when it begins until it is over. */
  add(run: RunHandle): void {
    this.#runs.set(run.id, run)
    void run.ended().then(() => this.#runs.delete(run.id))
  }
}
