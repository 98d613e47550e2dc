import { asBraidError, newId } from '@braid/core'
import type { OnWire } from './call.ts'
import type { Head } from './transport/exchange.ts'
import type { HttpRequest } from './transport/http-request.ts'

/**
 * What goes over the wire, as it goes. `id` is the same for all of one request. Prompts and answers are in it; of headers and query parameters
 * that are not known to be harmless there is only the name, so a key is not.
 */
export type WireEvent =
  | {
      readonly type: 'request'
      readonly id: string
      readonly url: string
      readonly headers: Readonly<Record<string, string>>
      readonly body: string
    }
  | {
      readonly type: 'response'
      readonly id: string
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
    }
  /** A piece of the answer, as the network cut it. */
  | { readonly type: 'bytes'; readonly id: string; readonly bytes: Uint8Array }

/** Told of every {@link WireEvent}. */
export type DebugSink = (event: WireEvent) => void

const HARMLESS =
  /^(accept|anthropic-(beta|version|ratelimit-.*)|cf-ray|connection|content-(encoding|length|type)|date|openai-(beta|processing-ms|version)|(x-)?request-id|retry-after(-ms)?|server|transfer-encoding|user-agent|x-(should-retry|ratelimit-.*))$/
const HARMLESS_QUERY: ReadonlySet<string> = new Set(['alt', 'api-version'])
const HIDDEN = '[hidden]'

/** What one request tells the sink. */
export function wireOf(debug: DebugSink): OnWire {
  const id = newId()
  const tell = (event: WireEvent): void => {
    try {
      debug(event)
    } catch (error) {
      // It looks on from inside the transport, where nobody could make anything of what it throws.
      process.emitWarning(`the debug sink threw: ${asBraidError(error, 'unknown').message}; the call goes on`, {
        code: 'BRAID_HOOK',
      })
    }
  }
  return {
    request: ({ origin, path, headers, body }) =>
      tell({ type: 'request', id, url: shownUrl(origin, path), headers: shownHeaders(headers), body }),
    head: ({ status, headers }) => tell({ type: 'response', id, status, headers: shownHeaders(headers) }),
    bytes: (bytes) => tell({ type: 'bytes', id, bytes }),
  }
}

function shownUrl(origin: HttpRequest['origin'], path: string): string {
  const url = new URL(path, origin)
  for (const name of [...url.searchParams.keys()]) {
    if (!HARMLESS_QUERY.has(name)) url.searchParams.set(name, HIDDEN)
  }
  return url.href
}

function shownHeaders(headers: Head['headers']): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) shown[name] = HARMLESS.test(name.toLowerCase()) ? String(value) : HIDDEN
  }
  return shown
}
