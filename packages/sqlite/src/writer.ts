import { BraidError } from '@braid/core'
import { BlobWriter } from './blob.ts'
import type { Database } from './driver.ts'
import type { Lineage } from './lineage.ts'
import { MESSAGE_COLUMNS, type MessageRow, type NewMessageRow } from './message-row.ts'
import { Removal } from './removal.ts'
import { RunWriter } from './run-writer.ts'
import type { BranchRow, Step } from './step.ts'

/** SQLite's number of a row. */
type Key = number | bigint
/** The rows with their references looked up. */
type BranchParameters = Omit<BranchRow, 'parent'> & { readonly parent: Key | null; readonly system: Key | null }

/** Writes steps, in the transaction that is open. What it throws means that the whole transaction has to go. */
export class Writer {
  readonly #lineage: Lineage
  readonly #insertMessage
  readonly #messageKey
  readonly #branchName
  readonly #nameTaken
  readonly #insertBranch
  readonly #insertEntry
  readonly #rename
  readonly #archive
  readonly #setSystem
  readonly #setSession
  readonly #blobs: BlobWriter
  readonly #removal: Removal
  readonly #runs: RunWriter

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
    this.#rename = db.prepare<[string, number]>('UPDATE branches SET name = ? WHERE key = ?')
    this.#archive = db.prepare<[number, number]>('UPDATE branches SET archived = ? WHERE key = ?')
    this.#setSystem = db.prepare<[Key | null, number]>('UPDATE branches SET system = ? WHERE key = ?')
    this.#setSession = db.prepare<[string, string]>('UPDATE sessions SET id = ?, created_at = ?')
    this.#blobs = new BlobWriter(db)
    this.#removal = new Removal(db)
    this.#runs = new RunWriter(db)
  }

  write(step: Step): void {
    switch (step.type) {
      case 'session':
        this.#setSession.run(step.id, step.created_at)
        break
      case 'branch':
        this.#branch(step.row, step.system)
        break
      case 'append':
        this.#append(step.branchId, step.rows, step.length)
        break
      case 'branch-name':
        this.#name(step.branchId, step.name)
        break
      case 'branch-archived':
        this.#archive.run(Number(step.archived), this.#lineage.key(step.branchId))
        break
      case 'branch-system':
        this.#setSystem.run(step.system ? this.#message(step.system) : null, this.#lineage.key(step.branchId))
        break
      case 'branch-deleted':
        this.#removal.remove(this.#lineage.key(step.branchId))
        break
      case 'run':
        this.#runs.run(step.row)
        break
      case 'operation':
        this.#runs.operation(step.row, step.partial === undefined ? null : this.#message(step.partial))
        break
      case 'lease':
        this.#runs.lease(step)
        break
      case 'holds':
        this.#runs.holds(step.runId, step.token)
        break
      case 'log':
        this.#runs.log(step.runId, [step.page])
        break
      case 'log-packed':
        this.#runs.packedLog(step.runId, step.pages)
        break
      case 'memo':
        this.#runs.memo(step)
        break
      case 'request':
        this.#runs.request(step.runId, step.request)
        break
      default:
        step satisfies never
    }
  }

  #branch(row: BranchRow, system: NewMessageRow | undefined): void {
    if (this.#nameTaken.get(row.name, row.id) !== undefined) throw duplicateBranch(row.name)
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

  #append(branchId: string, rows: readonly NewMessageRow[], expected: number | undefined): void {
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

  #name(branchId: string, name: string): void {
    const branch = this.#lineage.key(branchId)
    if (this.#branchName.get(branch) === name) return
    if (this.#nameTaken.get(name, '') !== undefined) throw duplicateBranch(name)
    this.#rename.run(name, branch)
  }

  /** The key of a message, which is stored if it is not there yet. */
  #message({ blobs, ...row }: NewMessageRow): Key {
    const { changes, lastInsertRowid } = this.#insertMessage.run(row)
    if (changes === 1) {
      if (blobs.length > 0) this.#blobs.write(lastInsertRowid, blobs)
      return lastInsertRowid
    }
    const key = this.#messageKey.get(row.id)
    if (key === undefined)
      throw new BraidError('database_corrupt', `The index of messages has ${row.id}, and the table does not.`)
    return key
  }
}

function duplicateBranch(name: string): BraidError {
  return new BraidError('duplicate_branch', `There is a branch named ${name} already: open it, or choose another name.`)
}
