import { BraidError } from '@braid/core'

/** Anything as one line of JSON for programs: dates as ISO 8601, bytes as base64, errors as code and message. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'bigint') return String(each)
    if (each instanceof BraidError) return { code: each.code, message: each.message }
    if (each instanceof Error) return { message: each.message }
    if (each instanceof Uint8Array) return Buffer.from(each).toString('base64')
    return each
  })
}
