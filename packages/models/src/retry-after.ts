import type { Head } from './transport/exchange.ts'

/**
 * Milliseconds that a server asks to wait: `retry-after-ms`, as OpenAI sends it, or `Retry-After` in seconds or as a date (RFC 9110, section
 * 10.2.3). Undefined where it asks for nothing that can be read.
 */
export function retryAfterMs(headers: Head['headers'], now: number): number | undefined {
  const exact = number(headers['retry-after-ms'])
  if (exact !== undefined) return exact
  const header = headers['retry-after']
  const seconds = number(header)
  if (seconds !== undefined) return seconds * 1000
  const date = typeof header === 'string' ? Date.parse(header) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function number(header: Head['headers'][string]): number | undefined {
  if (typeof header !== 'string' || !/^\s*\d+(\.\d+)?\s*$/.test(header)) return undefined
  return Number(header)
}
