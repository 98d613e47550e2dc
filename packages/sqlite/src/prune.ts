import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Pruned, PruneQuery } from '@braid/core'
import type { Database, Statement } from './driver.ts'

/** How many rows are taken away in one transaction. */
const ROWS = 256

/** Runs a transaction of its own, when no other does, and waits where the file is locked. */
type Transact = <T>(work: () => T) => Promise<T>

/** Takes away runs that have ended and what nobody has any more, a little at a time, so that others write meanwhile. */
export class Pruner {
  readonly #transact: Transact
  readonly #ended
  readonly #partsOfRun: readonly Statement<[number], unknown>[]
  readonly #run
  readonly #page
  readonly #links
  readonly #message
  readonly #nextBlob
  readonly #blob

  constructor(db: Database, transact: Transact) {
    this.#transact = transact
    // A run whose process is gone has not ended, and can be resumed; when that lease was over long ago, nobody will.
    this.#ended = db
      .prepare<{ before: string; now: string; keep: number }, number>(
        `SELECT key FROM runs
         WHERE key NOT IN (SELECT key FROM runs ORDER BY key DESC LIMIT :keep) AND CASE status WHEN 'running' THEN started_at < :before AND :before <> ''
             AND ifnull(json_extract(lease, '$.expiresAt."$date"') < min(:before, :now), 1)
           ELSE :before = '' OR ended_at < :before END`,
      )
      .pluck()
    this.#partsOfRun = [
      // From its end, so that what is left of a log while this goes on has no gap.
      'run_log WHERE rowid IN (SELECT rowid FROM run_log WHERE run = ? ORDER BY first DESC',
      'operations WHERE key IN (SELECT key FROM operations WHERE run = ?',
      'requests WHERE key IN (SELECT key FROM requests WHERE run = ?',
      'memos WHERE (run, operation, key) IN (SELECT run, operation, key FROM memos WHERE run = ?',
    ].map((part) => db.prepare<[number]>(`DELETE FROM ${part} LIMIT ${ROWS})`))
    this.#run = db.prepare<[number]>('DELETE FROM runs WHERE key = ?')
    this.#page = db
      .prepare<[number], number>(`SELECT key FROM messages WHERE key > ? ORDER BY key LIMIT ${ROWS}`)
      .pluck()
    this.#links = db.prepare<[number, number]>(
      `DELETE FROM message_blobs WHERE message IN (SELECT key FROM messages WHERE ${UNUSED})`,
    )
    this.#message = db.prepare<[number, number]>(`DELETE FROM messages WHERE ${UNUSED}`)
    this.#nextBlob = db
      .prepare<[number], number>(
        `SELECT key FROM blobs WHERE key > ? AND NOT EXISTS (SELECT 1 FROM message_blobs WHERE blob = blobs.key) ORDER BY key LIMIT 1`,
      )
      .pluck()
    this.#blob = db.prepare<[number, number]>(
      'DELETE FROM blobs WHERE key = ? AND NOT EXISTS (SELECT 1 FROM message_blobs WHERE blob = ?)',
    )
  }

  async prune(query: PruneQuery): Promise<Pruned> {
    const runs = await this.#runs(query)
    const messages = await this.#messages()
    await this.#unusedBlobs()
    return { runs, messages }
  }

  async #runs({ keep, olderThan }: PruneQuery): Promise<number> {
    if (keep === undefined && olderThan === undefined) return 0
    const before = olderThan?.toISOString() ?? ''
    const query = { before, keep: keep ?? 0, now: new Date().toISOString() }
    const keys = await this.#transact(() => this.#ended.all(query))
    for (const key of keys) {
      for (const part of this.#partsOfRun) {
        while ((await this.#transact(() => part.run(key).changes)) === ROWS) await nextTurn()
      }
      await this.#transact(() => this.#run.run(key))
      await nextTurn()
    }
    return keys.length
  }

  /** One at a time: each can be large. */
  async #unusedBlobs(): Promise<void> {
    for (let key = this.#nextBlob.get(0); key !== undefined; key = this.#nextBlob.get(key)) {
      const unused = key
      await this.#transact(() => this.#blob.run(unused, unused))
      await nextTurn()
    }
  }

  async #messages(): Promise<number> {
    let removed = 0
    for (let after = 0; ; await nextTurn()) {
      const last = this.#page.all(after).at(-1)
      if (last === undefined) return removed
      removed += await this.#transact(() => {
        this.#links.run(after, last)
        return this.#message.run(after, last).changes
      })
      after = last
    }
  }
}

const UNUSED = `key > ? AND key <= ?
  AND NOT EXISTS (SELECT 1 FROM entries WHERE message = messages.key)
  AND NOT EXISTS (SELECT 1 FROM branches WHERE system = messages.key)
  AND NOT EXISTS (SELECT 1 FROM operations WHERE partial = messages.key)`
