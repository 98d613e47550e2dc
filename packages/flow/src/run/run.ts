import { BraidError, errorOf, NO_METADATA, type Outcome, type Results, type RunRequest } from '@braid/core'
import { type Group, openOf, withInside } from '../builder/group.ts'
import type { Node } from '../builder/node.ts'
import { branchesOf } from '../builder/order.ts'
import type { Resolved } from '../builder/plan.ts'
import { checkReach } from '../builder/reach.ts'
import { yesOrNo } from '../builder/said.ts'
import { Waits } from '../builder/waits.ts'
import { Journal } from '../journal/journal.ts'
import { Memory } from '../journal/memory.ts'
import { Audit } from '../session/audit.ts'
import type { Activity } from '../session/session.ts'
import { PendingApprovals } from './approvals.ts'
import { type Ground, openings, type Stopped } from './attempts.ts'
import { AttemptContext, type Surroundings } from './context.ts'
import { cancelled, notInRun, runFailed, runTaken } from './failure.ts'
import { type GroupHost, Groups } from './groups.ts'
import { HeldTurns } from './held-turns.ts'
import { Onlookers } from './hooks.ts'
import { Lane } from './lane.ts'
import { Limits } from './limits.ts'
import { Listening } from './listening.ts'
import { Log } from './log.ts'
import type { FlowOptions } from './options.ts'
import { type Ending, Recorder } from './recorder.ts'
import { Requests } from './requests.ts'
import type { Resumption } from './resumption.ts'
import { Outcomes, resultsFor } from './results.ts'
import { Running } from './running.ts'
import { Scheduler, type SchedulerHost } from './scheduler.ts'

/** What a run comes to: what became of everything, or what its readers are told instead. */
type Verdict = { readonly results: Results } | { readonly error: unknown }

type End = readonly [place: number, ending: Ending]

export type RunStatus = 'running' | 'waiting' | RunEnd

/** How a run can have ended: `interrupted` when its process ended before it. */
export type RunEnd = 'completed' | 'failed' | 'cancelled' | 'interrupted'

export type Progress = Readonly<Record<'queued' | 'running' | Outcome['status'] | 'total', number>>

/**
 * One execution of a plan. The scheduler says what may start, `Running` drives it, what it says goes into the log; its end is
 * recorded, then shown, and then the scheduler goes on from there.
 */
export class Run {
  readonly id: string
  readonly log: Log
  /** Where its session keeps runs. */
  readonly journal: Journal | undefined
  /** Up to which number what was said is of an earlier process. */
  readonly past: number
  readonly #resumed: Resumption | undefined
  #requests: Requests | undefined
  readonly approvals: PendingApprovals
  readonly #plan: Resolved
  /** What runs, by place: what the plan has open, what is inside of that, and what was added since. */
  readonly #nodes: Node[]
  readonly #lanes: Lane[]
  readonly #listening: Listening
  readonly #groups: Groups
  readonly #options: FlowOptions
  readonly #scheduler: Scheduler
  readonly #running: Running
  readonly #recorder: Recorder
  readonly #turns: HeldTurns
  readonly #counts = { completed: 0, failed: 0, skipped: 0, cancelled: 0 }
  readonly #errors: BraidError[] = []
  /** By group: what was inside of it and kept it from completing. */
  readonly #blamed = new Map<number, number>()
  readonly #memories = new Map<Node, Memory>()
  readonly #limits: Limits
  readonly #onlookers: Onlookers
  readonly #audit: Audit | undefined
  readonly #over: Promise<Verdict>
  #packing: Promise<void> = Promise.resolve()
  #finish!: (verdict: Verdict) => void
  #state: 'open' | 'closing' | 'over' = 'open'
  #status: 'running' | RunEnd = 'running'
  #begun: Promise<void> | undefined
  /** What was cancelled one by one before the run began; undefined since then. */
  #early: End[] | undefined = []
  /** Set when the run as a whole was cancelled, by whomever. */
  #cancelled: { readonly reason: unknown } | undefined
  #cancelling: Promise<void> | undefined

  /** `resumed`: the run of this id that it goes on with. */
  constructor(id: string, plan: Resolved, options: FlowOptions, attended: boolean, resumed?: Resumption) {
    this.id = id
    this.#resumed = resumed
    this.past = resumed?.said ?? 0
    this.approvals = new PendingApprovals(attended)
    this.#plan = plan
    this.#options = options
    const { store, clock: time } = plan.session
    if (store.runs) {
      this.journal = new Journal({
        runId: id,
        store,
        clock: time,
        logs: !plan.session.redacts,
        onFailure: (error) => void this.cancel(error),
        onRoom: () => this.log.bookHasRoom(),
      })
    }
    this.log = new Log(
      options.buffer ?? {},
      () => this.#scheduler.go(),
      ({ index, parked }) => (parked ? this.#scheduler.park(index) : this.#scheduler.resume(index)),
      this.journal?.logs ? this.journal : undefined,
    )
    if (resumed) this.log.goOnAfter(resumed.said)
    this.#nodes = openOf(plan.open, options.fresh === true)
    this.#lanes = this.#nodes.map((node, place) => new Lane(node.operation.id, place))
    this.#listening = new Listening(this.log, resumed && ((id) => resumed.saidBy(id)))
    this.#listening.add(this.#nodes)
    this.#turns = new HeldTurns(plan.session.turns)
    this.#recorder = new Recorder(id, store, this.journal, resumed)
    const { grace, clock } = plan.session
    this.#limits = new Limits(options, clock, (reason) => void this.cancel(reason))
    this.#onlookers = new Onlookers(options.hooks)
    this.#audit = Audit.of(plan.session, id)
    this.log.watch = this.#onlookers.onChunk
    const ground: Ground = {
      log: this.log,
      clock,
      grace,
      keep: (changes) => this.#recorder.keep(changes),
      before: options.hooks?.beforeOperation?.bind(options.hooks),
      spend: this.#limits.spend,
      prior: (node) => resumed?.prior(node),
      left: (node, attempt) => this.#memory(node).kept(attempt, node.turn),
      began: (node, attempt, startedAt) => this.#recorder.began(node, attempt, startedAt),
    }
    this.#running = new Running(ground, (place, ending) => this.#end([[place, ending]]))
    this.#groups = new Groups(this.#groupHost(), clock)
    this.#scheduler = new Scheduler(this.#nodes, this.#host(), options.concurrency ?? Number.POSITIVE_INFINITY)
    this.#over = new Promise((resolve) => {
      this.#finish = resolve
    })
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  get lanes(): readonly Lane[] {
    return this.#lanes
  }

  /** What a lane's operation is. */
  nodeOf(lane: Lane): Node {
    return this.#node(lane.index)
  }

  /** How it stands: `waiting` when a call waits for a person, whatever else is going on. */
  get status(): RunStatus {
    if (this.#status !== 'running') return this.#status
    return this.approvals.waiting ? 'waiting' : 'running'
  }

  /** Whether every operation has ended: then it is over as soon as that is recorded. */
  get hasEnded(): boolean {
    return this.#scheduler.left === 0
  }

  get progress(): Progress {
    const running = this.#running.size + this.#groups.size
    return { queued: this.#scheduler.left - running, running, ...this.#counts, total: this.lanes.length }
  }

  /** How it has ended, and what a reader is told instead of results, if anything. */
  async ended(): Promise<{ readonly status: RunEnd; readonly error?: unknown }> {
    const verdict = await this.#over
    return { status: this.#status as RunEnd, ...('error' in verdict ? { error: verdict.error } : {}) }
  }

  /** What its session ends when it closes, and waits for. */
  readonly #activity: Activity = {
    cancel: async (reason) => {
      await this.cancel(reason)
      await this.#packing
    },
  }

  /** Resolves when nothing of it is written any more. */
  get packed(): Promise<void> {
    return this.#over.then(() => this.#packing)
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

  /** Ends one operation alone, with this; what needs it is skipped. Resolves when it has stopped or been fenced. */
  async stopOperation(place: number, reason: unknown, outcome: Stopped): Promise<void> {
    if (this.#running.has(place)) await this.#running.stop([place], reason, outcome)
    else if (this.#groups.has(place)) await this.#groups.stop(place, reason, outcome)
    else if (this.#scheduler.withdraw(place)) {
      const end: End = [place, this.#unstarted(place, outcome)]
      if (this.#early) this.#early.push(end)
      else await this.#end([end])
    }
  }

  async #begin(): Promise<void> {
    const { session } = this.#plan
    const taken = this.#nodes.find((node) => node.claimed)
    if (taken) return this.#refuse(taken)
    for (const node of this.#nodes) {
      node.claimed = true
      // What became of it in another run says nothing about this one.
      node.outcome = undefined
      if (this.#options.fresh && node.kind.type === 'group') node.kind.of.reset()
    }
    const { signal } = this.#options
    try {
      session.enter(this.#activity)
      await this.#recorder.begin(this.#plan.nodes)
      signal?.throwIfAborted()
    } catch (error) {
      void this.cancel(error)
    }
    if (this.#cancelled) return
    this.#listen()
    this.#limits.begin()
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
      emptied: (place) => this.#groups.advance(place),
      hasRoom: () => this.log.hasRoom(),
      pause: () => (this.log.tired ? this.log.nextTurn() : undefined),
    }
  }

  #groupHost(): GroupHost {
    return {
      placeOf: (node) => this.#scheduler.placeOf(node),
      causeOf: (node) => this.#node(this.#scheduler.causeOf(this.#scheduler.placeOf(node) as number)),
      add: (nodes) => this.#add(nodes),
      withdraw: (place) => this.#scheduler.withdraw(place),
      stop: (places, reason) =>
        this.#running.stop(
          places.filter((place) => this.#running.has(place)),
          reason,
        ),
      drop: async (places, outcome) => {
        await this.#end(places.map((place) => [place, this.#unstarted(place, outcome)] as const))
      },
      end: (place, outcome, startedAt, because) => {
        if (because) this.#blamed.set(place, this.#scheduler.placeOf(because) as number)
        const node = this.#node(place)
        const attempts = (this.#resumed?.prior(node)?.attempts ?? 0) + 1
        const counted = outcome.status === 'completed' ? { ...outcome, attempts } : outcome
        void this.#end([[place, { node, outcome: counted, changes: [], attempts, startedAt }]])
      },
    }
  }

  #start(place: number): void {
    const node = this.#node(place)
    const lane = this.#lane(place)
    const refused = node.kind.type === 'group' ? undefined : this.#limits.admit()
    if (refused) {
      void this.cancel(refused)
      void this.#end([[place, this.#unstarted(place, cancelled(refused))]])
      return
    }
    if (this.#listening.opens(node, lane)) lane.onSpeech = () => this.#scheduler.spoke(place)
    this.#listening.begins(node)
    if (node.kind.type === 'group') this.#open(place, node, node.kind.of, lane)
    else {
      const { session } = this.#plan
      const approvals = this.approvals.of(() => this.#park(place))
      const run: Surroundings = {
        session,
        runId: this.id,
        approvals,
        listening: this.#listening,
        memory: () => this.#memory(node),
      }
      this.#running.begin(place, node, lane, (attempt, meter) => new AttemptContext(node, run, attempt, meter))
    }
  }

  /** What its attempts leave for one another across processes; made when it is first asked for. */
  #memory(node: Node): Memory {
    let memory = this.#memories.get(node)
    if (!memory) {
      memory = this.#resumed?.memory(node, this.journal) ?? new Memory(node.operation.id, this.journal)
      this.#memories.set(node, memory)
    }
    return memory
  }

  /** To what other processes ask of it. */
  #listen(): void {
    const { store, clock } = this.#plan.session
    if (!store.runs) return
    const { requests = 0 } = this.#resumed ?? {}
    this.#requests = new Requests(this.id, store.runs, clock, requests, (request) => this.#answer(request))
  }

  #answer(request: RunRequest): void {
    switch (request.type) {
      case 'cancel':
        void this.cancel(new BraidError('cancelled', request.reason ?? 'the run was cancelled'))
        break
      case 'cancel-operation': {
        const { operationId, reason: words } = request
        const reason = new BraidError('cancelled', words ?? `operation "${operationId}" was cancelled`)
        this.#stopNamed(operationId, reason, cancelled(reason))
        break
      }
      case 'skip-operation': {
        const { operationId } = request
        const reason = new BraidError('cancelled', `operation "${operationId}" was skipped`)
        this.#stopNamed(operationId, reason, { status: 'skipped', because: operationId })
        break
      }
      case 'approve':
        this.approvals.tryAnswer(request.approvalId, { approved: true })
        break
      case 'deny': {
        const { approvalId, reason } = request
        this.approvals.tryAnswer(approvalId, { approved: false, ...(reason === undefined ? {} : { reason }) })
        break
      }
      default:
        request satisfies never
    }
  }

  /** What is no part of the run any more, or not yet, is left as it is. */
  #stopNamed(id: string, reason: unknown, outcome: Stopped): void {
    const lane = this.#lanes.find(({ operationId }) => operationId === id)
    if (lane) void this.stopOperation(lane.index, reason, outcome)
  }

  /** Who waits for a person takes no slot. Returns the way back. */
  #park(place: number): () => void {
    this.#scheduler.park(place)
    return () => this.#scheduler.resume(place)
  }

  #open(place: number, node: Node, group: Group, lane: Lane): void {
    const prior = this.#resumed?.prior(node)
    for (const chunk of openings(node, prior)) this.log.tell(lane, () => chunk)
    this.#recorder.began(node, (prior?.attempts ?? 0) + 1, new Date())
    this.#groups.begin(place, node, group)
    this.#scheduler.opened(place)
  }

  /** What was built inside of a group that has begun. */
  #add(built: readonly Node[]): boolean {
    this.#resumed?.tell(built)
    const nodes = openOf(built, this.#resumed === undefined)
    checkReach(
      nodes,
      (node) => this.#scheduler.placeOf(node) !== undefined,
      () => this.#waits(nodes),
    )
    for (const node of nodes) {
      node.claimed = true
      this.#lanes.push(new Lane(node.operation.id, this.#nodes.length))
      this.#nodes.push(node)
    }
    this.#listening.add(nodes)
    this.#scheduler.add(nodes)
    this.#scheduler.go()
    return nodes.length > 0
  }

  /** A condition that throws has not answered no: its operation fails with what it threw. */
  #condition(place: number): boolean | undefined {
    const { when, operation } = this.#node(place)
    if (!when) return true
    try {
      return yesOrNo(when(resultsFor(this.#node(place))), 'when')
    } catch (error) {
      void this.#end([[place, this.#unstarted(place, { status: 'failed', error: errorOf(operation.id, error) })]])
      return undefined
    }
  }

  #takeTurn(place: number): boolean {
    const node = this.#node(place)
    if (node.branch === undefined && node.kind.type !== 'group') return true
    const wanted = branchesOf(node).map((branch) => ({ branch, within: this.#holderOf(node, branch) }))
    if (wanted.length === 0) return true
    if (this.#turns.take(place, wanted, () => this.#scheduler.granted(place))) return true
    this.#checkTurn(place, node)
    return false
  }

  /** The group that has the turn on this branch for what is inside of it: one for which that was known when it began. */
  #holderOf(node: Node, branch: string): number | undefined {
    for (let group = node.inside; group; group = group.inside) {
      const place = this.#scheduler.placeOf(group) as number
      if (this.#turns.has(place, branch)) return place
    }
    return undefined
  }

  /**
   * Two groups may each have the branch that something inside of the other waits for, where that is known only at run time: then the one
   * that closes the circle fails.
   */
  #checkTurn(place: number, node: Node): void {
    const circle = this.#turns.ahead(place).next().done ? undefined : this.#waits([]).circle([node])
    if (!circle) return
    this.#scheduler.withdraw(place)
    void this.#end([[place, this.#unstarted(place, { status: 'failed', error: errorOf(node.operation.id, circle) })]])
  }

  /** Who waits for whom, now and when these are added. */
  #waits(added: readonly Node[]): Waits {
    return new Waits(added, (node) => node.outcome !== undefined, {
      nodes: this.#nodes,
      ahead: (node) => {
        const place = this.#scheduler.placeOf(node)
        if (place === undefined) return []
        const ahead = [...this.#scheduler.ahead(place), ...this.#turns.ahead(place)]
        return ahead.map(([other, branch]) => [this.#node(other), branch] as const)
      },
    })
  }

  #unstarted(place: number, outcome: Outcome): Ending {
    const node = this.#node(place)
    return { node, outcome, changes: [], attempts: this.#resumed?.prior(node)?.attempts ?? 0 }
  }

  /** Records these ends together, then shows them. Undefined when there was nothing to record, and they are shown already. */
  #end(endings: readonly End[]): Promise<void> | undefined {
    if (endings.some(([, ending]) => this.#recorder.needed(ending))) return this.#record(endings)
    for (const [place, ending] of endings) {
      this.#audit?.record(ending, ending.outcome)
      this.#show(place, ending.outcome)
    }
    return undefined
  }

  async #record(endings: readonly End[]): Promise<void> {
    const outcomes = await this.#recorder.record(endings.map(([, ending]) => ending))
    endings.forEach(([place, ending], index) => {
      const outcome = outcomes[index] as Outcome
      this.#audit?.record(ending, outcome)
      this.#show(place, outcome)
    })
  }

  /** The end of an operation, once it is recorded: everyone may know. */
  #show(place: number, outcome: Outcome): void {
    const lane = this.#lane(place)
    const node = this.#node(place)
    const because = this.#blamed.get(place)
    node.outcome = outcome
    if (outcome.status === 'completed') node.turn = {}
    this.#listening.ends(node)
    this.#counts[outcome.status] += 1
    this.#running.delete(place)
    this.#memories.delete(node)
    this.#turns.leave(place)
    this.log.tell(lane, () => ({ type: 'operation-end', candidate: 0, metadata: NO_METADATA, ...outcome }))
    lane.close(outcome)
    // A group that passes on what failed inside says nothing new.
    if (outcome.status === 'failed' && because === undefined) {
      this.#errors.push(outcome.error)
      this.#onlookers.failed(node.operation, outcome.error)
    }
    this.#onlookers.ended(node.operation, outcome)
    const aborting = outcome.status === 'failed' && this.#options.onError === 'abort'
    // What the failure dooms is skipped, nothing takes the slot that it leaves, and the policy's cancellation takes the rest.
    if (aborting) this.#scheduler.halt()
    this.#scheduler.ended(place, outcome.status, because)
    // Once, however many fail together.
    if (aborting) this.#cancelling ??= this.#cancel(outcome.error)
    if (this.#scheduler.left === 0) void this.#close()
  }

  async #cancel(reason: unknown): Promise<void> {
    this.#scheduler.stop()
    this.#groups.cancelAll(reason)
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
    this.#status = 'failed'
    this.#tell({ error: runTaken(operation.id) })
  }

  /** Everything has ended: records the run, and tells the readers. */
  async #close(): Promise<void> {
    if (this.#state === 'closing' || this.#state === 'over') return
    this.#state = 'closing'
    this.#limits.end()
    this.#requests?.end()
    // As it is now: later runs of the builder do not change it.
    const results = new Outcomes(withInside(this.#plan.nodes), notInRun)
    const failed = this.#errors.length > 0 ? runFailed(this.#errors, this.lanes.length, results) : undefined
    let verdict: Verdict = { results }
    if (this.#cancelled) verdict = { error: this.#cancelled.reason }
    else if (failed && this.#options.onError !== 'continue') verdict = { error: failed }
    const reason = this.#cancelled?.reason
    const status = this.#cancelled ? 'cancelled' : failed ? 'failed' : 'completed'
    const { clock, grace } = this.#plan.session
    await this.#onlookers.settled(clock, grace)
    try {
      await this.#recorder.end(status, reason instanceof BraidError ? reason : failed)
    } catch (error) {
      if ('results' in verdict) verdict = { error }
    }
    this.#packing = this.#pack()
    for (const node of this.#nodes) node.claimed = false
    this.#status = status
    this.#tell(verdict)
  }

  /** What is done for the file when nobody waits any more. Its lease is only left to expire where that cannot be written. */
  async #pack(): Promise<void> {
    await this.#recorder.pack().catch(() => {})
    this.#plan.session.leave(this.#activity)
  }

  #tell(verdict: Verdict): void {
    this.#state = 'over'
    this.#finish(verdict)
    this.log.end()
  }

  #node(place: number): Node {
    return this.#nodes[place] as Node
  }

  #lane(place: number): Lane {
    return this.lanes[place] as Lane
  }
}
