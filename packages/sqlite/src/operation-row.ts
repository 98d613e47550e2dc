import {
  BraidError,
  decode,
  encode,
  errorFields,
  type Message,
  type OperationRecord,
  type Outcome,
  reviveError,
  type Usage,
} from '@braid/core'
import { type NewMessageRow, toMessageRow } from './message-row.ts'

/** `run` is the id of the run, not yet its key. */
export interface OperationRow extends OutcomeColumns {
  readonly run: string
  readonly id: string
  readonly kind: string
  readonly branch: string | null
  readonly status: string
  readonly attempts: number
  readonly started_at: string | null
  readonly ended_at: string | null
}

/** A row as it is read, beside the message that is its partial answer. */
export type StoredOperation = Omit<OperationRow, 'run'>

export const OPERATION_COLUMNS =
  'id, kind, branch, status, attempts, started_at, ended_at, duration_ms, result, result_kind, usage, error, because'

interface OutcomeColumns {
  readonly duration_ms: number | null
  readonly result: string | null
  readonly result_kind: 'json' | 'undefined' | 'lost' | null
  readonly usage: string | null
  readonly error: string | null
  readonly because: string | null
}

export function toOperationRow(operation: OperationRecord): OperationRow {
  return {
    run: operation.runId,
    id: operation.id,
    kind: operation.kind,
    branch: operation.branch ?? null,
    status: operation.outcome?.status ?? 'running',
    attempts: operation.attempts,
    started_at: operation.startedAt?.toISOString() ?? null,
    ended_at: operation.endedAt?.toISOString() ?? null,
    ...(operation.outcome ? outcomeColumns(operation.outcome) : NO_OUTCOME),
  }
}

const NO_OUTCOME: OutcomeColumns = {
  duration_ms: null,
  result: null,
  result_kind: null,
  usage: null,
  error: null,
  because: null,
}

function outcomeColumns(outcome: Outcome): OutcomeColumns {
  const usage = outcome.usage ? encode(outcome.usage).text : null
  switch (outcome.status) {
    case 'completed':
      return { ...NO_OUTCOME, ...resultColumns(outcome.result), duration_ms: outcome.durationMs, usage }
    case 'failed':
      return { ...NO_OUTCOME, error: errorText(outcome.error), usage }
    case 'skipped':
      return { ...NO_OUTCOME, because: outcome.because, usage }
    case 'cancelled':
      return { ...NO_OUTCOME, error: errorText(outcome.reason), usage }
    default:
      return outcome satisfies never
  }
}

/** A result that cannot be kept must not keep the rest from being written: a resumed run that needs it knows from the mark that it is lost. */
function resultColumns(result: unknown): Pick<OutcomeColumns, 'result' | 'result_kind'> {
  if (result === undefined) return { result: null, result_kind: 'undefined' }
  try {
    const { text, lossless } = encode(result)
    return lossless ? { result: text, result_kind: 'json' } : { result: null, result_kind: 'lost' }
  } catch {
    // A getter or a toJSON of the user's threw.
    return { result: null, result_kind: 'lost' }
  }
}

/** What a run failed with, or what it was aborted with, which can be anything. */
export function errorText(reason: unknown): string | null {
  if (reason === undefined) return null
  return reason instanceof Error ? JSON.stringify(errorFields(reason)) : encode(reason).text
}

export function toPartialRow(outcome: Outcome | undefined, maxFileBytes: number): NewMessageRow | undefined {
  const partial = outcome?.status === 'failed' || outcome?.status === 'cancelled' ? outcome.partial : undefined
  return partial && toMessageRow(partial, maxFileBytes)
}

export function fromOperationRow(runId: string, row: StoredOperation, partial: Message | undefined): OperationRecord {
  const outcome = outcomeOf(row, partial)
  return {
    runId,
    id: row.id,
    kind: row.kind,
    attempts: row.attempts,
    ...(row.branch === null ? {} : { branch: row.branch }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(row.result_kind === 'lost' ? { lost: true } : {}),
    ...(row.started_at === null ? {} : { startedAt: new Date(row.started_at) }),
    ...(row.ended_at === null ? {} : { endedAt: new Date(row.ended_at) }),
  }
}

function outcomeOf(row: StoredOperation, partialAnswer: Message | undefined): Outcome | undefined {
  const usage = row.usage === null ? {} : { usage: decode(row.usage) as Usage }
  const partial = partialAnswer === undefined ? {} : { partial: partialAnswer }
  switch (row.status) {
    case 'completed':
      return {
        status: 'completed',
        result: row.result_kind === 'json' ? decode(row.result ?? 'null') : undefined,
        usage: {},
        ...usage,
        durationMs: row.duration_ms ?? 0,
        attempts: row.attempts,
      }
    case 'failed':
      return { status: 'failed', error: toError(row.error), ...usage, ...partial }
    case 'skipped':
      return { status: 'skipped', because: row.because ?? '', ...usage }
    case 'cancelled':
      return { status: 'cancelled', reason: errorFrom(row.error), ...usage, ...partial }
    default:
      return undefined
  }
}

/** What {@link errorText} wrote. */
function errorFrom(text: string | null): unknown {
  const value = text === null ? undefined : decode(text)
  const isError =
    typeof value === 'object' && value !== null && 'message' in value && ('code' in value || 'name' in value)
  return isError ? reviveError(value as Record<string, unknown>) : value
}

export function toError(text: string | null): BraidError {
  const error = errorFrom(text)
  return error instanceof BraidError ? error : new BraidError('unknown', String(error), { cause: error })
}
