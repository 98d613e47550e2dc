import { BraidError } from '@braid/core'

/** A header's value: `bigint` for 64-bit integers, `Date` for timestamps, a UUID as text. */
export type EventStreamHeader = boolean | number | bigint | string | Date | Uint8Array

/**
 * Reads a message's header block. Every type that the format has; anything else is `malformed_frame`.
 * Source: smithy.io/2.0/aws/amazon-eventstream.html
 */
export function readEventStreamHeaders(block: Buffer): ReadonlyMap<string, EventStreamHeader> {
  const headers = new Map<string, EventStreamHeader>()
  let at = 0
  /** Where the next `length` bytes begin; moves on behind them. */
  const take = (length: number): number => {
    const from = at
    at += length
    if (at > block.length) throw badHeaders('a header that goes beyond its block')
    return from
  }
  const takeSized = (): Buffer => {
    const length = block.readUInt16BE(take(2))
    const from = take(length)
    return block.subarray(from, from + length)
  }
  const value = (type: number): EventStreamHeader => {
    switch (type) {
      case 0:
        return true
      case 1:
        return false
      case 2:
        return block.readInt8(take(1))
      case 3:
        return block.readInt16BE(take(2))
      case 4:
        return block.readInt32BE(take(4))
      case 5:
        return block.readBigInt64BE(take(8))
      case 6:
        return Uint8Array.from(takeSized())
      case 7:
        return takeSized().toString('utf8')
      case 8:
        return new Date(Number(block.readBigInt64BE(take(8))))
      case 9:
        return uuid(block.toString('hex', take(16), at))
      default:
        throw badHeaders(`a header of type ${type}`)
    }
  }
  while (at < block.length) {
    const length = block.readUInt8(take(1))
    if (length === 0) throw badHeaders('a header without a name')
    const name = block.toString('utf8', take(length), at)
    headers.set(name, value(block.readUInt8(take(1))))
  }
  return headers
}

function uuid(hex: string): string {
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

function badHeaders(found: string): BraidError {
  return new BraidError(
    'malformed_frame',
    `Expected the headers of an AWS event-stream message, found ${found}. What came before it is kept; the request may be tried again.`,
    { retryable: true },
  )
}
