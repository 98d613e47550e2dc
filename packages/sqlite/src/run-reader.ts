import {
  decode,
  type Lease,
  type LogPage,
  type Memo,
  type Message,
  type NumberedRequest,
  type OperationRecord,
  type PlanRecord,
  type RunQuery,
  type RunRecord,
  type RunRequest,
} from '@braid/core'
import { BlobReader } from './blob.ts'
import type { Database, Statement } from './driver.ts'
import { fromMessageRow, MESSAGE_COLUMNS, type MessageRow } from './message-row.ts'
import { fromOperationRow, OPERATION_COLUMNS, type StoredOperation, toError } from './operation-row.ts'
import { versionOf } from './schema.ts'
import type { RunRow } from './step.ts'

/** About how many bytes of a log are read at once. */
const LOG_BYTES = 1_000_000

export type StoredRun = RunRow & { readonly key: number }

/** Reads what there is of runs, each in one synchronous call. */
export class RunReader {
  readonly #runs
  readonly #runsOf
  readonly #run
  readonly #operations
  readonly #partial
  readonly #blobs: BlobReader
  readonly #log: Statement<{ readonly run: number; readonly after: number }, LogPage> | undefined
  readonly #memos:
    | Statement<[number], { readonly operation: string; readonly key: string; readonly value: string }>
    | undefined
  readonly #requests: Statement<[number, number], { readonly key: number; readonly request: string }> | undefined

  constructor(db: Database) {
    this.#blobs = new BlobReader(db)
    const columns = runColumns(db)
    this.#runs = db.prepare<[number], StoredRun>(`SELECT ${columns} FROM runs ORDER BY key DESC LIMIT ?`)
    this.#runsOf = db.prepare<[string, number], StoredRun>(
      `SELECT ${columns} FROM runs WHERE status = ? ORDER BY key DESC LIMIT ?`,
    )
    this.#run = db.prepare<[string], StoredRun>(`SELECT ${columns} FROM runs WHERE id = ?`)
    this.#operations = db.prepare<[number], StoredOperation & { readonly partial: number | null }>(
      `SELECT ${OPERATION_COLUMNS}, partial FROM operations WHERE run = ? ORDER BY key`,
    )
    this.#partial = db.prepare<[number], MessageRow>(`SELECT ${MESSAGE_COLUMNS} FROM messages WHERE key = ?`)
    if (versionOf(db) < 3) return
    // Begins at the page that has the next chunk, which is found by its index, however long the log is.
    this.#log = db.prepare<{ readonly run: number; readonly after: number }, LogPage>(
      `SELECT first, count, data FROM run_log
       WHERE run = :run AND first + count - 1 > :after
         AND first >= ifnull((SELECT max(first) FROM run_log WHERE run = :run AND first <= :after + 1), 0)
       ORDER BY first`,
    )
    this.#memos = db.prepare<[number], { readonly operation: string; readonly key: string; readonly value: string }>(
      'SELECT operation, key, value FROM memos WHERE run = ?',
    )
    this.#requests = db.prepare<[number, number], { readonly key: number; readonly request: string }>(
      'SELECT key, request FROM requests WHERE run = ? AND key > ? ORDER BY key',
    )
  }

  run(id: string): RunRecord | undefined {
    const row = this.#run.get(id)
    return row && fromRunRow(row)
  }

  runs({ status, last = -1 }: RunQuery): RunRecord[] {
    const rows = status === undefined ? this.#runs.all(last) : this.#runsOf.all(status, last)
    return rows.reverse().map(fromRunRow)
  }

  operations(runId: string): OperationRecord[] {
    return this.#all(runId, (run) =>
      this.#operations.all(run).map(({ partial, ...row }) => {
        return fromOperationRow(runId, row, partial === null ? undefined : this.#message(partial))
      }),
    )
  }

  log(runId: string, after: number): LogPage[] {
    return this.#all(runId, (run) => {
      const pages: LogPage[] = []
      let bytes = 0
      for (const page of this.#log?.iterate({ run, after }) ?? []) {
        pages.push(page)
        bytes += page.data.length
        if (bytes >= LOG_BYTES) break
      }
      return pages
    })
  }

  memos(runId: string): Memo[] {
    return this.#all(runId, (run) =>
      (this.#memos?.all(run) ?? []).map(({ operation, key, value }) => ({
        operationId: operation,
        key,
        value: decode(value),
      })),
    )
  }

  requests(runId: string, after: number): NumberedRequest[] {
    return this.#all(runId, (run) =>
      (this.#requests?.all(run, after) ?? []).map(({ key, request }) => ({
        number: key,
        request: JSON.parse(request) as RunRequest,
      })),
    )
  }

  #message(key: number): Message | undefined {
    const row = this.#partial.get(key)
    return row && fromMessageRow(row, this.#blobs.bytes)
  }

  #all<T>(runId: string, read: (run: number) => T[]): T[] {
    const run = this.#run.get(runId)
    return run ? read(run.key) : []
  }
}

/** The columns of a {@link StoredRun}. A file of an earlier Braid that is only read is left as it is, and has neither plans nor leases. */
export function runColumns(db: Database): string {
  return `key, id, status, started_at, ended_at, error, ${versionOf(db) < 3 ? 'NULL AS plan, NULL AS lease' : 'plan, lease'}`
}

export function fromRunRow(row: RunRow): RunRecord {
  return {
    id: row.id,
    status: row.status as RunRecord['status'],
    startedAt: new Date(row.started_at),
    ...(row.ended_at === null ? {} : { endedAt: new Date(row.ended_at) }),
    ...(row.error === null ? {} : { error: toError(row.error) }),
    ...(row.plan === null ? {} : { plan: decode(row.plan) as PlanRecord }),
    ...(row.lease === null ? {} : { lease: decode(row.lease) as Lease }),
  }
}
