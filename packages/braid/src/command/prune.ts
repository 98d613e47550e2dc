import { BraidError } from '@braid/core'
import { Session } from '../session.ts'
import { jsonLine } from './json-line.ts'
import { bytesText, counted } from './table.ts'

export interface PruneOptions {
  readonly keep: string | undefined
  readonly olderThan: string | undefined
  readonly vacuum: boolean
  readonly json: boolean
}

/** Removes runs and the messages that nobody has any more. */
export async function prune(path: string, { keep, olderThan, vacuum, json }: PruneOptions): Promise<number> {
  const query = {
    ...(keep === undefined ? {} : { keep: countOf(keep) }),
    ...(olderThan === undefined ? {} : { olderThan: momentOf(olderThan, new Date()) }),
  }
  if (keep === undefined && olderThan === undefined) {
    throw new BraidError('invalid_request', 'what may go? braid prune <db> --keep 100, or --older-than 30d, or both')
  }
  await using session = await Session.open(path)
  const pruned = await session.prune(query)
  if (vacuum) await session.vacuum()
  const { bytes, freeBytes } = await session.stats()
  if (json) console.log(jsonLine({ ...pruned, bytes, freeBytes }))
  else {
    console.log(`removed ${counted(pruned.runs, 'run')} and ${counted(pruned.messages, 'message')}`)
    console.log(
      `the file has ${bytesText(bytes)}, ${bytesText(freeBytes)} of it free${vacuum ? '' : '; --vacuum gives them back'}`,
    )
  }
  return 0
}

function countOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new BraidError('invalid_request', `expected --keep with how many runs stay, such as 100; got "${text}"`)
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30d`, `12h` and `5m` ago, or a date. */
function momentOf(text: string, now: Date): Date {
  const [, count, unit] = /^(\d{1,6})([mhd])$/.exec(text) ?? []
  if (count !== undefined && unit !== undefined) return new Date(now.getTime() - Number(count) * (UNITS[unit] ?? 0))
  const date = new Date(text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(date.getTime())) return date
  throw new BraidError(
    'invalid_request',
    `expected --older-than with an age such as 30d, 12h or 5m, or a date such as 2026-01-31; got "${text}"`,
  )
}
