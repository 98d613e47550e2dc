import {
  BraidError,
  type BranchRecord,
  checkKnown,
  type Model,
  newId,
  type Operation,
  type SessionRecord,
  type Store,
  type ToolOutcome,
} from '@braid/core'
import type { Structured } from '../answers/params.ts'
import { checkFunction } from '../builder/shape.ts'
import type { ActParams } from '../operations/act.ts'
import type { Kinds, StructuredKind, TextKind } from '../operations/built-in.ts'
import type { OperationFunction, OperationKind } from '../operations/kind.ts'
import { CLOCK, type Clock } from '../run/clock.ts'
import { conduct } from '../run/conduct.ts'
import { type Preview, preview } from '../run/preview.ts'
import { Runs } from '../run/runs.ts'
import { Summaries } from '../windows/summaries.ts'
import { type Branch, type BranchOptions, checkBranchOptions, newBranch, StoredBranch } from './branch.ts'
import { isDuplicate, withFreeName } from './free-name.ts'
import { MemoryStore } from './memory-store.ts'
import { type ModelResolver, Services } from './services.ts'
import { Turns } from './turns.ts'

export interface SessionOptions {
  /** The default model. */
  imodel?: Model | string
}

/** What stands behind a session: where its history lives, and how a model is made from `provider/model`. */
export interface Backing {
  readonly store?: Store
  readonly record?: SessionRecord
  readonly models?: ModelResolver
  /** How long an operation that was cancelled may take to stop before it is reported and fenced, in milliseconds. Default 5,000. */
  readonly grace?: number
  /** Default: the real one. */
  readonly clock?: Clock
}

/** How many branches need not be looked up again. */
const REMEMBERED = 1_000

/** Anything that goes on in a session and has to end before it closes. */
export interface Activity {
  cancel(reason?: unknown): Promise<void>
}

/**
 * Owns branches, models by name, operation kinds and the store. In memory, unless it is given a store.
 *
 * @example
 * await using session = new Session({ imodel: model })
 * const answer = await session.conduct('communicate', 'chat', { instruction: 'What is SSE?' })
 */
export class Session {
  readonly id: string
  readonly services: Services
  /** Those that go on now. */
  readonly runs = new Runs()
  /** @internal */
  readonly store: Store
  /** @internal */
  readonly turns = new Turns()
  /** @internal */
  readonly summaries = new Summaries()
  /** @internal */
  readonly grace: number
  /** @internal */
  readonly clock: Clock
  readonly #kinds = new Map<string, OperationKind<never, unknown>>()
  /** The last that were looked up, by name. */
  readonly #branches = new Map<string, StoredBranch>()
  readonly #active = new Set<Activity>()
  #closing: Promise<void> | undefined

  constructor(options: SessionOptions = {}, backing: Backing = {}) {
    if (typeof options === 'string') {
      throw new BraidError(
        'invalid_request',
        'expected options, for a session in memory; got a text. For a session on a file: await Session.open(path)',
      )
    }
    checkKnown(options, { imodel: true }, { of: 'a Session' })
    this.id = backing.record?.id ?? newId()
    this.store = backing.store ?? new MemoryStore()
    this.services = new Services(backing.models)
    this.grace = backing.grace ?? 5_000
    this.clock = backing.clock ?? CLOCK
    const { imodel } = options
    if (imodel !== undefined) this.services.register(typeof imodel === 'string' ? this.services.imodel(imodel) : imodel)
  }

  /** Throws `duplicate_branch` when the name is taken. */
  async createBranch(options: BranchOptions = {}): Promise<Branch> {
    this.#mustBeOpen()
    checkBranchOptions(options)
    const create = (name: string): Promise<StoredBranch> => this.#create(newBranch(name, options))
    return options.name === undefined ? withFreeName(this.store, 'branch', create) : create(options.name)
  }

  /** Throws `unknown_branch`, listing those there are. */
  async branch(name: string): Promise<Branch> {
    this.#mustBeOpen()
    const branch = await this.#stored(name)
    if (branch) return branch
    const known = (await this.store.branches()).slice(0, 20).map((each) => each.name)
    throw new BraidError(
      'unknown_branch',
      `no branch is called "${name}"; there are: ${known.join(', ') || 'none'}; createBranch makes one`,
    )
  }

  async branches(): Promise<readonly Branch[]> {
    this.#mustBeOpen()
    return (await this.store.branches()).map((record) => new StoredBranch(this.store, record))
  }

  /**
   * One operation, now: its result, when it has completed. A branch name that does not exist is created. Rejects with the operation's own error.
   */
  conduct<P, T>(kind: OperationKind<P, T>, branch: string | Branch, params: NoInfer<P>): Promise<T>
  conduct<K extends StructuredKind, T>(kind: K, branch: string | Branch, params: Kinds[K] & Structured<T>): Promise<T>
  conduct(kind: 'act', branch: string | Branch, params: ActParams): Promise<readonly ToolOutcome[]>
  conduct<K extends TextKind>(kind: K, branch: string | Branch, params: Kinds[K]): Promise<string>
  conduct(
    kind: OperationKind<object, unknown> | keyof Kinds,
    branch: string | Branch,
    params: object,
  ): Promise<unknown> {
    return conduct(this, kind, branch, params)
  }

  /**
   * A kind of operation of your own, for `builder.add`: it streams, is cancelled and is kept like the built-in ones, and needs no model.
   *
   * @example
   * const shout = session.registerOperation('shout', async function* (_, params: { text: string }) {
   *   yield params.text.toUpperCase()
   *   return params.text.length
   * })
   * const length = builder.add('loud', shout, { text: 'hello' }) // Operation<number>
   */
  registerOperation<P, T>(name: string, run: OperationFunction<P, T>): OperationKind<P, T> {
    if (typeof name !== 'string' || name === '') {
      throw new BraidError('invalid_plan', 'expected the name of a kind of operation, a text that is not empty')
    }
    checkFunction('run', 'the function of a kind of operation', run)
    if (this.#kinds.has(name)) {
      throw new BraidError('duplicate_name', `a kind of operation called "${name}" is registered already`)
    }
    const kind: OperationKind<P, T> = Object.freeze({ name, run })
    this.#kinds.set(name, kind)
    return kind
  }

  /**
   * The first request that an operation would make, if it started now: the exact messages and tools, with what its branch and its dependencies
   * have given so far. Sends nothing, writes nothing and makes no branch. Throws `not_completed` where what it depends on has no result yet,
   * `access_denied` where its branch forbids something, and `invalid_request` for an operation that asks no model. A summary that was not made
   * yet is only announced, in the place where it will stand.
   *
   * @example
   * const { messages, tools } = await session.preview(article)
   */
  async preview(operation: Operation): Promise<Preview> {
    this.#mustBeOpen()
    return preview(this, operation)
  }

  /** Ends everything: cancels what runs, closes idle connections and the store. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** @internal The branch of that name, made when there is none. */
  async ensureBranch(name: string): Promise<StoredBranch> {
    const known = await this.#stored(name)
    if (known) return known
    try {
      return await this.#create(newBranch(name))
    } catch (error) {
      // Somebody else made it meanwhile, which is as good.
      const made = isDuplicate(error) ? await this.#stored(name) : undefined
      if (made) return made
      throw error
    }
  }

  /** @internal Throws `foreign_branch` for one of another session. */
  own(branch: Branch): StoredBranch {
    if (branch instanceof StoredBranch && branch.store === this.store) return branch
    throw new BraidError(
      'foreign_branch',
      `branch "${branch.name}" belongs to another session; use one of the builder's own session`,
    )
  }

  /** @internal Until `leave`, closing the session cancels it. */
  enter(activity: Activity): void {
    this.#mustBeOpen()
    this.#active.add(activity)
  }

  /** @internal */
  leave(activity: Activity): void {
    this.#active.delete(activity)
  }

  async #close(): Promise<void> {
    const reason = new BraidError('session_closed', 'the session was closed while this ran')
    await Promise.all([...this.#active].map((activity) => activity.cancel(reason)))
    try {
      await this.services.close()
    } finally {
      await this.store.close()
    }
  }

  async #stored(name: string): Promise<StoredBranch | undefined> {
    const known = this.#branches.get(name)
    if (known) return known
    const record = await this.store.branch(name)
    return record && this.#remember(record)
  }

  async #create(record: BranchRecord): Promise<StoredBranch> {
    await this.store.write([{ type: 'branch', branch: record }])
    return this.#remember(record)
  }

  #remember(record: BranchRecord): StoredBranch {
    const branch = new StoredBranch(this.store, record)
    this.#branches.set(record.name, branch)
    for (const [name] of this.#branches) {
      if (this.#branches.size <= REMEMBERED) break
      this.#branches.delete(name)
    }
    return branch
  }

  #mustBeOpen(): void {
    if (this.#closing) throw new BraidError('session_closed', 'this session was closed; open another one')
  }
}
