import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'

const HEADER = 32
const FRAME_HEADER = 24

/**
 * Counts the transactions that reach the -wal file of a database: a frame that ends one says how many pages the database has then
 * (https://sqlite.org/fileformat2.html#wal_file_format). A reader is kept open meanwhile, so that no checkpoint starts the file anew.
 */
export class CommitCounter {
  readonly #wal: string
  readonly #reader: Database.Database
  readonly #before: number

  constructor(path: string) {
    this.#wal = `${path}-wal`
    this.#reader = new Database(path, { readonly: true })
    this.#reader.exec('BEGIN; SELECT * FROM sessions')
    this.#before = commitFrames(this.#wal)
  }

  get commits(): number {
    return commitFrames(this.#wal) - this.#before
  }

  close(): void {
    this.#reader.close()
  }
}

function commitFrames(wal: string): number {
  const bytes = readFileSync(wal)
  const frame = FRAME_HEADER + bytes.readUInt32BE(8)
  const salt = bytes.subarray(16, 24)
  let commits = 0
  for (let at = HEADER; at + frame <= bytes.length; at += frame) {
    const isCurrent = bytes.subarray(at + 8, at + 16).equals(salt)
    if (isCurrent && bytes.readUInt32BE(at + 4) > 0) commits++
  }
  return commits
}
