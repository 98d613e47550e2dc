import { existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BraidError, type Pruned, type PruneQuery, type StoreCare, type StoreStats } from '@braid/core'
import { aside } from './aside.ts'
import { checkInvariants, SQLITE_CHECKS, wordsOfCheck } from './check.ts'
import type { Database } from './driver.ts'
import { folderMissing } from './errors.ts'
import { Pruner } from './prune.ts'
import { versionOf } from './schema.ts'
import type { ThreadOptions } from './thread.ts'

/** How often it is tried to empty the write-ahead log, and the milliseconds in between. Where that fails, the next commits use what it has. */
const SHORTENINGS = 20
const SHORTENING_MS = 25

export interface CareOptions extends ThreadOptions {
  /** Runs work in a transaction of its own. */
  readonly transact: <T>(work: () => T) => Promise<T>
  /** Runs work while nothing else is written by this store. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>
  /** Throws what is thrown meanwhile as a Braid error, or because the store is closed. */
  readonly guard: <T>(work: () => T | Promise<T>) => Promise<T>
  /** Throws where nothing may be written. */
  readonly checkWritable: () => void
}

/** What one does now and then to a file. What takes long happens in another thread. */
export class Care implements StoreCare {
  readonly #db: Database
  readonly #options: CareOptions
  #pruner: Pruner | undefined

  constructor(db: Database, options: CareOptions) {
    this.#db = db
    this.#options = options
  }

  stats(): Promise<StoreStats> {
    const { path, guard } = this.#options
    return guard(() => {
      const pages = (name: string) => Number(this.#db.pragma(name, { simple: true })) * this.#pageSize()
      const count = (table: string) => this.#db.prepare<[], number>(`SELECT count(*) FROM ${table}`).pluck().get() ?? 0
      const files = [path, `${path}-wal`, `${path}-shm`]
      const bytes = files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
      return {
        bytes: this.#db.memory ? pages('page_count') : bytes,
        freeBytes: pages('freelist_count'),
        branches: count(versionOf(this.#db) < 3 ? 'branches' : 'branches WHERE deleted = 0'),
        messages: count('messages'),
        runs: count('runs'),
      }
    })
  }

  prune(query: PruneQuery): Promise<Pruned> {
    const { guard, transact, checkWritable } = this.#options
    return guard(() => {
      checkWritable()
      this.#pruner ??= new Pruner(this.#db, transact)
      return this.#pruner.prune(query)
    })
  }

  vacuum(): Promise<void> {
    const { guard, alone, checkWritable } = this.#options
    return guard(() => {
      checkWritable()
      // The whole file goes through the write-ahead log; what is left of that is given back as well.
      return alone(async () => {
        await aside(this.#db, ['VACUUM'], this.#options)
        await this.#shorten()
      })
    })
  }

  backup(path: string): Promise<void> {
    return this.#options.guard(async () => {
      if (existsSync(path)) {
        throw new BraidError(
          'file_exists',
          `There is a file at ${path} already, and it was left as it is: give another path.`,
        )
      }
      const folder = dirname(resolve(path))
      if (!existsSync(folder)) throw folderMissing(path, folder)
      // Under another name while it is not whole.
      const part = `${path}.part`
      rmSync(part, { force: true })
      try {
        await this.#db.backup(part)
        renameSync(part, path)
      } finally {
        rmSync(part, { force: true })
      }
    })
  }

  check(): Promise<readonly string[]> {
    return this.#options.guard(async () => {
      const rows = await aside(this.#db, SQLITE_CHECKS, this.#options)
      const wrong = rows.flatMap(wordsOfCheck)
      // Where pages are damaged, these would say the same again, or fail.
      if (wrong.length > 0 || versionOf(this.#db) < 3) return wrong
      return checkInvariants(this.#db)
    })
  }

  /** Empties the write-ahead log. Another one who copies from it at that moment makes that fail at once, whatever the timeout. */
  async #shorten(): Promise<void> {
    for (let left = SHORTENINGS; left > 0; left -= 1) {
      const [row] = await aside(this.#db, ['PRAGMA wal_checkpoint(TRUNCATE)'], this.#options)
      if ((row as { readonly busy?: number } | undefined)?.busy !== 1) return
      await sleep(SHORTENING_MS)
    }
  }

  #pageSize(): number {
    return Number(this.#db.pragma('page_size', { simple: true }))
  }
}
