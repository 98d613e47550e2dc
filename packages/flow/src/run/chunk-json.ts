import { BraidError, type Chunk } from '@braid/core'

/**
 * A chunk as JSON, for a reader elsewhere: without its `metadata` and `rawResponse`, which are for whoever is here; an error as its code, its
 * message and what it says beside them; bytes in base64. What cannot be JSON is left out.
 */
export function chunkJson(operationId: string, chunk: Chunk): string {
  const { metadata: _, rawResponse: __, ...fields } = chunk
  return `{"operationId":${JSON.stringify(operationId)},"chunk":${json(fields)}}`
}

/** An object as JSON, without those of its fields that cannot be: a result may be circular, or have a getter that throws. */
export function json(fields: object): string {
  try {
    return JSON.stringify(fields, plain)
  } catch {
    return JSON.stringify(Object.fromEntries(Object.entries(fields).filter(([, value]) => isSayable(value))), plain)
  }
}

function isSayable(value: unknown): boolean {
  try {
    JSON.stringify(value, plain)
    return true
  } catch {
    return false
  }
}

/** Without its stack, its cause and the results that it keeps. */
function plainError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  if (!(error instanceof BraidError)) return { name: error.name, message: error.message }
  const { code, message, retryable, operationId, status, attempts, retryAfterMs, issues, errors } = error
  return { code, message, retryable, operationId, status, attempts, retryAfterMs, issues, errors }
}

/** For `JSON.stringify`. What has a `toJSON`, as buffers and dates do, comes as what that gave: `this` has the value itself. */
function plain(this: unknown, key: string, given: unknown): unknown {
  const value = (this as Readonly<Record<string, unknown>>)[key]
  if (value instanceof Error) return plainError(value)
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64')
  return typeof given === 'bigint' ? String(given) : given
}
