import type {
  Chunk,
  CustomChunk,
  Known,
  Message,
  Model,
  ModelChunk,
  ModelRequest,
  ModelStream,
  Operation,
  Results,
  Tool,
} from '@braid/core'
import type { Clock } from '../run/clock.ts'
import type { Branch } from '../session/branch.ts'
import type { Approvals } from '../tools/approval.ts'
import type { CallRegister } from '../tools/call-memory.ts'
import type { SummarySource } from '../windows/summaries.ts'

/** What a function of your own may say while it works: text, a model's chunks, or something custom. */
export type Yield = string | ModelChunk | Pick<CustomChunk, 'type' | 'name' | 'value'>

/**
 * What an operation does. A generator yields text or chunks and returns its result; a plain async function only returns it.
 * It should stop when `context.signal` aborts.
 */
export type OperationFunction<P, T> = (context: OperationContext, params: P) => AsyncGenerator<Yield, T> | Promise<T>

/** A kind of operation: a name, and what it does. Made by `session.registerOperation`. */
export interface OperationKind<in P, out T> {
  readonly name: string
  readonly run: OperationFunction<P, T>
}

/** What an operation is given to work with. */
export interface OperationContext {
  readonly operation: Operation
  /** From 1. */
  readonly attempt: number
  /** Aborts when the operation, or its run, is cancelled. What ignores it is fenced after a grace period. */
  readonly signal: AbortSignal
  /** The same for every attempt of this operation in this run. */
  readonly idempotencyKey: string
  /** Of the operations that this one depends on, and no others: `not_a_dependency`. */
  readonly results: Results
  /**
   * The branch named in its shape. What is appended here is stored together with the operation's end, in one transaction, also when
   * it fails; an attempt that is over is refused with `attempt_superseded`.
   */
  readonly branch?: Branch
  /** A model by name; without one, that of the operation's params, or else the session's default. */
  imodel(name?: string): Model
  /**
   * What an operation named in `streamFrom` says, from its first chunk to its `operation-end`; once. Rejects with `not_completed` behind the
   * last chunk when it did not complete.
   */
  stream(operation: Operation): AsyncIterable<Chunk>
}

/** What a prompt is made of, by whoever sends it or only shows it. Nothing here writes or asks, but for summaries. */
export interface Prompted extends Pick<OperationContext, 'operation' | 'results' | 'signal'> {
  /** Where its messages go. An operation that takes a turn always has one. */
  readonly branch: Branch
  readonly turn: Turn
  /** A registered tool. Throws `unknown_tool`. */
  tool(name: string): Tool
  /** Throws `access_denied` for one that the branch forbids. */
  imodel(reference?: Model | string): Model
  /** Where summaries of what is not sent come from. */
  readonly summaries: SummarySource
}

/** What a built-in kind is given besides. */
export interface BuiltInContext extends Prompted, Omit<OperationContext, keyof Prompted> {
  /** Where its calls wait for a person. */
  readonly approvals: Approvals
  readonly clock: Clock
  /** How long a tool that was told to stop may take to do so, in milliseconds. */
  readonly toolGrace: number
  /** Where what calls came to is kept for another process. */
  readonly register: CallRegister
  /** A step was finished that left these, which are not on the thread yet: resolves when all of the turn is where another process finds it. */
  remember(step: readonly Message[]): Promise<void>
  /** Asks the operation's model. What the answer has said by then is kept when the operation fails. */
  ask(request: ModelRequest): ModelStream
}

/** What earlier attempts left on the branch. One that completes leaves nothing to go on from. */
export interface Turn {
  /** The id of the instruction, once it was written: the next attempt does not write it again. */
  instructionId?: string
  /** The name of the branch of its own, where it names none: the next attempt goes on there. */
  branch?: string
  /** What was said and called, where there is no branch to leave it on. */
  messages?: readonly Message[]
}

/** Besides what users' functions say, whole batches: as they came off the wire, or with what the operation itself has to say. */
export type Said = Yield | readonly Chunk[]

export interface BuiltInKind<P, T> {
  readonly name: string
  /** Whether it takes a turn on a branch: on the one in its shape, or on a fresh one of its own. */
  readonly takesTurn: boolean
  /** What it can be told, each once. */
  readonly params: Known<P>
  /** Misuse throws at the call that adds the operation. */
  check(params: object): void
  /** The first request that it would make, without making it; undefined where it would make none. Absent where a kind asks no model. */
  readonly preview?: (context: Prompted, params: P) => Promise<ModelRequest | undefined>
  readonly run: (context: BuiltInContext, params: P) => AsyncGenerator<Said, T>
}
