import { BraidError, errorOf, NO_METADATA, type Outcome, onAbort, type Results } from '@braid/core'
import type { Node } from '../builder/node.ts'
import type { Resolved } from '../builder/plan.ts'
import { AttemptContext } from './context.ts'
import { cancelled } from './drive.ts'
import { notInRun, runFailed, runTaken } from './failure.ts'
import { HeldTurns } from './held-turns.ts'
import { Lane } from './lane.ts'
import { Log } from './log.ts'
import type { FlowOptions } from './options.ts'
import { type Ending, Recorder } from './recorder.ts'
import { Outcomes } from './results.ts'
import { Running } from './running.ts'
import { Scheduler, type SchedulerHost } from './scheduler.ts'

/** What a run comes to: what became of everything, or what its readers are told instead. */
type Verdict = { readonly results: Results } | { readonly error: unknown }

type End = readonly [place: number, ending: Ending]

export type Progress = Readonly<Record<'queued' | 'running' | Outcome['status'] | 'total', number>>

/**
 * One execution of a plan. The scheduler says what may start, `Running` drives it, what it says goes into the log; its end is
 * recorded, then shown, and then the scheduler goes on from there.
 */
export class Run {
  readonly id: string
  readonly log: Log
  readonly lanes: readonly Lane[]
  readonly #plan: Resolved
  readonly #options: FlowOptions
  readonly #scheduler: Scheduler
  readonly #running: Running
  readonly #recorder: Recorder
  readonly #turns: HeldTurns
  readonly #counts = { completed: 0, failed: 0, skipped: 0, cancelled: 0 }
  readonly #errors: BraidError[] = []
  /** Stops listening to the signal of the options. */
  #unlink = (): void => {}
  readonly #over: Promise<Verdict>
  #finish!: (verdict: Verdict) => void
  #state: 'open' | 'closing' | 'over' = 'open'
  #begun: Promise<void> | undefined
  /** What was cancelled one by one before the run began; undefined since then. */
  #early: End[] | undefined = []
  /** Set when the run as a whole was cancelled, by whomever. */
  #cancelled: { readonly reason: unknown } | undefined
  #cancelling: Promise<void> | undefined

  constructor(id: string, plan: Resolved, options: FlowOptions) {
    this.id = id
    this.#plan = plan
    this.#options = options
    this.log = new Log(options.buffer ?? {}, () => this.#scheduler.go())
    this.lanes = plan.open.map((node, place) => new Lane(node.operation.id, place))
    this.#turns = new HeldTurns(plan.session.turns)
    this.#recorder = new Recorder(id, plan.session.store)
    this.#running = new Running(this.log, plan.session.grace, (place, ending) => this.#end([[place, ending]]))
    this.#scheduler = new Scheduler(plan.open, this.#host(), options.concurrency ?? Number.POSITIVE_INFINITY)
    this.#over = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  get progress(): Progress {
    const running = this.#running.size
    return { queued: this.#scheduler.left - running, running, ...this.#counts, total: this.lanes.length }
  }

  /** Resolves with what became of everything in the plan, or rejects with what a reader is told. */
  async settled(): Promise<Results> {
    const verdict = await this.#over
    if ('error' in verdict) throw verdict.error
    return verdict.results
  }

  /** Begins, once, a microtask later, so that readers taken in one go all see the first chunk. Resolves when it has begun. */
  start(): Promise<void> {
    this.#begun ??= Promise.resolve().then(() => this.#begin())
    return this.#begun
  }

  /** Resolves when every operation has stopped or been fenced, and how each ended is recorded and shown. */
  cancel(reason?: unknown): Promise<void> {
    if (this.#state === 'over') return Promise.resolve()
    this.#cancelled ??= { reason: reason ?? new BraidError('cancelled', 'the run was cancelled') }
    this.#cancelling ??= this.#cancel(this.#cancelled.reason)
    return this.#cancelling
  }

  /** One operation alone; what needs it is skipped. Resolves when it has stopped or been fenced. */
  async cancelOperation(place: number, reason: unknown): Promise<void> {
    if (this.#running.has(place)) await this.#running.stop([place], reason)
    else if (this.#scheduler.withdraw(place)) {
      const end: End = [place, this.#unstarted(place, cancelled(reason))]
      if (this.#early) this.#early.push(end)
      else await this.#end([end])
    }
  }

  async #begin(): Promise<void> {
    const { session, open } = this.#plan
    const taken = open.find((node) => node.claimed)
    if (taken) return this.#refuse(taken)
    for (const node of open) {
      node.claimed = true
      // What became of it in another run says nothing about this one.
      node.outcome = undefined
    }
    const { signal } = this.#options
    try {
      session.enter(this)
      await this.#recorder.begin()
      signal?.throwIfAborted()
    } catch (error) {
      void this.cancel(error)
    }
    if (this.#cancelled) return
    if (signal) this.#unlink = onAbort(signal, (reason) => void this.cancel(reason))
    if (this.lanes.length === 0) return this.#close()
    this.#scheduler.start()
    this.#endEarly()
  }

  #endEarly(): void {
    const early = this.#early
    this.#early = undefined
    if (early) void this.#end(early)
  }

  #host(): SchedulerHost {
    return {
      start: (place) => this.#start(place),
      skip: (skips) =>
        void this.#end(
          skips.map(({ place, because }) => {
            const outcome: Outcome = { status: 'skipped', because: this.#node(because).operation.id }
            return [place, this.#unstarted(place, outcome)] as const
          }),
        ),
      condition: (place) => this.#condition(place),
      takeTurn: (place) => this.#takeTurn(place),
      hasRoom: () => this.log.hasRoom(),
      pause: () => (this.log.tired ? this.log.nextTurn() : undefined),
    }
  }

  #start(place: number): void {
    this.#running.begin(place, this.#node(place), this.#context(place), this.#lane(place))
  }

  #context(place: number): AttemptContext {
    return new AttemptContext(this.#node(place), this.#plan.session, this.id, 1)
  }

  /** A condition that throws has not answered no: its operation fails with what it threw. */
  #condition(place: number): boolean | undefined {
    const { when, operation } = this.#node(place)
    if (!when) return true
    try {
      return when(this.#context(place).results)
    } catch (error) {
      void this.#end([[place, this.#unstarted(place, { status: 'failed', error: errorOf(operation.id, error) })]])
      return undefined
    }
  }

  #takeTurn(place: number): boolean {
    const { branch } = this.#node(place).operation
    if (branch === undefined) return true
    return this.#turns.take(place, branch, () => this.#scheduler.granted(place))
  }

  #unstarted(place: number, outcome: Outcome): Ending {
    return { node: this.#node(place), outcome, changes: [], attempts: 0 }
  }

  /** Records these ends together, then shows them. Undefined when there was nothing to record, and they are shown already. */
  #end(endings: readonly End[]): Promise<void> | undefined {
    if (endings.some(([, ending]) => this.#recorder.needed(ending))) return this.#record(endings)
    for (const [place, { outcome }] of endings) this.#show(place, outcome)
    return undefined
  }

  async #record(endings: readonly End[]): Promise<void> {
    const outcomes = await this.#recorder.record(endings.map(([, ending]) => ending))
    endings.forEach(([place], index) => {
      this.#show(place, outcomes[index] as Outcome)
    })
  }

  /** The end of an operation, once it is recorded: everyone may know. */
  #show(place: number, outcome: Outcome): void {
    const lane = this.#lane(place)
    this.#node(place).outcome = outcome
    if (outcome.status === 'completed') this.#node(place).turn = {}
    this.#counts[outcome.status] += 1
    this.#running.delete(place)
    this.#turns.leave(place)
    this.log.tell(lane, () => ({ type: 'operation-end', candidate: 0, metadata: NO_METADATA, ...outcome }))
    lane.close(outcome)
    if (outcome.status === 'failed') this.#errors.push(outcome.error)
    const aborting = outcome.status === 'failed' && this.#options.onError === 'abort'
    // What the failure dooms is skipped, nothing takes the slot that it leaves, and the policy's cancellation takes the rest.
    if (aborting) this.#scheduler.halt()
    this.#scheduler.ended(place, outcome.status)
    // Once, however many fail together.
    if (aborting) this.#cancelling ??= this.#cancel(outcome.error)
    if (this.#scheduler.left === 0) void this.#close()
  }

  async #cancel(reason: unknown): Promise<void> {
    this.#scheduler.stop()
    // The run is in the store before what became of its operations.
    await this.start()
    if (this.isOver) return
    this.#endEarly()
    await this.#running.stop(this.#running.places, reason)
    const rest = this.#scheduler.unstarted().filter((place) => this.#scheduler.withdraw(place))
    await this.#end(rest.map((place) => [place, this.#unstarted(place, cancelled(reason))] as const))
    if (this.lanes.length === 0 && this.#state === 'open') await this.#close()
    await this.#over
  }

  /** Another run of the same builder has one of these: this run does not begin, and leaves everything as it is. */
  #refuse({ operation }: Node): void {
    for (const lane of this.lanes) lane.close()
    this.#tell({ error: runTaken(operation.id) })
  }

  /** Everything has ended: records the run, and tells the readers. */
  async #close(): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'over') return
    this.#state = 'closing'
    this.#unlink()
    // As it is now: later runs of the builder do not change it.
    const results = new Outcomes(this.#plan.nodes, notInRun)
    const failed = this.#errors.length > 0 ? runFailed(this.#errors, this.lanes.length, results) : undefined
    let verdict: Verdict = { results }
    if (this.#cancelled) verdict = { error: this.#cancelled.reason }
    else if (failed && this.#options.onError !== 'continue') verdict = { error: failed }
    try {
      await this.#recorder.end(this.#cancelled ? 'cancelled' : failed ? 'failed' : 'completed', failed)
    } catch (error) {
      if ('results' in verdict) verdict = { error }
    }
    this.#plan.session.leave(this)
    for (const node of this.#plan.open) node.claimed = false
    this.#tell(verdict)
  }

  #tell(verdict: Verdict): void {
    this.#state = 'over'
    this.#finish(verdict)
    this.log.end()
  }

  #node(place: number): Node {
    return this.#plan.open[place] as Node
  }

  #lane(place: number): Lane {
    return this.lanes[place] as Lane
  }
}
