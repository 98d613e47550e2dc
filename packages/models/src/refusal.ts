import { BraidError } from '@braid/core'
import { type Manifest, providerError, retryAfterMs } from '@braid/stream'
import type { Call } from './call.ts'
import type { Exchange, Head } from './transport/exchange.ts'

/** Bytes of an error's body that are looked at. */
const ERROR_LIMIT = 256 * 1024
/** Bytes of a plain answer, at most. */
const PLAIN_LIMIT = 64 * 1024 * 1024

/** The error that an answer with a status other than 2xx is. Its message quotes no text of the provider's, which may repeat prompts and keys. */
export async function refusal(manifest: Manifest, call: Call, head: Head, exchange: Exchange): Promise<BraidError> {
  if (head.status >= 300 && head.status < 400) return redirected(call, head)
  const bytes = await readAll(exchange, ERROR_LIMIT)
  const retryAfter = retryAfterMs((name) => head.headers[name], Date.now())
  return providerError(manifest, bytes === undefined ? undefined : parse(bytes), {
    status: head.status,
    where: `for the model ${call.model}`,
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter }),
    ...retryable(head),
  })
}

/** What OpenAI and Anthropic know better than their statuses say, and their own clients heed. */
function retryable(head: Head): { readonly retryable?: boolean } {
  const says = single(head, 'x-should-retry')
  return says === 'true' || says === 'false' ? { retryable: says === 'true' } : {}
}

/** A plain answer's body. Throws `malformed_frame` for what is no JSON, `stream_truncated` for nothing at all. */
export async function readJson(call: Call, head: Head, exchange: Exchange): Promise<unknown> {
  const bytes = await readAll(exchange, PLAIN_LIMIT)
  if (bytes === undefined) {
    throw new BraidError(
      'frame_too_large',
      `expected an answer from ${name(call)} of at most ${PLAIN_LIMIT} bytes; more came. Ask for a stream, or for less`,
    )
  }
  if (bytes.length === 0) {
    throw new BraidError(
      'stream_truncated',
      `expected an answer from ${name(call)}; it is empty, with HTTP ${head.status}. Is the base URL right?`,
    )
  }
  const body = parse(bytes)
  if (body === undefined) {
    const mediaType = mediaTypeOf(head)
    throw mediaType === 'application/json'
      ? damaged(call, head.status, bytes.length)
      : unexpectedBody(call, head.status, mediaType)
  }
  return body
}

/** A 2xx answer that is no answer of a model: a login page, a proxy's apology. */
export function unexpectedBody(call: Call, status: number, mediaType: string): BraidError {
  return new BraidError(
    'malformed_frame',
    `expected ${call.stream ? 'a stream' : 'JSON'} from ${name(call)}; got ${mediaType === '' ? 'something else' : mediaType} with HTTP ${status}. Is the base URL right, and is a proxy in between?`,
    { status },
  )
}

/** It calls itself JSON and is none: cut off, or changed on its way. Nothing of it was shown, so it may be asked for again. */
function damaged(call: Call, status: number, length: number): BraidError {
  return new BraidError(
    'malformed_frame',
    `expected JSON from ${name(call)}; got ${length} bytes that do not parse, with HTTP ${status}: the answer was cut off or damaged on its way. Try again`,
    { status, retryable: true },
  )
}

export function mediaTypeOf(head: Head): string {
  return single(head, 'content-type').split(';', 1)[0]!.trim().toLowerCase()
}

/** A redirect is not followed: the key would go along, to wherever it points. */
function redirected(call: Call, head: Head): BraidError {
  const location = single(head, 'location')
  // Without its query, which may repeat a key.
  const to = URL.canParse(location) ? `${new URL(location).origin}${new URL(location).pathname}` : 'another address'
  return new BraidError(
    'invalid_request',
    `expected an answer from ${name(call)}; got a redirect to ${to} with HTTP ${head.status}, which is not followed, because the key would go with it. If that is where the provider is, say so in \`baseUrl\``,
    { status: head.status },
  )
}

/** Undefined when there is more than `limit`; the rest is not read. */
async function readAll(exchange: Exchange, limit: number): Promise<Buffer | undefined> {
  const all: Uint8Array[] = []
  let length = 0
  for (;;) {
    const reads = await exchange.read()
    if (reads === undefined) return Buffer.concat(all, length)
    for (const bytes of reads) {
      all.push(bytes)
      length += bytes.length
    }
    if (length > limit) return undefined
  }
}

/** Undefined for what is no JSON. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}

function single(head: Head, header: string): string {
  const value = head.headers[header]
  return (typeof value === 'string' ? value : value?.[0]) ?? ''
}

function name(call: Call): string {
  return `${call.provider}/${call.model}`
}
