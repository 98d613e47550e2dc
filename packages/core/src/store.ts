import type { Message } from './message.ts'
import type { Lease, LogPage, Memo, OperationRecord, RunReads, RunRecord, RunRequest } from './run-record.ts'

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
  /** Runs, where they are kept; without it branches and messages alone, and what is written of runs is dropped. */
  readonly runs?: RunReads
  /** What can be done to what it keeps things in, where that is anything. */
  readonly care?: StoreCare
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
  /**
   * The messages in which all of these words are, the best first. Throws `search_off` where the store has no index and would have to read
   * everything.
   */
  search(words: string, query?: SearchQuery): Promise<readonly Found[]>
  /** Commits what is under way and closes. Idempotent. */
  close(): Promise<void>
}

export interface MessageQuery {
  /** The last so many. */
  readonly last?: number
  /** Those before, or after, the message with this id. Throws `unknown_message` when the branch does not have it. */
  readonly before?: string
  readonly after?: string
  /** Those at the positions after the first of these and up to the second, without the system message; the rest of the query is not looked at then. */
  readonly between?: readonly [after: number, upto: number]
}

export interface SearchQuery {
  /** How many at most. Default 20. */
  readonly limit?: number
}

/** A message, and the branches that have it, by name; not those that were deleted. */
export interface Found {
  readonly message: Message
  readonly branches: readonly string[]
}

export interface StoreStats {
  /** Bytes of the file and of what lies beside it. */
  readonly bytes: number
  /** Bytes in it that are free for what comes; `vacuum` gives them back. */
  readonly freeBytes: number
  readonly branches: number
  readonly messages: number
  readonly runs: number
}

/** Which runs may go: with both, those that neither of them keeps; with none of them, no run. */
export interface PruneQuery {
  /** Keeps the last so many runs. */
  readonly keep?: number
  /** Only those that ended before this. One that has not ended and that nobody has run since then goes as well; it could have been resumed. */
  readonly olderThan?: Date
}

export interface Pruned {
  readonly runs: number
  readonly messages: number
}

/** What one does now and then to what a store keeps things in. All of it may be done while the store is in use. */
export interface StoreCare {
  stats(): Promise<StoreStats>
  /** Removes runs that have ended, with their logs, and the messages that no branch has any more. */
  prune(query: PruneQuery): Promise<Pruned>
  /** Gives back what is free. Others wait while it works. */
  vacuum(): Promise<void>
  /** A whole copy, as it is at one moment. Fails where there is a file already. */
  backup(path: string): Promise<void>
  /** What is wrong with it; nothing when it is sound. */
  check(): Promise<readonly string[]>
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
  /** Whether it was put away: it is as it was, and not listed unless asked for. */
  readonly archived?: boolean
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

export type Change =
  /** Which session this is: what is imported is the one that was exported. */
  | { readonly type: 'session'; readonly session: SessionRecord }
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
  /** Another name. Fails with `duplicate_branch` when it is taken. */
  | { readonly type: 'branch-name'; readonly branchId: string; readonly name: string }
  | { readonly type: 'branch-archived'; readonly branchId: string; readonly archived: boolean }
  /** Another system message, or none. */
  | { readonly type: 'branch-system'; readonly branchId: string; readonly system?: Message }
  /** The branch is gone, and its name free. What its forks share with it they still have. */
  | { readonly type: 'branch-deleted'; readonly branchId: string }
  /** A run as it is now; replaces what was said of it before. What it leaves out of `plan` and `lease` stays as it was. */
  | { readonly type: 'run'; readonly run: RunRecord }
  /**
   * Who runs it from now on; without a lease, nobody. Fails with `run_leased` unless the lease that it has is the one with the token `instead`, or
   * it has none and `instead` is absent.
   */
  | { readonly type: 'lease'; readonly runId: string; readonly lease?: Lease; readonly instead?: string }
  /** Fails with `attempt_superseded` unless this is the token of the run's lease: then nothing else of the same `write` happens either. */
  | { readonly type: 'holds'; readonly runId: string; readonly token: string }
  /** How an operation of a run stands; replaces what was said of it before. */
  | { readonly type: 'operation'; readonly operation: OperationRecord }
  /** The next part of a run's log: begins with the number after the last one that is there, 1 at first. Fails with `invalid_request` otherwise. */
  | { readonly type: 'log'; readonly runId: string; readonly page: LogPage }
  /** The log of a run, packed anew: these pages instead of all that it has. */
  | { readonly type: 'log-packed'; readonly runId: string; readonly pages: readonly LogPage[] }
  /** Replaces the memo with the same key. */
  | { readonly type: 'memo'; readonly runId: string; readonly memo: Memo }
  | { readonly type: 'request'; readonly runId: string; readonly request: RunRequest }
