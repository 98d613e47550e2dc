import { BraidError } from '@braid/core'
import type { Database } from './driver.ts'
import type { Lineage } from './lineage.ts'
import { MESSAGE_COLUMNS, type MessageRow } from './message-row.ts'
import type { OperationRow } from './operation-row.ts'
import type { BranchRow, RunRow, Step } from './step.ts'

/** SQLite's number of a row. */
type Key = number | bigint
/** The rows with their references looked up. */
type BranchParameters = Omit<BranchRow, 'parent'> & { readonly parent: Key | null; readonly system: Key | null }
type OperationParameters = Omit<OperationRow, 'run'> & { readonly run: Key; readonly partial: Key | null }

/** Writes steps, in the transaction that is open. What it throws means that the whole transaction has to go. */
export class Writer {
  readonly #lineage: Lineage
  readonly #insertMessage
  readonly #messageKey
  readonly #branchName
  readonly #nameTaken
  readonly #insertBranch
  readonly #insertEntry
  readonly #upsertRun
  readonly #runKey
  readonly #upsertOperation

  constructor(db: Database, lineage: Lineage) {
    this.#lineage = lineage
    this.#insertMessage = db.prepare<MessageRow>(
      `INSERT INTO messages (${MESSAGE_COLUMNS})
       VALUES (:id, :role, :status, :sender, :recipient, :created_at, :content, :metadata) ON CONFLICT (id) DO NOTHING`,
    )
    this.#messageKey = db.prepare<[string], number>('SELECT key FROM messages WHERE id = ?').pluck()
    this.#branchName = db.prepare<[number], string>('SELECT name FROM branches WHERE key = ?').pluck()
    this.#nameTaken = db.prepare<[string, string], number>('SELECT 1 FROM branches WHERE name = ? OR id = ?').pluck()
    this.#insertBranch = db.prepare<BranchParameters>(
      `INSERT INTO branches (session, id, name, parent, shared, system, resources, capabilities, window, created_at)
       VALUES ((SELECT key FROM sessions), :id, :name, :parent, :shared, :system, :resources, :capabilities, :window, :created_at)`,
    )
    this.#insertEntry = db.prepare<[number, number, Key]>(
      'INSERT INTO entries (branch, position, message) VALUES (?, ?, ?)',
    )
    this.#upsertRun = db.prepare<RunRow>(
      `INSERT INTO runs (session, id, status, started_at, ended_at, error)
       VALUES ((SELECT key FROM sessions), :id, :status, :started_at, :ended_at, :error)
       ON CONFLICT (id) DO UPDATE SET status = excluded.status, started_at = excluded.started_at, ended_at = excluded.ended_at,
         error = excluded.error`,
    )
    this.#runKey = db.prepare<[string], number>('SELECT key FROM runs WHERE id = ?').pluck()
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
  }

  write(step: Step): void {
    switch (step.type) {
      case 'branch':
        this.#branch(step.row, step.system)
        break
      case 'append':
        this.#append(step.branchId, step.rows, step.length)
        break
      case 'run':
        this.#upsertRun.run(step.row)
        break
      case 'operation':
        this.#operation(step.row, step.partial)
        break
      default:
        step satisfies never
    }
  }

  #branch(row: BranchRow, system: MessageRow | undefined): void {
    if (this.#nameTaken.get(row.name, row.id) !== undefined) {
      throw new BraidError(
        'duplicate_branch',
        `There is a branch named ${row.name} already: open it, or choose another name.`,
      )
    }
    const parent = row.parent === null ? null : this.#lineage.key(row.parent)
    if (parent !== null) this.#checkShared(row, this.#lineage.length(parent))
    this.#insertBranch.run({ ...row, parent, system: system === undefined ? null : this.#message(system) })
  }

  #checkShared({ name, shared }: BranchRow, length: number): void {
    if (Number.isInteger(shared) && shared >= 0 && shared <= length) return
    throw new BraidError(
      'unknown_message',
      `The branch ${name} was to share ${shared} messages with its parent, which has ${length}: fork at a message that is there.`,
    )
  }

  #append(branchId: string, rows: readonly MessageRow[], expected: number | undefined): void {
    const branch = this.#lineage.key(branchId)
    const length = this.#lineage.length(branch)
    if (expected !== undefined && expected !== length) {
      throw new BraidError(
        'branch_moved',
        `Expected the branch ${this.#branchName.get(branch)} to have ${expected} messages, but it has ${length}: ` +
          'someone else wrote it meanwhile. Read it again, or fork it at what you expected.',
      )
    }
    let position = length
    for (const row of rows) this.#insertEntry.run(branch, ++position, this.#message(row))
  }

  #operation(row: OperationRow, partial: MessageRow | undefined): void {
    const run = this.#runKey.get(row.run)
    if (run === undefined) {
      throw new BraidError(
        'unknown_run',
        `The operation ${row.id} belongs to the run ${row.run}, which is not in this store: write the run first.`,
      )
    }
    this.#upsertOperation.run({ ...row, run, partial: partial === undefined ? null : this.#message(partial) })
  }

  /** The key of a message, which is stored if it is not there yet. */
  #message(row: MessageRow): Key {
    const { changes, lastInsertRowid } = this.#insertMessage.run(row)
    if (changes === 1) return lastInsertRowid
    const key = this.#messageKey.get(row.id)
    if (key === undefined)
      throw new BraidError('database_corrupt', `The index of messages has ${row.id}, and the table does not.`)
    return key
  }
}
