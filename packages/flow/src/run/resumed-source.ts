import { BraidError, type Operation, type RunRecord } from '@braid/core'
import { type Plan, resolvePlan } from '../builder/plan.ts'
import { checkSamePlan } from '../builder/plan-difference.ts'
import { planRecordOf } from '../builder/plan-record.ts'
import { rebuilt } from '../builder/rebuilt.ts'
import { isAlive } from '../journal/lease.ts'
import type { Session } from '../session/session.ts'
import type { Clock } from './clock.ts'
import type { FlowSource } from './flow-source.ts'
import { LateTuples } from './late-tuples.ts'
import type { Members } from './members.ts'
import { checkOptions, type FlowOptions } from './options.ts'
import { PlanSource } from './plan-source.ts'
import { Readers } from './readers.ts'
import { Resumption } from './resumption.ts'
import type { RunEnd } from './run.ts'
import type { RunHandle } from './run-handle.ts'
import type { Opened, Selection } from './run-stream.ts'

/**
 * A run that goes on where another process, or an earlier reading, left it. What the store knows of it is loaded when it is first asked for, and
 * it goes on when it is first read.
 */
export class ResumedSource implements FlowSource {
  readonly runId: string
  readonly after = 0
  readonly begun = false
  readonly readers: Readers
  readonly clock: Clock
  readonly #session: Session
  readonly #plan: Plan | undefined
  readonly #options: FlowOptions
  #loading: Promise<PlanSource> | undefined
  #loaded: PlanSource | undefined

  /** Misuse throws here. */
  constructor(session: Session, runId: string, plan: Plan | undefined, options: FlowOptions) {
    if (typeof runId !== 'string' || runId === '') {
      throw new BraidError('invalid_request', 'expected the id of a run, such as that of one of runs.list()')
    }
    checkOptions(options)
    if (options.fresh) {
      throw new BraidError(
        'invalid_plan',
        'expected to go on with a run, where what completed is not run again; got the option fresh',
      )
    }
    if (!session.store.runs) {
      throw new BraidError(
        'unknown_run',
        'this session is in memory, and keeps no runs: open one on a file, with Session.open(path)',
      )
    }
    if (plan !== undefined && resolvePlan(plan, false).session !== session) {
      throw new BraidError('foreign_operation', 'expected a plan of this session; got one of another')
    }
    this.runId = runId
    this.clock = session.clock
    this.#session = session
    this.#plan = plan
    this.#options = options
    this.readers = new Readers(async () => {
      const { run } = await this.members()
      await run.cancel(new BraidError('cancelled', 'the last reader left the run'))
    })
  }

  async members(): Promise<Members> {
    return (await this.#load()).members()
  }

  async begin(): Promise<Members> {
    return (await this.#load()).begin()
  }

  async detach(): Promise<RunHandle> {
    return (await this.#load()).detach()
  }

  async idOf(operation: Operation | string): Promise<string> {
    return (await this.#load()).idOf(operation)
  }

  get heads(): Promise<ReadonlySet<string>> {
    return this.#load().then(({ heads }) => heads)
  }

  speakingFor(ids: ReadonlySet<string>): (operationId: string) => boolean {
    return (operationId) => this.#loaded?.speakingFor(ids)(operationId) === true
  }

  open(selection?: Selection): Opened {
    const tuples = new LateTuples(async () => (await this.#load()).open(selection)?.tuples)
    return { tuples, ids: selection?.ids ?? new Set() }
  }

  get hasEnded(): boolean {
    return this.#loaded?.hasEnded === true
  }

  async settled(): Promise<unknown> {
    return (await this.#load()).settled()
  }

  async ended(): Promise<{ readonly status: RunEnd; readonly error?: unknown }> {
    try {
      return await (await this.#load()).ended()
    } catch (error) {
      return { status: 'failed', error }
    }
  }

  #load(): Promise<PlanSource> {
    this.#loading ??= this.#resumed()
    return this.#loading
  }

  async #resumed(): Promise<PlanSource> {
    const { runId } = this
    const { runs, store } = this.#session
    await runs.packed(runId)
    const kept = store.runs
    const record = await kept?.run(runId)
    if (!kept || !record) {
      throw new BraidError('unknown_run', `no run "${runId}" is in this session; runs.list() has those that are`)
    }
    checkFree(record)
    const before = record.plan ?? []
    const plan = this.#plan ?? rebuilt(this.#session, runId, before)
    const { nodes } = resolvePlan(plan, false)
    if (this.#plan !== undefined) checkSamePlan(runId, before, planRecordOf(nodes, !this.#session.redacts))
    const resumption = await Resumption.of(kept, record)
    resumption.tell(nodes)
    this.#loaded = new PlanSource(plan, this.#options, true, { resumption, readers: this.readers })
    return this.#loaded
  }
}

/** Throws `run_finished` for a run that completed, and `run_leased` for one that somebody runs. */
function checkFree({ id, status, lease }: RunRecord): void {
  if (status === 'completed') {
    throw new BraidError(
      'run_finished',
      `the run "${id}" has completed: its results are in (await session.runs.get("${id}")).results(); run its plan again for others`,
    )
  }
  if (lease && isAlive(lease)) {
    throw new BraidError(
      'run_leased',
      `the run "${id}" is run by process ${lease.pid} on ${lease.host}, until ${lease.expiresAt.toISOString()} at least; read it with session.runs.get, or end that process first`,
    )
  }
}
