import type { Socket } from 'node:net'
import { BraidError } from '@braid/core'
import { Client } from 'undici'

/**
 * A way through a proxy: `socket` is connected to it, and what comes back is the same socket, connected to `target` (a host and a port). Ending it is its owner's.
 * Throws `connection_failed` where the proxy refuses.
 */
export async function tunnel(proxy: URL, socket: Socket, target: string): Promise<Socket> {
  const client = new Client(proxy.origin, {
    // Later: undici 7.30.2 never sends what waits for a connection that is there at once.
    connect: (_, done) => setImmediate(done, null, socket),
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  try {
    const { statusCode, socket: through } = await client.connect({ path: target, headers: headersOf(proxy, target) })
    if (statusCode === 200) return through as Socket
    through.destroy()
    throw refusal(proxy, target, String(statusCode))
  } catch (error) {
    // undici takes a refusal for an answer to a request of another kind, and fails.
    throw error instanceof BraidError
      ? error
      : refusal(proxy, target, error instanceof Error ? error.message : 'unknown', error)
  }
}

function refusal(proxy: URL, target: string, what: string, cause?: unknown): BraidError {
  return new BraidError(
    'connection_failed',
    `expected a tunnel to ${target} from the proxy ${proxy.host}; it gave none (${what}). Is the proxy right, and does it want a name and a password?`,
    { cause, retryable: false },
  )
}

function headersOf(proxy: URL, target: string): Record<string, string> {
  const host = { host: target }
  if (proxy.username === '' && proxy.password === '') return host
  const told = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`
  return { ...host, 'proxy-authorization': `Basic ${Buffer.from(told).toString('base64')}` }
}
