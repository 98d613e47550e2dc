import {
  BraidError,
  type Change,
  type Chunk,
  type Message,
  type Model,
  type ModelRequest,
  type ModelStream,
  type Operation,
  type Results,
  type Tool,
} from '@braid/core'
import { type Node, nodeOf } from '../builder/node.ts'
import type { BuiltInContext, Turn } from '../operations/kind.ts'
import { newBranch } from '../session/branch.ts'
import type { Session } from '../session/session.ts'
import { StagedBranch } from '../session/staged-branch.ts'
import { StoredBranch } from '../session/stored-branch.ts'
import type { Approvals } from '../tools/approval.ts'
import type { SummarySource } from '../windows/summaries.ts'
import { checkAccess, modelsOf } from './access.ts'
import type { Clock } from './clock.ts'
import type { Deadline } from './deadline.ts'
import type { Listening } from './listening.ts'
import type { Meter } from './meter.ts'
import type { Memory } from '../journal/memory.ts'
import type { CallRegister } from '../tools/call-memory.ts'
import { resultsFor } from './results.ts'
import { Speech } from './speech.ts'

/** The run that an attempt is made in, as far as the attempt meets it. */
export interface Surroundings {
  readonly session: Session
  readonly runId: string
  readonly approvals: Approvals
  readonly listening: Listening
  /** Made when it is first asked for. */
  memory(): Memory
}

/** What one attempt of one operation works with. Most of it is made when it is first asked for: many operations need little. */
export class AttemptContext implements BuiltInContext {
  readonly operation: Operation
  readonly attempt: number
  readonly idempotencyKey: string
  readonly turn: Turn
  /** What it says on its way into the log. */
  readonly speech: Speech
  /** Set where its shape has a `timeout`. */
  deadline: Deadline | undefined
  readonly #node: Node
  readonly #session: Session
  readonly #listening: Listening
  readonly #approvals: Approvals
  readonly #memory: () => Memory
  #controller: AbortController | undefined
  #cancelled: { readonly reason: unknown } | undefined
  #results: Results | undefined
  #branch: StagedBranch | undefined
  #asked: ModelStream | undefined
  #sealed = false
  /** What it had said when it was left behind. */
  #left: Message | undefined

  constructor(
    node: Node,
    { session, runId, approvals, listening, memory }: Surroundings,
    attempt: number,
    meter: Meter,
  ) {
    this.operation = node.operation
    this.attempt = attempt
    this.idempotencyKey = `${runId}/${node.operation.id}`
    this.turn = node.turn
    this.#approvals = approvals
    this.#memory = memory
    this.speech = new Speech(meter)
    this.#node = node
    this.#session = session
    this.#listening = listening
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#cancelled) this.#controller.abort(this.#cancelled.reason)
    }
    return this.#controller.signal
  }

  /** Set when the attempt was cancelled, with the reason given. */
  get cancelled(): { readonly reason: unknown } | undefined {
    return this.#cancelled
  }

  cancel(reason: unknown): void {
    if (this.#cancelled) return
    this.#cancelled = { reason }
    this.#controller?.abort(reason)
  }

  /** What is waited for from here on is not its own doing, and does not count for its `timeout`; until what this returns is called. */
  hold(): () => void {
    return this.deadline?.hold() ?? (() => {})
  }

  /** A person's time is not its own. */
  get approvals(): Approvals {
    return {
      request: () => {
        const { id, decision, forget } = this.#approvals.request()
        const release = this.hold()
        void decision.then(release)
        return {
          id,
          decision,
          forget: () => {
            release()
            forget()
          },
        }
      },
    }
  }

  get results(): Results {
    this.#results ??= resultsFor(this.#node)
    return this.#results
  }

  get branch(): StagedBranch {
    // Only what takes no turn has none, and its type does not offer one.
    return this.#branch as StagedBranch
  }

  /**
   * Opens the branch, making it when there is none of its name; or one of its own for what takes a turn and names none. Throws
   * `access_denied` for what it forbids.
   */
  async openBranch(): Promise<void> {
    const { branch } = this.#node
    if (branch === undefined) {
      const name = this.turn.branch ?? (await this.#freeName())
      const left = this.turn.branch === undefined ? undefined : await this.#session.store.branch(name)
      this.turn.branch = name
      this.#branch = left
        ? new StagedBranch(new StoredBranch(this.#session.store, left), false)
        : StagedBranch.fresh(this.#session.store, newBranch(name))
    } else {
      const stored = typeof branch === 'string' ? await this.#session.ensureBranch(branch) : this.#session.own(branch)
      this.#branch = new StagedBranch(stored, false)
    }
    this.#branch.restore(this.#memory().takeStaged())
    checkAccess(this.#node, this.#branch, this.imodel)
  }

  get register(): CallRegister {
    return this.#memory()
  }

  async remember(step: readonly Message[]): Promise<void> {
    const { messages } = this.turn
    const said = messages ?? this.#branch?.staged ?? []
    await this.#memory().step(this.attempt, this.turn, [...said, ...step], messages !== undefined)
  }

  /** Named after the operation and its run: by the last digits of the run's id (those of one minute begin alike), unless some other run ends with the same. */
  async #freeName(): Promise<string> {
    const [runId = ''] = this.idempotencyKey.split('/', 1)
    const name = `${this.operation.id}@${runId.slice(-8)}`
    return (await this.#session.store.branch(name)) ? `${this.operation.id}@${runId}` : name
  }

  /** Bound: functions take it out of their context, `async function* ({ imodel }) { … }`. */
  get imodel(): (reference?: Model | string) => Model {
    return modelsOf(this.#node, this.#session, this.#branch)
  }

  get summaries(): SummarySource {
    const { summaries } = this.#session
    return {
      recall: (key) => summaries.recall(key),
      make: (key, imodel, instruction, signal) => summaries.make(key, this.imodel(imodel), instruction, signal),
    }
  }

  /** Bound, as `imodel` is. */
  get stream(): (operation: Operation) => AsyncIterable<Chunk> {
    return (operation) => {
      const parent = nodeOf(operation)
      if (parent) return this.#listening.read(this.#node, parent)
      throw new BraidError(
        'unknown_operation',
        'expected an operation that is named in `streamFrom`; got something else',
      )
    }
  }

  get clock(): Clock {
    return this.#session.clock
  }

  /** Less than its operation has, so that this has time to leave what was said when a tool has to be fenced. */
  get toolGrace(): number {
    return this.#session.grace * 0.8
  }

  tool(name: string): Tool {
    return this.#session.services.tool(name)
  }

  ask(request: ModelRequest): ModelStream {
    this.#asked = this.imodel().invoke(request, { signal: this.signal })
    return this.#asked
  }

  /** What it has said so far: the answer of the model that it asked, or else its own words. */
  get partial(): Message | undefined {
    return this.#left ?? this.#heard() ?? this.speech.partial()
  }

  #heard(): Message | undefined {
    try {
      const message = this.#asked?.partial
      return message && message.content.parts.length > 0 ? message : undefined
    } catch {
      // A model of somebody else's may fail at this as at anything; how its operation ends is known already.
      return undefined
    }
  }

  /** For an attempt that does not stop: leaves the partial answer on its branch, where its kind would have left it itself. */
  leave(): void {
    this.#left = this.partial
    const { kind } = this.#node
    if (this.#left && this.#branch && kind.type === 'built-in' && kind.of.takesTurn)
      void this.#branch.append(this.#left)
  }

  /** Whether it is over: what it still says is not heard. */
  get sealed(): boolean {
    return this.#sealed
  }

  /** Ends the attempt: what it left to be committed; from now on it can write nothing. */
  seal(): readonly Change[] {
    this.#sealed = true
    return this.#branch?.seal() ?? []
  }
}
