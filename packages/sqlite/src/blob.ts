import { createHash } from 'node:crypto'
import { BraidError } from '@braid/core'
import type { Database, Statement } from './driver.ts'
import { versionOf } from './schema.ts'

/** Bytes of a message, kept once beside the messages, by their SHA-256. */
export interface Blob {
  readonly hash: Buffer
  readonly data: Buffer
}

/** Fewer bytes than this cost less in the message itself than in a row of their own. */
const SMALLEST_BLOB = 128

/** Takes the bytes out of one message. */
export class BlobsOfMessage {
  readonly blobs: Blob[] = []
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Keeps bytes, and gives the name to find them by; undefined for what is better kept where it is. Throws `file_too_large`. */
  readonly keep = (bytes: Uint8Array): string | undefined => {
    if (bytes.length > this.#maxBytes) {
      throw new BraidError(
        'file_too_large',
        `A file of ${bytes.length} bytes is more than the ${this.#maxBytes} that the store takes: say where it is with \`url\`, or open the session with a larger \`maxFileBytes\`.`,
      )
    }
    if (bytes.length < SMALLEST_BLOB) return undefined
    // A copy, since the bytes are the caller's and are written later.
    const data = Buffer.from(bytes)
    const hash = createHash('sha256').update(data).digest()
    if (!this.blobs.some((blob) => blob.hash.equals(hash))) this.blobs.push({ hash, data })
    return hash.toString('hex')
  }
}

/** Reads blobs by their names. */
export class BlobReader {
  readonly #data: Statement<[Buffer], Buffer> | undefined

  constructor(db: Database) {
    if (versionOf(db) < 3) return
    this.#data = db.prepare<[Buffer], Buffer>('SELECT data FROM blobs WHERE hash = ?').pluck()
  }

  readonly bytes = (name: string): Uint8Array => {
    const data = this.#data?.get(Buffer.from(name, 'hex'))
    if (data !== undefined) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    throw new BraidError('database_corrupt', `A message has the blob ${name}, and the table of blobs does not.`)
  }
}

/** Writes blobs, in the transaction that is open. */
export class BlobWriter {
  readonly #insert
  readonly #key
  readonly #link

  constructor(db: Database) {
    this.#insert = db.prepare<[Buffer, Buffer]>('INSERT INTO blobs (hash, data) VALUES (?, ?)')
    this.#key = db.prepare<[Buffer], number | bigint>('SELECT key FROM blobs WHERE hash = ?').pluck()
    this.#link = db.prepare<[number | bigint, number | bigint]>(
      'INSERT INTO message_blobs (message, blob) VALUES (?, ?)',
    )
  }

  /** Keeps what a new message has. */
  write(message: number | bigint, blobs: readonly Blob[]): void {
    for (const { hash, data } of blobs) {
      this.#link.run(message, this.#key.get(hash) ?? this.#insert.run(hash, data).lastInsertRowid)
    }
  }
}
