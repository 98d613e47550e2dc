import {
  BraidError,
  type Operation,
  type OperationRecord,
  type PlanRecord,
  type Results,
  type RunReads,
  type RunRecord,
} from '@braid/core'
import type { Clock } from './clock.ts'
import { notInRun } from './failure.ts'
import { Outcomes } from './results.ts'
import type { RunEnd } from './run.ts'
import { interrupted, standingOf } from './standing.ts'

/** How often it is asked whether a run of another process has ended, in milliseconds. */
const POLL_MS = 50

/** A run as the store has it, whoever runs it. */
export class StoredRun {
  readonly id: string
  readonly runs: RunReads
  readonly clock: Clock
  readonly plan: PlanRecord

  constructor(record: RunRecord, runs: RunReads, clock: Clock) {
    this.id = record.id
    this.runs = runs
    this.clock = clock
    this.plan = record.plan ?? []
  }

  async standing(): Promise<'running' | RunEnd> {
    return standingOf(await this.runs.run(this.id), this.id)
  }

  /** Resolves when this holds, or nobody runs it any more. */
  async until(holds: () => Promise<boolean>): Promise<void> {
    for (;;) {
      const over = (await this.standing()) !== 'running'
      if (over || (await holds())) return
      await new Promise<void>((resolve) => {
        this.clock.after(POLL_MS, resolve)
      })
    }
  }

  /** The operations that have begun or ended, in the order of the plan; what was built inside of one follows it. */
  async operations(): Promise<readonly OperationRecord[]> {
    const places = new Map(this.plan.map(({ id }, place) => [id, place]))
    const placeOf = (id: string): number => places.get(id) ?? placeOf(id.slice(0, Math.max(0, id.lastIndexOf('/'))))
    places.set('', places.size)
    const operations = await this.runs.operations(this.id)
    return [...operations].sort((one, other) => placeOf(one.id) - placeOf(other.id))
  }

  /** How it has ended, when it has, and what a reader is told instead of results, if anything. */
  async ended(): Promise<{ readonly status: RunEnd; readonly error?: unknown }> {
    await this.until(async () => false)
    const record = (await this.runs.run(this.id)) as RunRecord
    const status = standingOf(record, this.id) as RunEnd
    const error = await this.errorOf(record)
    return { status, ...(error === undefined ? {} : { error }) }
  }

  /** Resolves with what became of everything, when it has ended; or rejects with what a reader is told. */
  async settled(): Promise<Results> {
    const { error } = await this.ended()
    if (error !== undefined) throw error
    return resultsOf(await this.operations())
  }

  /** What a reader of the run, which has ended, is told instead of results. A run that failed and was to go on nevertheless has no error of its own. */
  async errorOf(record: RunRecord): Promise<unknown> {
    switch (standingOf(record, this.id)) {
      case 'interrupted':
        return interrupted(this.id)
      case 'cancelled':
        return record.error ?? new BraidError('cancelled', 'the run was cancelled')
      case 'failed': {
        if (record.error?.code !== 'run_failed') return record.error
        const { code, message, retryable } = record.error
        const operations = await this.operations()
        return new BraidError(code, message, {
          retryable,
          errors: errorsOf(operations),
          results: resultsOf(operations),
        })
      }
      default:
        return undefined
    }
  }
}

/** What failed by itself: a group that passes on what failed inside of it says nothing new. */
function errorsOf(operations: readonly OperationRecord[]): readonly BraidError[] {
  const failed = operations.filter(({ outcome }) => outcome?.status === 'failed')
  return failed.flatMap(({ id, outcome }) => {
    const passedOn = failed.some((other) => other.id.startsWith(`${id}/`))
    return outcome?.status === 'failed' && !passedOn ? [outcome.error] : []
  })
}

/** By id: whoever has made the plan again may ask with its own operations. */
function resultsOf(operations: readonly OperationRecord[]): Results {
  const known = operations.map(({ id, kind, branch, outcome }) => {
    const operation: Operation = {
      id,
      kind,
      params: {},
      dependsOn: [],
      contextFrom: [],
      ...(branch === undefined ? {} : { branch }),
    }
    return { operation, outcome }
  })
  return new Outcomes(known, notInRun, true)
}
