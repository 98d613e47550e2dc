import type { BraidError } from './error.ts'
import type { Outcome } from './operation.ts'

/**
 * A run as the store has it. `running` is what its process said last: whether that process still lives is in the `lease`.
 */
export interface RunRecord {
  readonly id: string
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled'
  readonly startedAt: Date
  readonly endedAt?: Date
  readonly error?: BraidError
  /** The plan as it was when the run began: what a resumed run is compared with. */
  readonly plan?: PlanRecord
  /** Who runs it; absent when nobody does. */
  readonly lease?: Lease
}

/** What a plan consists of, in the order added; what is inside of `expand` and `repeat` is not there, for it is built as it runs. */
export type PlanRecord = readonly PlannedOperation[]

export interface PlannedOperation {
  readonly id: string
  readonly kind: string
  readonly branch?: string
  /** As plain data. What is none, such as a function, is only named: `{ $function: 'run' }`. */
  readonly params: Readonly<Record<string, unknown>>
  readonly edges: readonly { readonly from: string; readonly type: 'order' | 'context' | 'stream' }[]
  readonly join?: 'any' | 'settled'
  /** Milliseconds. */
  readonly timeout?: number
  readonly retry?: { readonly attempts: number; readonly backoff?: number }
  /** Whether there is more to it than data can say, so that the plan has to be given again to resume it. */
  readonly code: boolean
}

/** The right to write a run, of one process, for a time. Whoever takes it over makes the writes of the one before fail. */
export interface Lease {
  /** Another one each time that it is taken. */
  readonly token: string
  readonly pid: number
  readonly host: string
  /** What the machine calls the time since it was started; another one after a restart. Empty where that is not known. */
  readonly boot: string
  readonly expiresAt: Date
}

/** How an operation of a run stands; `outcome` and `endedAt` are absent while it is under way. */
export interface OperationRecord {
  readonly runId: string
  /** The operation's own id, unique in its run. */
  readonly id: string
  readonly kind: string
  /** The name of the branch it wrote. */
  readonly branch?: string
  readonly outcome?: Outcome
  /** Whether it completed with a result that could not be kept, such as a function; then `result` is undefined. */
  readonly lost?: boolean
  readonly attempts: number
  readonly startedAt?: Date
  readonly endedAt?: Date
}

/** A part of a run's log: the chunks from number `first` on, `count` of them, as whoever wrote it packs them. */
export interface LogPage {
  readonly first: number
  readonly count: number
  readonly data: Uint8Array
}

/** Something that an operation has to know when it is made again in another process. The key is unique in its operation. */
export interface Memo {
  readonly operationId: string
  readonly key: string
  readonly value: unknown
}

/** What somebody in another process asks of the one that runs a run. */
export type RunRequest =
  | { readonly type: 'cancel'; readonly reason?: string }
  | { readonly type: 'cancel-operation'; readonly operationId: string; readonly reason?: string }
  | { readonly type: 'skip-operation'; readonly operationId: string }
  | { readonly type: 'approve'; readonly approvalId: string }
  | { readonly type: 'deny'; readonly approvalId: string; readonly reason?: string }

export interface NumberedRequest {
  /** Ascending, in the order in which they were written. */
  readonly number: number
  readonly request: RunRequest
}

export interface RunQuery {
  readonly status?: RunRecord['status']
  /** The last so many. */
  readonly last?: number
}

/** What a store that keeps runs can be asked of them. An id that it does not have gives undefined, or nothing. */
export interface RunReads {
  run(id: string): Promise<RunRecord | undefined>
  /** In the order in which they began. */
  runs(query?: RunQuery): Promise<readonly RunRecord[]>
  /** In the order in which they were first written. */
  operations(runId: string): Promise<readonly OperationRecord[]>
  /** Pages with chunks after this number, in order: the next ones, a megabyte or so at a time; nothing when there are no more. */
  log(runId: string, after: number): Promise<readonly LogPage[]>
  memos(runId: string): Promise<readonly Memo[]>
  /** What was asked of a run after this number; from 0. */
  requests(runId: string, after: number): Promise<readonly NumberedRequest[]>
}
