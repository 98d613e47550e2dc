import { BraidError, type ModelChunk } from '@braid/core'
import { Answer } from './answer/answer.ts'
import type { Manifest } from './manifest.ts'
import { providerErrorOf } from './provider-error.ts'

/**
 * A plain answer's parsed JSON body as the chunks that a stream would have given: start, blocks with one delta each, `finish`.
 * Throws what the provider reported when the body is an error, and `malformed_frame` when it is no answer.
 *
 * @example
 * for (const chunk of readResponse(manifest, JSON.parse(body))) if (chunk.type === 'text-delta') console.log(chunk.data)
 */
export function readResponse(manifest: Manifest, body: unknown): readonly ModelChunk[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw noAnswer(manifest, body)
  const answer = new Answer(manifest.protocol)
  manifest.protocol.response(body, answer)
  if (!answer.started) throw 'error' in body ? providerErrorOf(manifest.data, body, {}) : noAnswer(manifest, body)
  answer.end()
  return answer.take()
}

function noAnswer(manifest: Manifest, body: unknown): BraidError {
  const found = Array.isArray(body)
    ? 'an array'
    : body === null
      ? 'null'
      : typeof body === 'object'
        ? 'an object without one'
        : `a ${typeof body}`
  return new BraidError(
    'malformed_frame',
    `${manifest.id}: expected the JSON object of an answer, found ${found}. Check the address: it may belong to another API.`,
  )
}
