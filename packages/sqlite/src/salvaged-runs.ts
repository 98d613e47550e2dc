import type { LogPage, Memo, OperationRecord, RunReads, RunRecord } from '@braid/core'
import { BlobReader } from './blob.ts'
import type { Database } from './driver.ts'
import { fromMessageRow, MESSAGE_COLUMNS, type MessageRow } from './message-row.ts'
import { fromOperationRow, OPERATION_COLUMNS, type StoredOperation } from './operation-row.ts'
import { readableRows } from './readable.ts'
import { fromRunRow, RunReader, runColumns, type StoredRun } from './run-reader.ts'
import { versionOf } from './schema.ts'

type OperationKeys = { readonly run: number; readonly partial: number | null }

/** The runs of a damaged file as far as they can be read; a log ends before the first part of it that cannot. */
export async function salvageRuns(db: Database, lost: string[]): Promise<RunReads> {
  const { bytes } = new BlobReader(db)
  const runs = new Map<string, StoredRun & { readonly record: RunRecord }>()
  const operations = new Map<number, OperationRecord[]>()
  const message = db.prepare<[number], MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE key = ?`)
  const partial = (key: number | null) => {
    try {
      const row = key === null ? undefined : message.get(key)
      return row && fromMessageRow(row, bytes)
    } catch {
      return undefined
    }
  }
  const runRows = { from: 'runs', columns: runColumns(db), number: 'key' }
  for await (const run of readableRows(db, runRows, (row: StoredRun) => ({ ...row, record: fromRunRow(row) }), lost)) {
    runs.set(run.id, run)
  }
  const ids = new Map(Array.from(runs.values(), ({ key, id }) => [key, id]))
  const rows = { from: 'operations', columns: `run, partial, ${OPERATION_COLUMNS}`, number: 'key' }
  const read = ({ run, partial: key, ...row }: StoredOperation & OperationKeys) => ({
    run,
    operation: fromOperationRow(ids.get(run) ?? '', row, partial(key)),
  })
  for await (const { run, operation } of readableRows(db, rows, read, lost)) {
    operations.set(run, [...(operations.get(run) ?? []), operation])
  }
  const reader = new RunReader(db)
  return {
    run: async (id) => runs.get(id)?.record,
    runs: async ({ status, last } = {}) => {
      const all = Array.from(runs.values(), ({ record }) => record)
      const found = all.filter((run) => status === undefined || run.status === status)
      return last === undefined ? found : found.slice(Math.max(0, found.length - last))
    },
    operations: async (id) => operations.get(runs.get(id)?.key ?? -1) ?? [],
    log: async (id, after) => {
      try {
        return versionOf(db) < 3 ? [] : onePage(db, runs.get(id)?.key, after)
      } catch {
        const words = `the end of the log of the run ${id} cannot be read`
        if (!lost.includes(words)) lost.push(words)
        return []
      }
    },
    memos: async (id) => orNothing<Memo>(() => reader.memos(id)),
    requests: async (id, after) => orNothing(() => reader.requests(id, after)),
  }
}

function onePage(db: Database, run: number | undefined, after: number): LogPage[] {
  if (run === undefined) return []
  return db
    .prepare<[number, number, number], LogPage>(
      'SELECT first, count, data FROM run_log WHERE run = ? AND first <= ? AND first + count > ? ORDER BY first DESC LIMIT 1',
    )
    .all(run, after + 1, after + 1)
}

function orNothing<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch {
    return []
  }
}
