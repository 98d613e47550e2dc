import { crc32 } from 'node:zlib'

/** A header as its type's number and the bytes of its value. */
export type RawHeader = readonly [type: number, value: Uint8Array]

/** One message of an AWS event stream. A header that is text is of type 7. */
export function awsMessage(
  headers: Readonly<Record<string, string | RawHeader>>,
  payload: string | Uint8Array,
): Buffer {
  const block = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)))
  const body = Buffer.from(payload)
  const total = 12 + block.length + body.length + 4
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(total, 0)
  prelude.writeUInt32BE(block.length, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  const message = Buffer.concat([prelude, block, body, Buffer.alloc(4)])
  message.writeUInt32BE(crc32(message.subarray(0, total - 4)), total - 4)
  return message
}

/** The first twelve bytes of a message that says it is this long, with the right checksum. */
export function awsPrelude(total: number, headers: number): Buffer {
  const prelude = Buffer.alloc(12)
  prelude.writeUInt32BE(total, 0)
  prelude.writeUInt32BE(headers, 4)
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8)
  return prelude
}

export function awsEvent(type: string, data: object): Buffer {
  return awsMessage(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(data),
  )
}

export function awsException(type: string, data: object): Buffer {
  return awsMessage(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify(data),
  )
}

/** An event of InvokeModelWithResponseStream or InvokeAgent. */
export function awsChunk(inner: object | string): Buffer {
  const text = typeof inner === 'string' ? inner : JSON.stringify(inner)
  return awsEvent('chunk', { bytes: Buffer.from(text).toString('base64'), p: 'abc' })
}

/** Converse's events of one text, without its end. */
export function converseText(...pieces: string[]): Buffer {
  return Buffer.concat([
    awsEvent('messageStart', { role: 'assistant', p: 'abcd' }),
    ...pieces.map((text) => awsEvent('contentBlockDelta', { contentBlockIndex: 0, delta: { text }, p: 'ab' })),
    awsEvent('contentBlockStop', { contentBlockIndex: 0 }),
  ])
}

export function converseEnd(stopReason = 'end_turn'): Buffer {
  return Buffer.concat([
    awsEvent('messageStop', { stopReason }),
    awsEvent('metadata', { usage: { inputTokens: 3, outputTokens: 2, totalTokens: 5 }, metrics: { latencyMs: 7 } }),
  ])
}

function header(name: string, value: string | RawHeader): Buffer {
  const [type, bytes] = typeof value === 'string' ? ([7, sized(Buffer.from(value))] as const) : value
  return Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name), Buffer.from([type]), bytes])
}

/** With its length before it, as the types 6 and 7 have it. */
export function sized(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(bytes.length)
  return Buffer.concat([length, bytes])
}
