import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from './driver.ts'

/** How many rows in a row may be unreadable before the rest of a table is given up: several damaged pages of the smallest ones. */
const MOST_MISSES = 10_000
/** How many rows are read before the event loop has a turn. */
const PAGE = 500

/**
 * The rows of a damaged table that can be read, in the order of `number`, a column or an expression that is an index or the key and counts up. Each is
 * looked for on its own, so that a page which cannot be read costs its own rows only. `read` is tried as well: what it throws over is left out. That there
 * was such a row is said once in `lost`.
 */
export async function* readableRows<Row, T>(
  db: Database,
  { from, columns, number, where = 'true' }: { from: string; columns: string; number: string; where?: string },
  read: (row: Row) => T,
  lost: string[],
): AsyncGenerator<T> {
  const next = db.prepare<[number], Row & { readonly at: number }>(
    `SELECT ${number} AS at, ${columns} FROM ${from} WHERE ${where} AND ${number} > ? ORDER BY ${number} LIMIT 1`,
  )
  let after = 0
  let misses = 0
  for (let tried = 1; misses < MOST_MISSES; tried++) {
    if (tried % PAGE === 0) await nextTurn()
    let row: (Row & { readonly at: number }) | undefined
    try {
      row = next.get(after)
      if (row === undefined) return
      after = row.at
    } catch {
      after++
      misses++
      say(lost, from)
      continue
    }
    misses = 0
    let value: T
    try {
      value = read(row)
    } catch {
      say(lost, from)
      continue
    }
    yield value
  }
}

function say(lost: string[], from: string): void {
  const words = `not all of the table ${from} can be read`
  if (!lost.includes(words)) lost.push(words)
}
