import { type Stats, statSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  BraidError,
  type BranchRecord,
  type Change,
  type Found,
  type Message,
  type MessageQuery,
  type RunReads,
  type SessionRecord,
  type Store,
} from '@braid/core'
import { whileBusy } from './busy.ts'
import type { Database } from './driver.ts'
import { databaseGone, fromSqlite, isBusy, openedReadOnly, sessionClosed } from './errors.ts'
import { Lineage, paginate } from './lineage.ts'
import { Reader } from './reader.ts'
import { RunReader } from './run-reader.ts'
import { type Step, toStep } from './step.ts'
import { WriteQueue } from './write-queue.ts'
import { Writer } from './writer.ts'

export interface SqliteStoreOptions {
  /** Absolute, or `:memory:`. */
  readonly path: string
  readonly readOnly: boolean
  /** Milliseconds. */
  readonly lockTimeout: number
}

/** How many messages are read before the event loop has a turn. */
const PAGE = 256

/** The Store on a connection that `openStore` has prepared, which it owns from then on. */
export class SqliteStore implements Store {
  readonly version = 1
  readonly runs: RunReads
  readonly #db: Database
  readonly #options: SqliteStoreOptions
  readonly #file: Stats | undefined
  readonly #reader: Reader
  readonly #queue: WriteQueue
  #closing: Promise<void> | undefined

  constructor(db: Database, options: SqliteStoreOptions) {
    this.#db = db
    this.#options = options
    this.#file = db.memory ? undefined : statSync(options.path)
    const lineage = new Lineage(db)
    this.#reader = new Reader(db, lineage)
    this.runs = this.#runsOf(db)
    // Its statements name columns that a file which is only read need not have.
    const writer = options.readOnly ? undefined : new Writer(db, lineage)
    const transaction = db.transaction((calls: Iterable<readonly Step[]>) => {
      for (const steps of calls) for (const step of steps) writer?.write(step)
    })
    this.#queue = new WriteQueue({
      commit: (calls) => {
        this.#checkFile()
        transaction.immediate(calls)
        this.#checkFile()
      },
      convert: (error) => fromSqlite(error, options.path),
      lockTimeout: options.lockTimeout,
    })
  }

  session(): Promise<SessionRecord> {
    return this.#read(() => this.#reader.session())
  }

  async write(changes: readonly Change[]): Promise<void> {
    if (this.#closing !== undefined) throw sessionClosed(this.#options.path)
    if (this.#options.readOnly) throw openedReadOnly(this.#options.path)
    await this.#queue.push(stepsOf(changes))
  }

  branches(): Promise<readonly BranchRecord[]> {
    return this.#read(() => this.#reader.branches())
  }

  branch(name: string): Promise<BranchRecord | undefined> {
    return this.#read(() => this.#reader.branch(name))
  }

  length(branchId: string): Promise<number> {
    return this.#read(() => this.#reader.length(branchId))
  }

  async messages(branchId: string, query: MessageQuery = {}): Promise<readonly Message[]> {
    const { system, segments } = await this.#read(() => this.#reader.range(branchId, query))
    const messages = system === undefined ? [] : [system]
    const pages = paginate(segments, PAGE)
    for (const [index, page] of pages.entries()) {
      if (index > 0) await nextTurn()
      messages.push(...(await this.#read(() => this.#reader.page(page))))
    }
    return messages
  }

  position(branchId: string, messageId: string): Promise<number | undefined> {
    return this.#read(() => this.#reader.position(branchId, messageId))
  }

  async search(): Promise<readonly Found[]> {
    throw new BraidError('search_off', `${this.#options.path} has no index to search in.`)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#queue.empty()
    try {
      // Where another process still reads, what is not checkpointed stays in the -wal file, which is as good.
      if (!this.#options.readOnly) this.#db.pragma('wal_checkpoint(TRUNCATE)')
    } catch (error) {
      if (!isBusy(error)) throw fromSqlite(error, this.#options.path)
    } finally {
      this.#db.close()
    }
  }

  /** A file of an earlier Braid that is only read has no tables for all of it. */
  #runsOf(db: Database): RunReads {
    let made: RunReader | undefined
    const reader = (): RunReader => (made ??= new RunReader(db))
    return {
      run: (id) => this.#read(() => reader().run(id)),
      runs: (query = {}) => this.#read(() => reader().runs(query)),
      operations: (runId) => this.#read(() => reader().operations(runId)),
      log: (runId, after) => this.#read(() => reader().log(runId, after)),
      memos: (runId) => this.#read(() => reader().memos(runId)),
      requests: (runId, after) => this.#read(() => reader().requests(runId, after)),
    }
  }

  async #read<T>(read: () => T): Promise<T> {
    if (this.#closing !== undefined) throw sessionClosed(this.#options.path)
    try {
      return await whileBusy(read, this.#options.lockTimeout)
    } catch (error) {
      throw fromSqlite(error, this.#options.path)
    }
  }

  /** SQLite goes on writing to a file that has lost its name, and says nothing. */
  #checkFile(): void {
    if (this.#file === undefined) return
    const found = statSync(this.#options.path, { throwIfNoEntry: false })
    if (found?.ino !== this.#file.ino || found.dev !== this.#file.dev) throw databaseGone(this.#options.path)
  }
}

/** What is to be written can be anybody's: an invalid date, a getter that throws. */
function stepsOf(changes: readonly Change[]): readonly Step[] {
  try {
    return changes.map(toStep)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new BraidError(
      'invalid_request',
      `Expected valid dates, and values that can be read, but one could not be turned into JSON: ${reason}`,
      { cause: error },
    )
  }
}
