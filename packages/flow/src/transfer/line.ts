import {
  BraidError,
  type BranchRecord,
  encode,
  type LogPage,
  type Memo,
  type Message,
  type OperationRecord,
  type Outcome,
  type RunRecord,
  type SessionRecord,
} from '@braid/core'

/*
 * A session as lines of JSON, each an object. The first says what it is, the last how many there were. What JSON has no words for is written as in the
 * file (`$date`, `$bytes`, `$error`, `$message`). A message is written where it is met first, and is its id from then on.
 */

/** The version of the lines; another one when a reader of this one would misread them. */
export const VERSION = 1

export type Line = HeaderLine | BranchLine | MessageLine | RunLine | OperationLine | LogLine | MemoLine | EndLine

interface HeaderLine extends SessionRecord {
  readonly type: 'session'
  readonly version: number
}
/** Comes after the branch that it was forked from, with all its messages. */
export interface BranchLine extends Omit<BranchRecord, 'system'> {
  readonly type: 'branch'
  readonly system?: Message | string
}
/** The next one of a branch, after those that it shares. */
export interface MessageLine {
  readonly type: 'message'
  /** The branch's id. */
  readonly branch: string
  readonly message: Message | string
}
/** Without its lease: who ran it is not who imports it. */
export interface RunLine extends Omit<RunRecord, 'lease'> {
  readonly type: 'run'
}
export interface OperationLine extends Omit<OperationRecord, 'outcome'> {
  readonly type: 'operation'
  readonly outcome?:
    | Outcome
    | (Omit<Extract<Outcome, { readonly partial?: Message }>, 'partial'> & { readonly partial: string })
}
export interface LogLine extends LogPage {
  readonly type: 'log'
  readonly runId: string
}
export interface MemoLine extends Memo {
  readonly type: 'memo'
  readonly runId: string
}
interface EndLine {
  readonly type: 'end'
  /** How many lines came before it. */
  readonly lines: number
}

/** With its line end. */
export function textOf(line: Line): string {
  return `${encode(line).text}\n`
}

/** What is wrong with an export, and where; it shows nothing of what is in it. */
export function invalidExport(line: number, expected: string, cause?: unknown): BraidError {
  return new BraidError(
    'invalid_export',
    `line ${line} of the export is damaged: ${expected}. Export the session again, or import a whole copy`,
    cause === undefined ? {} : { cause },
  )
}
