import {
  BraidError,
  type Change,
  type Message,
  type Model,
  type ModelRequest,
  type ModelStream,
  type Operation,
  type Outcome,
  type Results,
} from '@braid/core'
import type { Node } from '../builder/node.ts'
import type { BuiltInContext, Turn } from '../operations/kind.ts'
import { newBranch } from '../session/branch.ts'
import type { Session } from '../session/session.ts'
import { StagedBranch } from '../session/staged-branch.ts'
import { Outcomes } from './results.ts'

/** What one attempt of one operation works with. Most of it is made when it is first asked for: many operations need little. */
export class AttemptContext implements BuiltInContext {
  readonly operation: Operation
  readonly attempt: number
  readonly idempotencyKey: string
  readonly turn: Turn
  readonly #node: Node
  readonly #session: Session
  #controller: AbortController | undefined
  #cancelled: { readonly reason: unknown } | undefined
  #results: Results | undefined
  #branch: StagedBranch | undefined
  #asked: ModelStream | undefined

  constructor(node: Node, session: Session, runId: string, attempt: number) {
    this.operation = node.operation
    this.attempt = attempt
    this.idempotencyKey = `${runId}/${node.operation.id}`
    this.turn = node.turn
    this.#node = node
    this.#session = session
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

  get results(): Results {
    if (!this.#results) {
      const outcomes = new Map<string, readonly [Operation, Outcome]>()
      for (const { from } of this.#node.parents) {
        if (from.outcome) outcomes.set(from.operation.id, [from.operation, from.outcome])
      }
      const { id } = this.operation
      this.#results = new Outcomes(outcomes, (asked) => notADependency(id, asked))
    }
    return this.#results
  }

  get branch(): StagedBranch {
    // Only what takes no turn has none, and its type does not offer one.
    return this.#branch as StagedBranch
  }

  /** Opens the branch, making it when there is none of its name; or one of its own for what takes a turn and names none. */
  async openBranch(): Promise<void> {
    const { branch } = this.#node
    if (branch === undefined) {
      const name = `${this.operation.id}@${this.idempotencyKey.slice(0, 8)}`
      this.#branch = StagedBranch.fresh(this.#session.store, newBranch(name))
    } else {
      const stored = typeof branch === 'string' ? await this.#session.ensureBranch(branch) : this.#session.own(branch)
      this.#branch = new StagedBranch(stored, false)
    }
  }

  imodel(name?: string): Model {
    return this.#session.services.imodel(name ?? (this.operation.params['imodel'] as Model | string | undefined))
  }

  ask(request: ModelRequest): ModelStream {
    this.#asked = this.imodel().invoke(request, { signal: this.signal })
    return this.#asked
  }

  /** What the model that was asked has said so far. */
  get partial(): Message | undefined {
    const message = this.#asked?.partial
    return message && message.content.parts.length > 0 ? message : undefined
  }

  /** Ends the attempt: what it left to be committed; from now on it can write nothing. */
  seal(): readonly Change[] {
    return this.#branch?.seal() ?? []
  }
}

function notADependency(id: string, asked: string): BraidError {
  return new BraidError(
    'not_a_dependency',
    `operation "${id}" reads the result of "${asked}", which it does not depend on; name it in its dependsOn or contextFrom`,
    { operationId: id },
  )
}
