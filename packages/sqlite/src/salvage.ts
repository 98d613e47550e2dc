import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BranchRecord, Message, SessionRecord } from '@braid/core'
import { BlobReader } from './blob.ts'
import type { Database } from './driver.ts'
import { fromMessageRow, MESSAGE_COLUMNS, type MessageRow } from './message-row.ts'
import { readableRows } from './readable.ts'
import { branchColumns, branchRecord, type StoredBranch } from './reader.ts'

/** A branch as far as it can be read: the keys of its messages, those that it shares too. */
export interface SalvagedBranch {
  readonly record: BranchRecord
  readonly messages: readonly number[]
}

/** Where what can still be read of a damaged file is, and in words what cannot. */
export interface Salvage {
  readonly session: SessionRecord
  readonly branches: readonly SalvagedBranch[]
  /** The keys of the messages by their ids. */
  readonly keys: ReadonlyMap<string, number>
  readonly lost: readonly string[]
}

/** Reads the branches and messages of a damaged file once, row by row, and goes around what cannot be read. */
export async function salvage(db: Database): Promise<Salvage> {
  const lost: string[] = []
  const { bytes } = new BlobReader(db)
  const messages = { from: 'messages', columns: `key, ${MESSAGE_COLUMNS}`, number: 'key' }
  const keys = new Map<string, number>()
  const systems = new Map<number, Message>()
  for await (const { key, message } of readableRows(
    db,
    messages,
    (row: MessageRow & { readonly key: number }) => ({
      key: row.key,
      message: fromMessageRow(row, bytes),
    }),
    lost,
  )) {
    keys.set(message.id, key)
    if (message.role === 'system') systems.set(key, message)
  }
  const found = await branchesOf(db, new Set(keys.values()), systems, lost)
  return { session: sessionOf(db, lost), branches: found, keys, lost }
}

async function branchesOf(
  db: Database,
  readable: ReadonlySet<number>,
  systems: ReadonlyMap<number, Message>,
  lost: string[],
): Promise<SalvagedBranch[]> {
  const all = new Map<number, { readonly row: StoredBranch; readonly places: readonly (number | undefined)[] }>()
  const salvaged: SalvagedBranch[] = []
  const branches = { from: 'branches', columns: branchColumns(db), number: 'key' }
  const rows: StoredBranch[] = []
  for await (const row of readableRows(db, branches, (read: StoredBranch) => read, lost)) rows.push(row)
  const entries = await entriesOf(db, rows.at(-1)?.key ?? 0, readable, lost)
  for (const row of rows) {
    const parent = row.parent_key === null ? undefined : all.get(row.parent_key)
    const own = entries.get(row.key) ?? new Map<number, number>()
    const last = Math.max(row.shared, ...own.keys())
    const places = Array.from({ length: last }, (_, index) => {
      const key = index < row.shared ? parent?.places[index] : own.get(index + 1)
      return key !== undefined && readable.has(key) ? key : undefined
    })
    all.set(row.key, { row, places })
    if (row.deleted === 1) continue
    const kept = places.filter((key) => key !== undefined)
    if (kept.length < last) lost.push(`${last - kept.length} of the messages of the branch ${row.name} cannot be read`)
    const system = row.system === null ? undefined : systems.get(row.system)
    if (row.system !== null && system === undefined) lost.push(`nor can the system message of the branch ${row.name}`)
    // It goes on sharing what it has whole with a parent that is there; otherwise all of it is its own.
    const shares = parent?.row.deleted === 0 && !places.slice(0, row.shared).includes(undefined)
    const record = branchRecord({ ...row, parent: shares ? parent.row.id : null }, system)
    salvaged.push({ record, messages: kept })
  }
  for (const [key, own] of entries) {
    if (all.has(key)) continue
    lost.push(`what the branch number ${key} was called cannot be read, nor what it was forked from`)
    const messages = [...own]
      .sort(([one], [two]) => one - two)
      .flatMap(([, message]) => (readable.has(message) ? [message] : []))
    salvaged.push({ record: { id: `rescued-${key}`, name: `rescued-${key}`, createdAt: new Date(0) }, messages })
  }
  return salvaged
}

/** Which message is at which position, by branch: from the table, and from the index over it, which has all of it once more. */
async function entriesOf(
  db: Database,
  lastBranch: number,
  messages: ReadonlySet<number>,
  lost: string[],
): Promise<Map<number, Map<number, number>>> {
  type Entry = { readonly branch: number; readonly position: number; readonly message: number }
  const entries = new Map<number, Map<number, number>>()
  const put = ({ branch, position, message }: Entry) => {
    const places = entries.get(branch) ?? new Map<number, number>()
    entries.set(branch, places)
    places.set(position, message)
  }
  const columns = 'branch, position, message'
  const indexed = db.prepare<[number], Entry>(
    `SELECT ${columns} FROM entries INDEXED BY entries_by_message WHERE message = ?`,
  )
  let tried = 0
  for (const message of messages) {
    if (++tried % 500 === 0) await nextTurn()
    try {
      indexed.all(message).forEach(put)
    } catch {
      // The table has it, unless that is damaged at the same place.
    }
  }
  // Those that are known of, and whatever lies between and after them.
  const last = Math.max(lastBranch, ...entries.keys()) + 1
  for (let branch = 1; branch <= last; branch++) {
    const table = { from: 'entries', columns, number: 'position', where: `branch = ${branch}` }
    for await (const entry of readableRows(db, table, (row: Entry) => row, lost)) put(entry)
  }
  return entries
}

function sessionOf(db: Database, lost: string[]): SessionRecord {
  try {
    const row = db.prepare<[], { id: string; created_at: string }>('SELECT id, created_at FROM sessions').get()
    if (row) return { id: row.id, createdAt: new Date(row.created_at) }
  } catch {
    // As if there were none.
  }
  lost.push('which session it is cannot be read')
  return { id: 'rescued', createdAt: new Date(0) }
}
