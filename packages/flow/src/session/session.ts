import {
  BraidError,
  checkKnown,
  type Found,
  type Known,
  type Message,
  type Model,
  newId,
  type Operation,
  type Pruned,
  type PruneQuery,
  type SearchQuery,
  type SessionRecord,
  type Store,
  type StoreStats,
  type ToolOutcome,
} from '@braid/core'
import type { Structured } from '../answers/params.ts'
import type { Plan } from '../builder/plan.ts'
import { checkFunction } from '../builder/shape.ts'
import type { ActParams } from '../operations/act.ts'
import type { Kinds, StructuredKind, TextKind } from '../operations/built-in.ts'
import type { OperationFunction, OperationKind } from '../operations/kind.ts'
import { CLOCK, type Clock } from '../run/clock.ts'
import { conduct } from '../run/conduct.ts'
import { FlowStream } from '../run/flow-stream.ts'
import type { FlowOptions } from '../run/options.ts'
import { type Preview, preview } from '../run/preview.ts'
import { ResumedSource } from '../run/resumed-source.ts'
import { Runs } from '../run/runs.ts'
import { exportLines } from '../transfer/export.ts'
import { Summaries } from '../windows/summaries.ts'
import type { AuditSink } from './audit.ts'
import type { Branch, BranchOptions } from './branch.ts'
import { Branches, type BranchesQuery } from './branches.ts'
import { careOf, checkPrune, checkSearch } from './care.ts'
import { MemoryStore } from './memory-store.ts'
import { redacting } from './redaction.ts'
import { type ModelResolver, Services } from './services.ts'
import type { StoredBranch } from './stored-branch.ts'
import { Turns } from './turns.ts'

export interface SessionOptions {
  /** The default model. */
  imodel?: Model | string
  /**
   * Sees every message before it is written, also what had come of one that broke off, and gives back what is written instead: a Message with the
   * same id. What it throws fails the operation, and nothing of the message is written. What streams is then not kept in the log of the run. The result
   * of an operation is no message, and is kept as it is.
   */
  redact?: (message: Message) => Message
  /** Is told of every operation that ends: who ran what, when, and what became of it, and nothing of what was said. Default: nobody is told. */
  audit?: AuditSink
}

const OPTIONS = { imodel: true, redact: true, audit: true } satisfies Known<SessionOptions>

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
  /** Those of this session: what goes on, and where it has a file, what has been. */
  readonly runs: Runs
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
  /** @internal */
  readonly audit: AuditSink | undefined
  /** @internal Whether messages are changed before they are written. What is said as it streams is then not kept: nobody could. */
  readonly redacts: boolean
  readonly #kinds = new Map<string, OperationKind<never, unknown>>()
  readonly #branches: Branches
  readonly #active = new Set<Activity>()
  #closing: Promise<void> | undefined

  constructor(options: SessionOptions = {}, backing: Backing = {}) {
    if (typeof options === 'string') {
      throw new BraidError(
        'invalid_request',
        'expected options, for a session in memory; got a text. For a session on a file: await Session.open(path)',
      )
    }
    checkKnown(options, OPTIONS, { of: 'a Session' })
    const { imodel, redact, audit } = options
    for (const [name, given] of Object.entries({ redact, audit })) {
      if (given === undefined || typeof given === 'function') continue
      throw new BraidError('invalid_request', `expected \`${name}\` to be a function; got a ${typeof given}`)
    }
    this.id = backing.record?.id ?? newId()
    const store = backing.store ?? new MemoryStore()
    this.store = redact === undefined ? store : redacting(store, redact)
    this.redacts = redact !== undefined
    this.audit = audit
    this.#branches = new Branches(this.store)
    this.services = new Services(backing.models)
    this.grace = backing.grace ?? 5_000
    this.clock = backing.clock ?? CLOCK
    this.runs = new Runs(this.store, this.clock)
    if (imodel !== undefined) this.services.register(typeof imodel === 'string' ? this.services.imodel(imodel) : imodel)
  }

  /** Throws `duplicate_branch` when the name is taken. */
  async createBranch(options: BranchOptions = {}): Promise<Branch> {
    this.#mustBeOpen()
    return this.#branches.create(options)
  }

  /** Throws `unknown_branch`, listing those there are. */
  async branch(name: string): Promise<Branch> {
    this.#mustBeOpen()
    return this.#branches.get(name)
  }

  /** In the order in which they were made. */
  async branches(query: BranchesQuery = {}): Promise<readonly Branch[]> {
    this.#mustBeOpen()
    return this.#branches.list(query)
  }

  /**
   * The messages in which all of these words are, whatever their case, the best first; with the names of the branches that have them. Throws `search_off` for a file without
   * an index to search in.
   *
   * @example
   * for (const { message, branches } of await session.search('tidal power')) console.log(branches, message.text)
   */
  async search(words: string, query: SearchQuery = {}): Promise<readonly Found[]> {
    this.#mustBeOpen()
    checkSearch(words, query)
    return this.store.search(words, query)
  }

  /**
   * Removes runs that have ended, with their logs: all but the last `keep`, or those that ended before `olderThan`, or what is both; and the messages that no branch has any
   * more. The room in the file is used again; `vacuum` gives it back. Throws `database_missing` for a session in memory, as do the ones below.
   *
   * @example
   * const week = 7 * 24 * 60 * 60 * 1_000
   * console.log(await session.prune({ keep: 100, olderThan: new Date(Date.now() - week) })) // { runs: 12, messages: 80 }
   */
  async prune(query: PruneQuery): Promise<Pruned> {
    this.#mustBeOpen()
    checkPrune(query)
    return careOf(this.store, 'prune').prune(query)
  }

  /** Makes the file as small as what is in it. Who wants to write waits as long, and it takes as much room again while it works. */
  async vacuum(): Promise<void> {
    this.#mustBeOpen()
    await careOf(this.store, 'vacuum').vacuum()
  }

  /** How much there is: bytes, branches, messages and runs. */
  async stats(): Promise<StoreStats> {
    this.#mustBeOpen()
    return careOf(this.store, 'stats').stats()
  }

  /** A whole copy of the file as it is at one moment, while it is in use. Throws `file_exists` where there is a file already. */
  async backup(path: string): Promise<void> {
    this.#mustBeOpen()
    if (typeof path !== 'string' || path === '') {
      throw new BraidError(
        'invalid_request',
        `expected the path of the file to make; got ${path === '' ? 'an empty one' : typeof path}`,
      )
    }
    await careOf(this.store, 'backup').backup(path)
  }

  /**
   * All of it as lines of JSON, each with its line end: branches with their names, origins and system messages, every message once, runs with
   * what became of their operations and what they said. `Session.import` makes the same session of them. What is written meanwhile may be among it or not.
   *
   * @example
   * await pipeline(session.export(), createWriteStream('work.jsonl'))
   */
  export(): AsyncIterable<string> {
    this.#mustBeOpen()
    return exportLines(this.store)
  }

  /** What is wrong with the file, in words; nothing when it is sound. Reads all of it. */
  async check(): Promise<readonly string[]> {
    this.#mustBeOpen()
    return careOf(this.store, 'check').check()
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

  /**
   * Goes on with a run that did not complete: after a crash, a failure or a cancellation. What completed is not run again, and has the results that
   * were kept; the rest starts a new attempt, which says `operation-reset` first. Nothing happens before it is read. The plan is made again, as it
   * was when the run began, and compared; one without functions is made from what is kept. Reading rejects with `run_finished`, `run_leased`
   * where another process has it, `plan_changed`, naming the difference, and `plan_needed`.
   *
   * @example
   * const [unfinished] = await session.runs.list({ status: 'interrupted', last: 1 })
   * const stream = unfinished ? session.resume(unfinished.id, builder) : flowStream(builder)
   */
  resume(runId: string, plan?: Plan, options: FlowOptions = {}): FlowStream {
    this.#mustBeOpen()
    return new FlowStream(new ResumedSource(this, runId, plan, options))
  }

  /** @internal The kind that was registered under that name. */
  kind(name: string): OperationKind<never, unknown> | undefined {
    return this.#kinds.get(name)
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
  ensureBranch(name: string): Promise<StoredBranch> {
    return this.#branches.ensure(name)
  }

  /** @internal Throws `foreign_branch` for one of another session. */
  own(branch: Branch): StoredBranch {
    return this.#branches.own(branch)
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

  #mustBeOpen(): void {
    if (this.#closing) throw new BraidError('session_closed', 'this session was closed; open another one')
  }
}
