import { type Stats, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { type Database, openBeside } from './driver.ts'
import { databaseGone } from './errors.ts'
import { Lineage } from './lineage.ts'
import type { Step } from './step.ts'
import { Writer } from './writer.ts'

type Calls = readonly (readonly Step[])[]
type Transaction = (calls: Calls) => void

/**
 * Commits steps to a file, as long as that is there. SQLite goes on writing to a file that has lost its name, and says nothing: so it is looked at
 * around each commit. When it is gone, all that the connection still has is saved in a file beside it, and what comes later goes there too; whoever
 * writes is told, every time.
 */
export class Committer {
  readonly #db: Database
  readonly #path: string
  readonly #file: Stats | undefined
  readonly #transaction: Transaction
  #lifeboat: { readonly db: Database; readonly path: string; readonly transaction: Transaction } | undefined

  constructor(db: Database, path: string) {
    this.#db = db
    this.#path = path
    this.#file = db.memory ? undefined : statSync(path)
    this.#transaction = transactionOn(db)
  }

  readonly commit = (calls: Calls): void => {
    if (this.#lifeboat) {
      eachAlone(this.#lifeboat.transaction, calls)
      throw databaseGone(this.#path, {}, this.#lifeboat.path)
    }
    if (this.#isThere()) this.#transaction(calls)
    else eachAlone(this.#transaction, calls)
    if (!this.#isThere()) throw this.#save()
  }

  close(): void {
    this.#lifeboat?.db.close()
  }

  #isThere(): boolean {
    if (this.#file === undefined) return true
    const found = statSync(this.#path, { throwIfNoEntry: false })
    return found?.ino === this.#file.ino && found.dev === this.#file.dev
  }

  /** The error that says what has happened, and where everything is now. */
  #save(): Error {
    try {
      const path = freePath(this.#path)
      this.#db.prepare('VACUUM INTO ?').run(path)
      const db = openBeside(this.#db, path)
      this.#lifeboat = { db, path, transaction: transactionOn(db) }
      return databaseGone(this.#path, {}, path)
    } catch (error) {
      return databaseGone(this.#path, { cause: error })
    }
  }
}

function transactionOn(db: Database): Transaction {
  const writer = new Writer(db, new Lineage(db))
  const transaction = db.transaction((calls: Calls) => {
    for (const steps of calls) for (const step of steps) writer.write(step)
  })
  return (calls) => transaction.immediate(calls)
}

/** What can be written of them. Which of them could not makes no difference any more: all are told that the file is gone. */
function eachAlone(transaction: Transaction, calls: Calls): void {
  for (const steps of calls) {
    try {
      transaction([steps])
    } catch {}
  }
}

/** Beside it; elsewhere, when its folder is gone as well. */
function freePath(path: string): string {
  const folder = statSync(dirname(path), { throwIfNoEntry: false }) ? dirname(path) : tmpdir()
  const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const name = join(folder, `${basename(path)}.saved-${stamp}`)
  for (let number = 1; ; number++) {
    const free = number === 1 ? name : `${name}-${number}`
    if (statSync(free, { throwIfNoEntry: false }) === undefined) return free
  }
}
