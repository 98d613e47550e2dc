/**
 * Milliseconds that a server asks to wait: `retry-after-ms`, as OpenAI sends it, or `Retry-After` in seconds or as a date (RFC 9110, section
 * 10.2.3). Undefined where it asks for nothing that can be read.
 */
export function retryAfterMs(header: (name: string) => unknown, now: number): number | undefined {
  const exact = number(header('retry-after-ms'))
  if (exact !== undefined) return exact
  const after = header('retry-after')
  const seconds = number(after)
  if (seconds !== undefined) return seconds * 1000
  const date = typeof after === 'string' ? Date.parse(after) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

function number(header: unknown): number | undefined {
  if (typeof header !== 'string' || !/^\s*\d+(\.\d+)?\s*$/.test(header)) return undefined
  return Number(header)
}
