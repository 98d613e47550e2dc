import { BraidError, type ModelChunk } from '@braid/core'
import type { Manifest } from '../manifest.ts'
import { providerError } from '../provider-error.ts'
import { readResponse } from '../response.ts'
import { retryAfterMs } from '../retry-after.ts'
import type { ResponseLike } from './source.ts'

/** Bytes of an error's body that are looked at. */
const ERROR_LIMIT = 256 * 1024
/** Bytes of a plain answer, at most. */
const PLAIN_LIMIT = 64 * 1024 * 1024

/** What a Response says when it is no stream: throws for a status that is no success, and reads a plain answer. Undefined for a stream. */
export async function plainAnswer(
  manifest: Manifest,
  response: ResponseLike,
  read: () => Promise<Uint8Array | undefined>,
): Promise<readonly ModelChunk[] | undefined> {
  const { status, headers } = response
  if (status < 200 || status > 299) {
    const body = await readAll(read, ERROR_LIMIT)
    const wait = retryAfterMs((name) => headers.get(name), Date.now())
    throw providerError(manifest, body === undefined ? undefined : parse(body), {
      status,
      ...(wait === undefined ? {} : { retryAfterMs: wait }),
    })
  }
  const mediaType = (headers.get('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
  // Gemini without `alt=sse` streams one JSON array under the type of a plain answer.
  const array = ['gemini_json', 'json_array'].includes(manifest.data.streaming.decoder.format)
  if (mediaType !== 'application/json' || array) return undefined
  const body = await readAll(read, PLAIN_LIMIT)
  if (body === undefined) {
    throw new BraidError(
      'frame_too_large',
      `expected a plain answer of at most ${PLAIN_LIMIT} bytes; more came. Ask for a stream`,
    )
  }
  return readResponse(manifest, parse(body))
}

/** Undefined when there is more than `limit`; the rest is not read. */
async function readAll(read: () => Promise<Uint8Array | undefined>, limit: number): Promise<Buffer | undefined> {
  const all: Uint8Array[] = []
  let length = 0
  for (let bytes = await read(); bytes !== undefined; bytes = await read()) {
    all.push(bytes)
    length += bytes.length
    if (length > limit) return undefined
  }
  return Buffer.concat(all, length)
}

/** Undefined for what is no JSON. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    return undefined
  }
}
