import {
  type BranchRecord,
  type Change,
  encode,
  type Lease,
  type LogPage,
  type Message,
  type RunRecord,
} from '@braid/core'
import { type NewMessageRow, toMessageRow } from './message-row.ts'
import { errorText, type OperationRow, toOperationRow, toPartialRow } from './operation-row.ts'

/**
 * A change as rows, ready to be written: everything that could fail over its values, or take long over their size, has been done when the
 * transaction begins.
 */
export type Step =
  | { readonly type: 'session'; readonly id: string; readonly created_at: string }
  | { readonly type: 'branch'; readonly row: BranchRow; readonly system: NewMessageRow | undefined }
  | {
      readonly type: 'append'
      readonly branchId: string
      readonly length: number | undefined
      readonly rows: readonly NewMessageRow[]
    }
  | { readonly type: 'branch-name'; readonly branchId: string; readonly name: string }
  | { readonly type: 'branch-archived'; readonly branchId: string; readonly archived: boolean }
  | { readonly type: 'branch-system'; readonly branchId: string; readonly system: NewMessageRow | undefined }
  | { readonly type: 'branch-deleted'; readonly branchId: string }
  | { readonly type: 'run'; readonly row: RunRow }
  | {
      readonly type: 'lease'
      readonly runId: string
      readonly lease: string | null
      readonly instead: string | undefined
    }
  | { readonly type: 'holds'; readonly runId: string; readonly token: string }
  | { readonly type: 'log'; readonly runId: string; readonly page: LogPage }
  | { readonly type: 'log-packed'; readonly runId: string; readonly pages: readonly LogPage[] }
  | {
      readonly type: 'memo'
      readonly runId: string
      readonly operation: string
      readonly key: string
      readonly value: string
    }
  | { readonly type: 'request'; readonly runId: string; readonly request: string }
  | { readonly type: 'operation'; readonly row: OperationRow; readonly partial: NewMessageRow | undefined }

/** `parent` is the id of the branch it was forked from, not yet its key. */
export interface BranchRow {
  readonly id: string
  readonly name: string
  readonly parent: string | null
  readonly shared: number
  readonly resources: string | null
  readonly capabilities: string | null
  readonly window: string | null
  readonly created_at: string
}

export interface RunRow {
  readonly id: string
  readonly status: string
  readonly started_at: string
  readonly ended_at: string | null
  readonly error: string | null
  readonly plan: string | null
  readonly lease: string | null
}

/** Throws `file_too_large`. */
export function toStep(change: Change, maxFileBytes: number): Step {
  const toRow = (message: Message): NewMessageRow => toMessageRow(message, maxFileBytes)
  switch (change.type) {
    case 'session':
      return { type: 'session', id: change.session.id, created_at: change.session.createdAt.toISOString() }
    case 'branch':
      return {
        type: 'branch',
        row: branchRow(change.branch),
        system: change.branch.system && toRow(change.branch.system),
      }
    case 'append':
      return {
        type: 'append',
        branchId: change.branchId,
        length: change.length,
        rows: change.messages.map(toRow),
      }
    case 'branch-system':
      return { type: 'branch-system', branchId: change.branchId, system: change.system && toRow(change.system) }
    case 'branch-name':
    case 'branch-archived':
    case 'branch-deleted':
    case 'holds':
    case 'log':
    case 'log-packed':
      return change
    case 'run':
      return { type: 'run', row: runRow(change.run) }
    case 'lease': {
      const { runId, lease, instead } = change
      return { type: 'lease', runId, lease: leaseText(lease), instead }
    }
    case 'memo': {
      const { operationId, key, value } = change.memo
      return { type: 'memo', runId: change.runId, operation: operationId, key, value: encode(value).text }
    }
    case 'request':
      return { type: 'request', runId: change.runId, request: JSON.stringify(change.request) }
    case 'operation':
      return {
        type: 'operation',
        row: toOperationRow(change.operation),
        partial: toPartialRow(change.operation.outcome, maxFileBytes),
      }
    default:
      return change satisfies never
  }
}

/** About how many bytes a row costs beside its values: its keys, ids, dates and places in the indexes. */
const ROW_BYTES = 150

/** About how many bytes a step writes. */
export function weigh(step: Step): number {
  switch (step.type) {
    case 'branch':
      return ROW_BYTES + weighMessage(step.system)
    case 'append':
      return step.rows.reduce((sum, row) => sum + weighMessage(row), ROW_BYTES)
    case 'branch-system':
      return ROW_BYTES + weighMessage(step.system)
    case 'run':
      return ROW_BYTES + (step.row.plan?.length ?? 0)
    case 'log':
      return ROW_BYTES + step.page.data.length
    case 'log-packed':
      return step.pages.reduce((sum, page) => sum + ROW_BYTES + page.data.length, ROW_BYTES)
    case 'memo':
      return ROW_BYTES + step.value.length
    case 'session':
    case 'branch-name':
    case 'branch-archived':
    case 'branch-deleted':
    case 'lease':
    case 'holds':
    case 'request':
      return ROW_BYTES
    case 'operation':
      return ROW_BYTES + (step.row.result?.length ?? 0) + (step.row.usage?.length ?? 0) + weighMessage(step.partial)
    default:
      return step satisfies never
  }
}

function weighMessage(row: NewMessageRow | undefined): number {
  if (row === undefined) return 0
  const blobs = row.blobs.reduce((sum, blob) => sum + ROW_BYTES + blob.data.length, 0)
  return ROW_BYTES + row.content.length + (row.metadata?.length ?? 0) + blobs
}

function branchRow(branch: BranchRecord): BranchRow {
  return {
    id: branch.id,
    name: branch.name,
    parent: branch.parent?.id ?? null,
    shared: branch.parent?.at ?? 0,
    resources: branch.resources === undefined ? null : JSON.stringify(branch.resources),
    capabilities: branch.capabilities === undefined ? null : JSON.stringify(branch.capabilities),
    window: branch.window === undefined ? null : JSON.stringify(branch.window),
    created_at: branch.createdAt.toISOString(),
  }
}

function runRow(run: RunRecord): RunRow {
  return {
    id: run.id,
    status: run.status,
    started_at: run.startedAt.toISOString(),
    ended_at: run.endedAt?.toISOString() ?? null,
    error: errorText(run.error),
    plan: run.plan === undefined ? null : encode(run.plan).text,
    lease: leaseText(run.lease),
  }
}

function leaseText(lease: Lease | undefined): string | null {
  return lease === undefined ? null : encode(lease).text
}
