import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  BraidError,
  type BranchRecord,
  type Change,
  type Found,
  type Message,
  type MessageQuery,
  type RunReads,
  type SearchQuery,
  type SessionRecord,
  type Store,
  type StoreCare,
} from '@braid/core'
import { whileBusy } from './busy.ts'
import { Care } from './care.ts'
import { Checkpointer } from './checkpointer.ts'
import { Committer } from './committer.ts'
import type { Database } from './driver.ts'
import { fromSqlite, isBusy, openedReadOnly, sessionClosed } from './errors.ts'
import { Lineage } from './lineage.ts'
import { Reader } from './reader.ts'
import { RunReader } from './run-reader.ts'
import { SearchIndex } from './search-index.ts'
import { type Step, toStep } from './step.ts'
import { WriteQueue } from './write-queue.ts'

export interface SqliteStoreOptions {
  /** Absolute, or `:memory:`. */
  readonly path: string
  readonly readOnly: boolean
  /** Milliseconds. */
  readonly lockTimeout: number
  readonly maxFileBytes: number
  readonly nativeBinding?: string | undefined
}

/** The Store on a connection that `openStore` has prepared, which it owns from then on. */
export class SqliteStore implements Store {
  readonly version = 1
  readonly runs: RunReads
  readonly care: StoreCare
  readonly #db: Database
  readonly #options: SqliteStoreOptions
  readonly #reader: Reader
  readonly #search: SearchIndex
  readonly #queue: WriteQueue
  readonly #committer: Committer | undefined
  readonly #checkpointer: Checkpointer | undefined
  /** What is done in the background, which closing waits for. */
  readonly #underWay = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor(db: Database, options: SqliteStoreOptions) {
    this.#db = db
    this.#options = options
    const lineage = new Lineage(db)
    this.#reader = new Reader(db, lineage)
    this.runs = this.#runsOf(db)
    this.#search = new SearchIndex(db, options.path)
    // What goes wrong is for the search that needs it.
    if (!options.readOnly) this.#search.complete(options.lockTimeout).catch(() => {})
    // Its statements name columns that a file which is only read need not have.
    this.#committer = options.readOnly ? undefined : new Committer(db, options.path)
    this.#checkpointer = options.readOnly || db.memory ? undefined : new Checkpointer(options)
    this.#queue = new WriteQueue({
      commit: (calls) => this.#committer?.commit(calls),
      wrote: (bytes) => this.#checkpointer?.wrote(bytes),
      convert: (error) => fromSqlite(error, options.path),
      lockTimeout: options.lockTimeout,
    })
    this.care = new Care(db, {
      ...options,
      transact: (work) => whileBusy(() => db.transaction(work).immediate(), options.lockTimeout),
      alone: (work) => this.#queue.alone(work),
      guard: (work) => this.#guard(work),
      checkWritable: () => {
        if (options.readOnly) throw openedReadOnly(options.path)
      },
    })
  }

  session(): Promise<SessionRecord> {
    return this.#read(() => this.#reader.session())
  }

  async write(changes: readonly Change[]): Promise<void> {
    if (this.#closing !== undefined) throw sessionClosed(this.#options.path)
    if (this.#options.readOnly) throw openedReadOnly(this.#options.path)
    await this.#queue.push(stepsOf(changes, this.#options.maxFileBytes))
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
    const left = [...segments]
    while (left.length > 0) {
      messages.push(...(await this.#read(() => this.#reader.page(left))))
      if (left.length > 0) await nextTurn()
    }
    return messages
  }

  position(branchId: string, messageId: string): Promise<number | undefined> {
    return this.#read(() => this.#reader.position(branchId, messageId))
  }

  async search(words: string, query: SearchQuery = {}): Promise<readonly Found[]> {
    await this.#read(() => (this.#options.readOnly ? undefined : this.#search.complete(this.#options.lockTimeout)))
    return this.#read(() => this.#search.find(words, query))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#queue.empty()
    await Promise.allSettled([...this.#underWay, this.#search.stop(), this.#checkpointer?.close()])
    this.#committer?.close()
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

  async #read<T>(read: () => T | Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw sessionClosed(this.#options.path)
    try {
      return await whileBusy(read, this.#options.lockTimeout)
    } catch (error) {
      throw fromSqlite(error, this.#options.path)
    }
  }

  /** Runs what may go on after closing has begun, which waits for it. */
  async #guard<T>(work: () => T | Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw sessionClosed(this.#options.path)
    const working = (async () => work())()
    this.#underWay.add(working)
    try {
      return await working
    } catch (error) {
      throw fromSqlite(error, this.#options.path)
    } finally {
      this.#underWay.delete(working)
    }
  }
}

/** What is to be written can be anybody's: an invalid date, a getter that throws. */
function stepsOf(changes: readonly Change[], maxFileBytes: number): readonly Step[] {
  try {
    return changes.map((change) => toStep(change, maxFileBytes))
  } catch (error) {
    if (error instanceof BraidError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new BraidError(
      'invalid_request',
      `Expected valid dates, and values that can be read, but one could not be turned into JSON: ${reason}`,
      { cause: error },
    )
  }
}
