import type { BraidError } from './error.ts'
import type { Message } from './message.ts'
import type { Outcome } from './operation.ts'

/**
 * The port behind which history lives.
 *
 * Messages are immutable and kept once; a branch is an ordered list of them, which begins with what it shares with its parent. A
 * position is a place in that list, from 1; the system message, where there is one, comes before position 1 and has none.
 *
 * Invariants that every store keeps: `write` happens whole or not at all, and is in the store when it resolves; writes take effect in the
 * order they were called; an append that names the length it expects fails with `branch_moved` when the branch has another.
 */
export interface Store {
  readonly version: 1
  /** Whether runs and operations are kept, or branches and messages alone. */
  readonly keepsRuns: boolean
  /** The session that this store holds, made when there is none yet. */
  session(): Promise<SessionRecord>
  /** Applies all changes or none. Calls of one turn of the event loop may be committed together. */
  write(changes: readonly Change[]): Promise<void>
  branches(): Promise<readonly BranchRecord[]>
  branch(name: string): Promise<BranchRecord | undefined>
  /** How many messages a branch has, its parent's share included and the system message not. */
  length(branchId: string): Promise<number>
  /** The messages of a branch in order, its system message first. */
  messages(branchId: string, query?: MessageQuery): Promise<readonly Message[]>
  /** Where a message is in a branch: 0 for its system message, undefined when it is not there. */
  position(branchId: string, messageId: string): Promise<number | undefined>
  /** Commits what is under way and closes. Idempotent. */
  close(): Promise<void>
}

export interface MessageQuery {
  /** The last so many. */
  readonly last?: number
  /** Those before, or after, the message with this id. Throws `unknown_message` when the branch does not have it. */
  readonly before?: string
  readonly after?: string
}

export interface SessionRecord {
  readonly id: string
  readonly createdAt: Date
}

export interface BranchRecord {
  readonly id: string
  readonly name: string
  /** Where it was forked from: the parent's id, and how many messages of it are shared. */
  readonly parent?: { readonly id: string; readonly at: number }
  readonly system?: Message
  readonly resources?: readonly string[]
  readonly capabilities?: readonly string[]
  readonly window?: BranchWindow
  readonly createdAt: Date
}

/** What of a conversation is sent to a model when it is asked. All of it stays on the branch. */
export type BranchWindow =
  /** Everything, also where a parent or a branch has a narrower one. */
  | 'all'
  /** So many messages at most, the last ones. */
  | { readonly last: number }
  /** So many tokens at most, the instruction and the system message included. They are estimated. */
  | { readonly tokens: number }
  /** When more than `after` messages have gathered, all but the last `keep` are replaced by a summary that a model makes. */
  | { readonly summary: SummaryWindow }

export interface SummaryWindow {
  readonly after: number
  /** Default: half of `after`. */
  readonly keep?: number
  /** By name, or as `provider/model`. Default: the operation's own model. */
  readonly imodel?: string
  /** What that model is told. Default: to keep what matters to whoever goes on with the conversation. */
  readonly instruction?: string
}

export interface RunRecord {
  readonly id: string
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled'
  readonly startedAt: Date
  readonly endedAt?: Date
  readonly error?: BraidError
}

export interface OperationRecord {
  readonly runId: string
  /** The operation's own id, unique in its run. */
  readonly id: string
  readonly kind: string
  /** The name of the branch it wrote. */
  readonly branch?: string
  readonly outcome: Outcome
  readonly attempts: number
  readonly startedAt?: Date
  readonly endedAt: Date
}

export type Change =
  /** A new branch. Fails with `duplicate_branch` when its name is taken. A fork is this and nothing else. */
  | { readonly type: 'branch'; readonly branch: BranchRecord }
  /**
   * Messages at the end of a branch. A message that is in the store already is not stored again. `length` is what the branch is
   * expected to have before; without it, the end is wherever it is.
   */
  | {
      readonly type: 'append'
      readonly branchId: string
      readonly messages: readonly Message[]
      readonly length?: number
    }
  /** A run as it is now; replaces what was said of it before. */
  | { readonly type: 'run'; readonly run: RunRecord }
  /** How an operation of a run ended. */
  | { readonly type: 'operation'; readonly operation: OperationRecord }
