import type { IncomingHttpHeaders } from 'node:http'

const KEY_HEADERS = ['authorization', 'x-api-key', 'x-goog-api-key', 'api-key'] as const
const SECRET: ReadonlySet<string> = new Set([...KEY_HEADERS, 'proxy-authorization', 'cookie', 'x-amz-security-token'])

/** What stands in a record where a secret was: that it came, not what it was. */
const PRESENT = '[present]'

/** The key that a request carries: as a bearer token, in one of the providers' headers, or as `?key=`. */
export function keyOf(headers: IncomingHttpHeaders, url: URL): string | undefined {
  for (const name of KEY_HEADERS) {
    const value = headers[name]
    if (typeof value === 'string' && value !== '') return value.replace(/^Bearer\s+/i, '')
  }
  return url.searchParams.get('key') ?? undefined
}

/** Headers as they may be kept and shown. */
export function withoutSecrets(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) kept[name] = SECRET.has(name) ? PRESENT : Array.isArray(value) ? value.join(', ') : value
  }
  return kept
}

/** A path and query as they may be kept and shown. */
export function pathWithoutSecrets(url: URL): string {
  if (!url.searchParams.has('key')) return url.pathname + url.search
  const shown = new URL(url)
  shown.searchParams.delete('key')
  return `${shown.pathname}${shown.search}${shown.search === '' ? '?' : '&'}key=${PRESENT}`
}
