import { BraidError } from '@braid/core'
import type { ManifestData } from './manifest-data.ts'
import { providerErrorOf } from './provider-error.ts'

/**
 * Why the bytes are not a whole answer. A body of another kind, which is in `foreign`, says so instead of looking like a stream that
 * stopped.
 */
export function incompleteAnswer(data: ManifestData, foreign: string, frames: number): BraidError {
  if (foreign.startsWith('{') || foreign.startsWith('[')) {
    const body = parse(foreign)
    if (body !== undefined) {
      if (hasError(body)) return providerErrorOf(data, body, { where: 'instead of a stream' })
      return new BraidError(
        'malformed_frame',
        `${data.id}: expected a stream of events, found plain JSON. Was streaming asked for?`,
      )
    }
  }
  if (foreign !== '') {
    const kind = foreign.startsWith('<') ? 'a web page' : 'text of another kind'
    return new BraidError(
      'malformed_frame',
      `${data.id}: expected a stream of events, found ${kind}. Check the address.`,
    )
  }
  return new BraidError(
    'stream_truncated',
    `${data.id}: expected the stream to reach its end (${END[data.streaming.completion]}), it stopped after ${frames} frames. ` +
      'What came is kept; the request may be tried again.',
  )
}

const END = {
  finish_reason: 'a finish reason for every candidate',
  stop_event: 'its terminal event',
  clean_end: 'a whole last frame',
} as const satisfies Record<ManifestData['streaming']['completion'], string>

/** The body, or the first of several, as Google wraps an error. Undefined where it is no JSON. */
function parse(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text)
    return Array.isArray(body) ? body[0] : body
  } catch {
    return undefined
  }
}

function hasError(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body
}
