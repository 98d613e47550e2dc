import type { OperationRecord, Outcome } from '@braid/core'
import { encode, errorFields } from './json.ts'
import { type MessageRow, toMessageRow } from './message-row.ts'

/** `run` is the id of the run, not yet its key. */
export interface OperationRow extends OutcomeColumns {
  readonly run: string
  readonly id: string
  readonly kind: string
  readonly branch: string | null
  readonly status: string
  readonly attempts: number
  readonly started_at: string | null
  readonly ended_at: string
}

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
    status: operation.outcome.status,
    attempts: operation.attempts,
    started_at: operation.startedAt?.toISOString() ?? null,
    ended_at: operation.endedAt.toISOString(),
    ...outcomeColumns(operation.outcome),
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
export function errorText(reason: unknown): string {
  return reason instanceof Error ? JSON.stringify(errorFields(reason)) : encode(reason).text
}

export function toPartialRow(outcome: Outcome): MessageRow | undefined {
  const partial = outcome.status === 'failed' || outcome.status === 'cancelled' ? outcome.partial : undefined
  return partial && toMessageRow(partial)
}
