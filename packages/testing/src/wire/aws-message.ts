import { crc32 } from 'node:zlib'
import type { JsonObject } from './json.ts'

/**
 * One message of an AWS event stream: its lengths and their checksum, headers, the payload, and a checksum of all of it.
 * https://smithy.io/2.0/aws/amazon-eventstream.html
 */
export function awsMessage(kind: 'event' | 'exception', type: string, payload: JsonObject): Uint8Array {
  const headers = Buffer.concat([
    header(`:${kind}-type`, type),
    header(':content-type', 'application/json'),
    header(':message-type', kind),
  ])
  const body = Buffer.from(JSON.stringify(payload))
  const message = Buffer.alloc(16 + headers.length + body.length)
  message.writeUInt32BE(message.length, 0)
  message.writeUInt32BE(headers.length, 4)
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8)
  headers.copy(message, 12)
  body.copy(message, 12 + headers.length)
  message.writeUInt32BE(crc32(message.subarray(0, message.length - 4)), message.length - 4)
  return message
}

/** The type 7 is text. */
function header(name: string, value: string): Buffer {
  const head = Buffer.alloc(4 + name.length)
  head.writeUInt8(name.length, 0)
  head.write(name, 1, 'latin1')
  head.writeUInt8(7, 1 + name.length)
  head.writeUInt16BE(value.length, 2 + name.length)
  return Buffer.concat([head, Buffer.from(value, 'latin1')])
}
