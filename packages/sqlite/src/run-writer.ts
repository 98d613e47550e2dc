import { BraidError, decode, type Lease, type LogPage } from '@braid/core'
import type { Database } from './driver.ts'
import type { OperationRow } from './operation-row.ts'
import type { RunRow, Step } from './step.ts'

type OperationParameters = Omit<OperationRow, 'run'> & {
  readonly run: number
  readonly partial: number | bigint | null
}

/** Writes what becomes of runs, in the transaction that is open. */
export class RunWriter {
  readonly #upsertRun
  readonly #runKey
  readonly #lease
  readonly #setLease
  readonly #upsertOperation
  readonly #logEnd
  readonly #insertLog
  readonly #deleteLog
  readonly #upsertMemo
  readonly #insertRequest

  constructor(db: Database) {
    this.#upsertRun = db.prepare<RunRow>(
      `INSERT INTO runs (session, id, status, started_at, ended_at, error, plan, lease)
       VALUES ((SELECT key FROM sessions), :id, :status, :started_at, :ended_at, :error, :plan, :lease)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, started_at = excluded.started_at, ended_at = excluded.ended_at,
         error = excluded.error, plan = coalesce(excluded.plan, plan), lease = coalesce(excluded.lease, lease)`,
    )
    this.#runKey = db.prepare<[string], number>('SELECT key FROM runs WHERE id = ?').pluck()
    this.#lease = db.prepare<[string], string | null>('SELECT lease FROM runs WHERE id = ?').pluck()
    this.#setLease = db.prepare<[string | null, string]>('UPDATE runs SET lease = ? WHERE id = ?')
    this.#upsertOperation = db.prepare<OperationParameters>(
      `INSERT INTO operations (run, id, kind, branch, status, attempts, started_at, ended_at, duration_ms, result, result_kind, usage,
         error, because, partial)
       VALUES (:run, :id, :kind, :branch, :status, :attempts, :started_at, :ended_at, :duration_ms, :result, :result_kind, :usage,
         :error, :because, :partial)
       ON CONFLICT (run, id) DO UPDATE SET kind = excluded.kind, branch = excluded.branch, status = excluded.status,
         attempts = excluded.attempts, started_at = excluded.started_at, ended_at = excluded.ended_at,
         duration_ms = excluded.duration_ms, result = excluded.result, result_kind = excluded.result_kind, usage = excluded.usage,
         error = excluded.error, because = excluded.because, partial = excluded.partial`,
    )
    this.#logEnd = db
      .prepare<[number], number>('SELECT first + count - 1 FROM run_log WHERE run = ? ORDER BY first DESC LIMIT 1')
      .pluck()
    this.#insertLog = db.prepare<[number, number, number, Uint8Array]>(
      'INSERT INTO run_log (run, first, count, data) VALUES (?, ?, ?, ?)',
    )
    this.#deleteLog = db.prepare<[number]>('DELETE FROM run_log WHERE run = ?')
    this.#upsertMemo = db.prepare<[number, string, string, string]>(
      `INSERT INTO memos (run, operation, key, value) VALUES (?, ?, ?, ?)
       ON CONFLICT (run, operation, key) DO UPDATE SET value = excluded.value`,
    )
    this.#insertRequest = db.prepare<[number, string]>('INSERT INTO requests (run, request) VALUES (?, ?)')
  }

  run(row: RunRow): void {
    this.#upsertRun.run(row)
  }

  operation(row: OperationRow, partial: number | bigint | null): void {
    this.#upsertOperation.run({ ...row, run: this.#key(row.run), partial })
  }

  lease({ runId, lease, instead }: Extract<Step, { readonly type: 'lease' }>): void {
    this.#key(runId)
    const held = this.#held(runId)
    if (held?.token !== instead) {
      throw new BraidError(
        'run_leased',
        held
          ? `The run ${runId} is run by process ${held.pid} on ${held.host} until ${held.expiresAt.toISOString()} at least: leave it to that, or end that process first.`
          : `The run ${runId} is not run by whoever had it before: read it again.`,
      )
    }
    this.#setLease.run(lease, runId)
  }

  holds(runId: string, token: string): void {
    if (this.#held(runId)?.token === token) return
    throw new BraidError(
      'attempt_superseded',
      `Another process runs the run ${runId} by now: what this one still says of it is not written.`,
    )
  }

  log(runId: string, pages: readonly LogPage[]): void {
    const run = this.#key(runId)
    let end = this.#logEnd.get(run) ?? 0
    for (const { first, count, data } of pages) {
      if (first !== end + 1) throw notTheNext(runId, first, end + 1)
      this.#insertLog.run(run, first, count, data)
      end += count
    }
  }

  packedLog(runId: string, pages: readonly LogPage[]): void {
    this.#deleteLog.run(this.#key(runId))
    this.log(runId, pages)
  }

  memo({ runId, operation, key, value }: Extract<Step, { readonly type: 'memo' }>): void {
    this.#upsertMemo.run(this.#key(runId), operation, key, value)
  }

  request(runId: string, request: string): void {
    this.#insertRequest.run(this.#key(runId), request)
  }

  #held(runId: string): Lease | undefined {
    const text = this.#lease.get(runId)
    return typeof text === 'string' ? (decode(text) as Lease) : undefined
  }

  #key(runId: string): number {
    const key = this.#runKey.get(runId)
    if (key !== undefined) return key
    throw new BraidError(
      'unknown_run',
      `The run ${runId} is not in this store: write the run before what happens in it.`,
    )
  }
}

function notTheNext(runId: string, first: number, expected: number): BraidError {
  return new BraidError(
    'invalid_request',
    `The next part of the log of the run ${runId} has to begin with chunk ${expected}; got one that begins with ${first}. Read what is there, and go on after it.`,
  )
}
