import { BraidError, errorOf, NO_METADATA, type Operation, type Outcome, type Results } from '@braid/core'
import type { Node } from '../builder/node.ts'
import type { Resolved } from '../builder/plan.ts'
import { AttemptContext } from './context.ts'
import { cancelled } from './drive.ts'
import { runFailed } from './failure.ts'
import { Lane } from './lane.ts'
import { Log } from './log.ts'
import type { FlowOptions } from './options.ts'
import { type Ending, Recorder } from './recorder.ts'
import { Outcomes } from './results.ts'
import { Running } from './running.ts'
import { Scheduler, type SchedulerHost } from './scheduler.ts'

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
  /** By place, what gives back the turn on its branch that it has or waits for. */
  readonly #turns = new Map<number, () => void>()
  readonly #counts = { completed: 0, failed: 0, skipped: 0, cancelled: 0 }
  readonly #errors: BraidError[] = []
  readonly #onAbort = (): void => void this.cancel(this.#options.signal?.reason)
  readonly #over: Promise<void>
  #finish!: () => void
  #state: 'new' | 'going' | 'closing' | 'over' = 'new'
  /** Set when the run as a whole was cancelled, by whomever. */
  #cancelled: { readonly reason: unknown } | undefined
  #cancelling: Promise<void> | undefined
  /** What a reader is told at the end, if anything. */
  #error: { readonly error: unknown } | undefined

  constructor(id: string, plan: Resolved, options: FlowOptions) {
    this.id = id
    this.#plan = plan
    this.#options = options
    this.log = new Log(options.buffer ?? {}, () => this.#scheduler.go())
    this.lanes = plan.open.map((node, place) => new Lane(node.operation.id, place))
    this.#recorder = new Recorder(id, plan.session.store)
    this.#running = new Running(this.log, (place, ending) => this.#end([[place, ending]]))
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
    await this.#over
    if (this.#error) throw this.#error.error
    return this.#results()
  }

  /** Begins, once. */
  async start(): Promise<void> {
    if (this.#state !== 'new') return
    this.#state = 'going'
    const taken = this.#plan.open.find((node) => node.claimed)
    if (taken) return this.#refuse(taken)
    for (const node of this.#plan.open) node.claimed = true
    const { signal } = this.#options
    try {
      this.#plan.session.enter(this)
      await this.#recorder.begin()
    } catch (error) {
      return this.cancel(error)
    }
    if (signal?.aborted) return this.cancel(signal.reason)
    if (this.#cancelled) return
    signal?.addEventListener('abort', this.#onAbort)
    if (this.lanes.length === 0) return this.#close()
    this.#scheduler.start()
  }

  /** Resolves when every operation has stopped or been fenced, and how each ended is recorded and shown. */
  cancel(reason?: unknown): Promise<void> {
    if (this.#state === 'over') return Promise.resolve()
    this.#state = this.#state === 'new' ? 'going' : this.#state
    this.#cancelled ??= { reason: reason ?? new BraidError('cancelled', 'the run was cancelled') }
    this.#cancelling ??= this.#cancel(this.#cancelled.reason)
    return this.#cancelling
  }

  /** One operation alone; what needs it is skipped. Resolves when it has stopped or been fenced. */
  async cancelOperation(place: number, reason: unknown): Promise<void> {
    if (this.#running.has(place)) await this.#running.stop([place], reason)
    else if (this.#scheduler.withdraw(place)) await this.#end([[place, this.#unstarted(place, cancelled(reason))]])
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
    const { turns } = this.#plan.session
    const granted = (): void => this.#scheduler.granted(place)
    this.#turns.set(place, () => turns.leave(branch, granted))
    return turns.take(branch, granted)
  }

  #unstarted(place: number, outcome: Outcome): Ending {
    return { node: this.#node(place), outcome, changes: [], attempts: 0 }
  }

  /** Records these ends together, then shows them. Undefined when there was nothing to record, and they are shown already. */
  #end(endings: readonly (readonly [place: number, ending: Ending])[]): Promise<void> | undefined {
    if (endings.some(([, ending]) => this.#recorder.needed(ending))) return this.#record(endings)
    for (const [place, { outcome }] of endings) this.#show(place, outcome)
    return undefined
  }

  async #record(endings: readonly (readonly [place: number, ending: Ending])[]): Promise<void> {
    const outcomes = await this.#recorder.record(endings.map(([, ending]) => ending))
    endings.forEach(([place], index) => {
      this.#show(place, outcomes[index] as Outcome)
    })
  }

  /** The end of an operation, once it is recorded: everyone may know. */
  #show(place: number, outcome: Outcome): void {
    const lane = this.#lane(place)
    this.#node(place).outcome = outcome
    this.#counts[outcome.status] += 1
    this.#running.delete(place)
    this.#turns.get(place)?.()
    this.#turns.delete(place)
    this.log.append(lane, [{ type: 'operation-end', candidate: 0, metadata: NO_METADATA, ...outcome }])
    lane.close()
    if (outcome.status === 'failed') this.#errors.push(outcome.error)
    this.#scheduler.ended(place, outcome.status)
    // What the failure dooms was skipped just now; the policy's cancellation takes the rest.
    if (outcome.status === 'failed' && this.#options.onError === 'abort') void this.#cancel(outcome.error)
    if (this.#scheduler.left === 0) void this.#close()
  }

  async #cancel(reason: unknown): Promise<void> {
    this.#scheduler.stop()
    await this.#running.stop(this.#running.places, reason)
    const rest = this.#scheduler.unstarted().filter((place) => this.#scheduler.withdraw(place))
    await this.#end(rest.map((place) => [place, this.#unstarted(place, cancelled(reason))] as const))
    if (this.lanes.length === 0) await this.#close()
    await this.#over
  }

  /** Another run of the same builder has one of these: this run does not begin, and leaves everything as it is. */
  #refuse({ operation }: Node): void {
    const message = `operation "${operation.id}" is being run by another run of this builder; read that one, or await its results first`
    this.#error = { error: new BraidError('run_taken', message) }
    this.#tell()
  }

  /** Everything has ended: records the run, and tells the readers. */
  async #close(): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'over') return
    this.#state = 'closing'
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    const failed = this.#errors.length > 0 ? runFailed(this.#errors, this.lanes.length, this.#results()) : undefined
    if (this.#cancelled) this.#error = { error: this.#cancelled.reason }
    else if (failed && this.#options.onError !== 'continue') this.#error = { error: failed }
    try {
      await this.#recorder.end(this.#cancelled ? 'cancelled' : failed ? 'failed' : 'completed', failed)
    } catch (error) {
      this.#error ??= { error }
    }
    this.#plan.session.leave(this)
    for (const node of this.#plan.open) node.claimed = false
    this.#tell()
  }

  #tell(): void {
    this.#state = 'over'
    this.#finish()
    this.log.end()
  }

  #results(): Results {
    const outcomes = new Map<string, readonly [Operation, Outcome]>()
    for (const { operation, outcome } of this.#plan.nodes) if (outcome) outcomes.set(operation.id, [operation, outcome])
    return new Outcomes(outcomes, (id) => {
      const message = `no operation "${id}" was part of this run; a run has what its plan names and what that needs`
      return new BraidError('unknown_operation', message)
    })
  }

  #node(place: number): Node {
    return this.#plan.open[place] as Node
  }

  #lane(place: number): Lane {
    return this.lanes[place] as Lane
  }
}
