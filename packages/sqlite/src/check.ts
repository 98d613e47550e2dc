import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Database } from './driver.ts'

/** What SQLite itself says of a file. */
export const SQLITE_CHECKS = ['PRAGMA integrity_check', 'PRAGMA foreign_key_check'] as const

/** What is wrong, in words, out of the rows of {@link SQLITE_CHECKS}. */
export function wordsOfCheck(row: unknown): string[] {
  const { integrity_check: said, table, parent } = row as Record<'integrity_check' | 'table' | 'parent', unknown>
  if (said === 'ok') return []
  if (said !== undefined) return [`SQLite says: ${String(said)}`]
  return [`a row of ${String(table)} names one of ${String(parent)} that is not there`]
}

/** Braid's own invariants, each as a query for the words of what is wrong. */
const INVARIANTS = [
  `SELECT 'there are ' || count(*) || ' sessions, not one' FROM sessions HAVING count(*) <> 1`,
  `SELECT 'the branch ' || name || ' was forked from one that came after it' FROM branches WHERE parent >= key`,
  `SELECT 'the branch ' || name || ' shares ' || shared || ' messages with a parent that has fewer' FROM branches
   WHERE parent IS NOT NULL AND shared > ifnull((SELECT max(position) FROM entries WHERE branch = branches.parent),
     (SELECT above.shared FROM branches AS above WHERE above.key = branches.parent))`,
  `SELECT 'the branch ' || name || ' has a gap among its messages' FROM branches
   JOIN (SELECT branch, min(position) AS low, max(position) AS high, count(*) AS count FROM entries GROUP BY branch) ON branch = key
   WHERE low <> shared + 1 OR high - low + 1 <> count`,
  `SELECT 'the message ' || id || ' is not JSON' FROM messages WHERE NOT json_valid(content) OR NOT json_valid(ifnull(metadata, '{}'))`,
  `SELECT 'the log of the run ' || id || ' has a gap before chunk ' || first
   FROM (SELECT run, first, lag(first + count, 1, 1) OVER (PARTITION BY run ORDER BY first) AS expected FROM run_log)
   JOIN runs ON runs.key = run WHERE first <> expected`,
  `SELECT 'the operation ' || operation || ' of the run ' || run || ' has ended ' || count(*) || ' times' FROM outcomes
   WHERE status <> 'running' GROUP BY run, operation HAVING count(*) > 1`,
  `SELECT 'the operation ' || operations.id || ' of the run ' || runs.id || ' is ' || operations.status || ' and has no end'
   FROM operations JOIN runs ON runs.key = run
   WHERE (operations.status <> 'running' AND operations.ended_at IS NULL) OR (operations.status = 'completed' AND result_kind IS NULL)`,
]

/** What of Braid's own invariants does not hold. The event loop has a turn between two of them. */
export async function checkInvariants(db: Database): Promise<string[]> {
  const wrong: string[] = []
  for (const query of INVARIANTS) {
    wrong.push(...db.prepare<[], string>(query).pluck().all())
    await nextTurn()
  }
  const next = db.prepare<[number], { key: number; hash: Buffer; data: Buffer }>(
    'SELECT key, hash, data FROM blobs WHERE key > ? ORDER BY key LIMIT 1',
  )
  for (let blob = next.get(0); blob !== undefined; blob = next.get(blob.key)) {
    const name = blob.hash.toString('hex')
    if (createHash('sha256').update(blob.data).digest('hex') !== name) wrong.push(`the blob ${name} has other bytes`)
    await nextTurn()
  }
  return wrong
}
