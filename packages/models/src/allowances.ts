import type { ManifestData } from '@braid/stream'
import type { Allowance, Allowances } from './policies/policy.ts'
import type { Head } from './transport/exchange.ts'

type Names = NonNullable<ManifestData['rate_limit_headers']>

/** What an answer's head says may still be sent, by the headers that the manifest names. `now` is the time of day, in milliseconds. */
export function allowancesOf(names: Names, { headers }: Head, now: number): Allowances | undefined {
  const read = (of: 'requests' | 'tokens') => {
    const header = (what: 'limit' | 'remaining' | 'reset') => headers[names[`${of}_${what}`] ?? '']
    return allowance(count(header('remaining')), count(header('limit')), resetMs(header('reset'), now))
  }
  const requests = read('requests')
  const tokens = read('tokens')
  if (requests === undefined && tokens === undefined) return undefined
  return { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) }
}

/** What may be sent is worth nothing without the time for which that holds. */
function allowance(
  remaining: number | undefined,
  limit: number | undefined,
  reset: number | undefined,
): Allowance | undefined {
  if (remaining === undefined || reset === undefined) return undefined
  return { remaining, resetMs: reset, ...(limit === undefined ? {} : { limit }) }
}

function count(header: unknown): number | undefined {
  return typeof header === 'string' && /^\d+$/.test(header) ? Number(header) : undefined
}

const UNITS = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 } as const
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|h|m|s))+$/

/** OpenAI says `6m0s` or `120ms`, others say seconds, Anthropic a time (RFC 3339). */
function resetMs(header: unknown, now: number): number | undefined {
  if (typeof header !== 'string' || header === '') return undefined
  if (/^\d+(\.\d+)?$/.test(header)) return Number(header) * UNITS.s
  if (DURATION.test(header)) {
    let sum = 0
    for (const [, amount, unit] of header.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)) {
      sum += Number(amount) * UNITS[unit as keyof typeof UNITS]
    }
    return sum
  }
  const at = Date.parse(header)
  return Number.isNaN(at) ? undefined : Math.max(0, at - now)
}
