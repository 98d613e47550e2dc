import {
  BraidError,
  type BranchRecord,
  type BranchWindow,
  type Message,
  type MessageQuery,
  type SessionRecord,
} from '@braid/core'
import { BlobReader } from './blob.ts'
import type { Database } from './driver.ts'
import type { Lineage, Segment } from './lineage.ts'
import { fromMessageRow, MESSAGE_COLUMNS, type MessageRow, type MessageValues, toRow } from './message-row.ts'
import { versionOf } from './schema.ts'

export interface StoredBranch {
  readonly key: number
  readonly id: string
  readonly name: string
  readonly parent: string | null
  readonly parent_key: number | null
  readonly shared: number
  readonly system: number | null
  readonly resources: string | null
  readonly capabilities: string | null
  readonly window: string | null
  readonly archived: number
  readonly deleted: number
  readonly created_at: string
}

/** How much is read before the event loop has a turn. */
const PAGE = 256
/** How many rows are read before it is known how large they are. */
const STRIDE = 64
const PAGE_BYTES = 1_000_000

/** What a query asks for: the system message when it is among it, and where the rest is, in the order of reading. */
export interface Range {
  readonly system: Message | undefined
  readonly segments: readonly Segment[]
}

/** Reads, each in one synchronous call. What is there never changes, so nothing has to hold a transaction open between two of them. */
export class Reader {
  readonly #lineage: Lineage
  readonly #blobs: BlobReader
  readonly #session
  readonly #branches
  readonly #branch
  readonly #systemOf
  readonly #systemKey
  readonly #slice
  readonly #messageKey
  readonly #lastPlace

  constructor(db: Database, lineage: Lineage) {
    this.#lineage = lineage
    this.#blobs = new BlobReader(db)
    this.#session = db.prepare<[], { id: string; created_at: string }>('SELECT id, created_at FROM sessions')
    const there = versionOf(db) < 3 ? 'true' : 'deleted = 0'
    const branch = `SELECT ${branchColumns(db)} FROM branches`
    this.#branches = db.prepare<[], StoredBranch>(`${branch} WHERE ${there} ORDER BY key`)
    this.#branch = db.prepare<[string], StoredBranch>(`${branch} WHERE name = ? AND ${there}`)
    this.#systemOf = db.prepare<[number], MessageRow>(
      `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE key = (SELECT system FROM branches WHERE key = ?)`,
    )
    this.#systemKey = db.prepare<[number], number | null>('SELECT system FROM branches WHERE key = ?').pluck()
    // As lists: the driver takes longer to make objects than to read.
    this.#slice = db
      .prepare<[number, number, number], MessageValues>(
        `SELECT ${MESSAGE_COLUMNS} FROM entries JOIN messages ON messages.key = entries.message
         WHERE branch = ? AND position > ? AND position <= ? ORDER BY position`,
      )
      .raw()
    this.#messageKey = db.prepare<[string], number>('SELECT key FROM messages WHERE id = ?').pluck()
    this.#lastPlace = db
      .prepare<[number, number, number, number], number | null>(
        'SELECT max(position) FROM entries WHERE message = ? AND branch = ? AND position > ? AND position <= ?',
      )
      .pluck()
  }

  session(): SessionRecord {
    const row = this.#session.get()
    if (row === undefined) throw new BraidError('database_corrupt', 'The database has no row in its table of sessions.')
    return { id: row.id, createdAt: new Date(row.created_at) }
  }

  branches(): BranchRecord[] {
    return this.#branches.all().map((row) => this.#record(row))
  }

  branch(name: string): BranchRecord | undefined {
    const row = this.#branch.get(name)
    return row && this.#record(row)
  }

  length(branchId: string): number {
    return this.#lineage.length(this.#lineage.key(branchId))
  }

  position(branchId: string, messageId: string): number | undefined {
    return this.#position(this.#lineage.key(branchId), messageId)
  }

  range(branchId: string, { last, before, after, between }: MessageQuery): Range {
    const branch = this.#lineage.key(branchId)
    if (between) {
      const end = Math.min(between[1], this.#lineage.length(branch))
      return {
        system: undefined,
        segments: [...this.#lineage.segments(branch, Math.max(0, between[0]), end)].reverse(),
      }
    }
    const system = this.#systemOf.get(branch)
    // The system message stands at 0, so that what begins with it begins after -1.
    const upto = before === undefined ? this.#lineage.length(branch) : this.#place(branch, before) - 1
    let from = after === undefined ? -1 : this.#place(branch, after)
    if (last !== undefined) from = Math.max(from, upto - Math.max(0, last))
    const wanted = system !== undefined && from < 0 && upto >= 0
    return {
      system: wanted ? fromMessageRow(system, this.#blobs.bytes) : undefined,
      segments: [...this.#lineage.segments(branch, Math.max(0, from), upto)].reverse(),
    }
  }

  /**
   * The next messages of these segments, in the order of reading, which it takes from them: some hundred, or fewer where they are large, so that
   * reading them does not block for long.
   */
  page(left: Segment[]): Message[] {
    const messages: Message[] = []
    let room = PAGE_BYTES
    const bytes = (name: string): Uint8Array => {
      const blob = this.#blobs.bytes(name)
      room -= blob.length
      return blob
    }
    while (left[0] !== undefined && messages.length < PAGE && room > 0) {
      const { owner, after, upto } = left[0]
      const end = Math.min(upto, after + STRIDE)
      const rows = this.#slice.all(owner, after, end)
      let read = 0
      for (const values of rows) {
        const row = toRow(values)
        room -= row.content.length
        messages.push(fromMessageRow(row, bytes))
        read++
        if (room <= 0) break
      }
      // Positions have no gaps, so that as many were read as there are rows.
      const next = read < rows.length ? after + read : end
      if (next < upto) left[0] = { owner, after: next, upto }
      else left.shift()
    }
    return messages
  }

  #place(branch: number, messageId: string): number {
    const position = this.#position(branch, messageId)
    if (position !== undefined) return position
    throw new BraidError(
      'unknown_message',
      `The branch has no message with the id ${messageId}: it is on another branch, or nowhere.`,
    )
  }

  /** Its last place, when it was appended more than once. */
  #position(branch: number, messageId: string): number | undefined {
    const message = this.#messageKey.get(messageId)
    if (message === undefined) return undefined
    for (const { owner, after, upto } of this.#lineage.segments(branch, 0, this.#lineage.length(branch))) {
      const position = this.#lastPlace.get(message, owner, after, upto)
      if (typeof position === 'number') return position
    }
    return this.#systemKey.get(branch) === message ? 0 : undefined
  }

  #record(row: StoredBranch): BranchRecord {
    const system = row.system === null ? undefined : this.#systemOf.get(row.key)
    return branchRecord(row, system && fromMessageRow(system, this.#blobs.bytes))
  }
}

/** The columns of a {@link StoredBranch}. A file of an earlier Braid that is only read is left as it is. */
export function branchColumns(db: Database): string {
  const version = versionOf(db)
  const later = [
    version < 2 ? 'NULL AS window' : 'window',
    version < 3 ? '0 AS archived, 0 AS deleted' : 'archived, deleted',
  ].join(', ')
  return `key, id, name, (SELECT above.id FROM branches AS above WHERE above.key = branches.parent) AS parent, branches.parent AS parent_key,
    shared, system, resources, capabilities, created_at, ${later}`
}

export function branchRecord(row: StoredBranch, system: Message | undefined): BranchRecord {
  return {
    id: row.id,
    name: row.name,
    createdAt: new Date(row.created_at),
    ...(row.parent === null ? {} : { parent: { id: row.parent, at: row.shared } }),
    ...(system === undefined ? {} : { system }),
    ...(row.resources === null ? {} : { resources: JSON.parse(row.resources) as readonly string[] }),
    ...(row.capabilities === null ? {} : { capabilities: JSON.parse(row.capabilities) as readonly string[] }),
    ...(row.window === null ? {} : { window: JSON.parse(row.window) as BranchWindow }),
    ...(row.archived === 0 ? {} : { archived: true }),
  }
}
