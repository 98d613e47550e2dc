import { crc32 } from 'node:zlib'
import { BraidError } from '@braid/core'
import { type EventStreamHeader, readEventStreamHeaders } from './event-stream-headers.ts'
import { frameTooLarge } from './frame-size.ts'

/** One message of an AWS event stream. `payload` is a view that holds until the next read. */
export interface EventStreamMessage {
  readonly headers: ReadonlyMap<string, EventStreamHeader>
  readonly payload: Buffer
}

/** Total length, length of the headers, checksum of these eight bytes. */
const PRELUDE = 12
/** The checksum of everything before it. */
const TRAILER = 4
/** The format's own bound on a header block. */
const HEADER_BYTES = 128 * 1024
const FOREIGN_BYTES = 64 * 1024
const EMPTY = Buffer.alloc(0)
const NO_HEADERS: ReadonlyMap<string, EventStreamHeader> = new Map()

/**
 * Cuts an AWS event stream into messages. Nothing of a message is believed, and no room is made for it, before the checksum of its
 * first twelve bytes is right and its length is within the limit.
 *
 * Source: smithy.io/2.0/aws/amazon-eventstream.html
 */
export class EventStreamReader {
  readonly #onMessage: (message: EventStreamMessage) => void
  readonly #payloadBytes: number
  readonly #prelude = Buffer.alloc(PRELUDE)
  /** The message that earlier reads began, with room for all of it, once its prelude is whole. */
  #begun = EMPTY
  /** How many bytes of that message are there. */
  #have = 0
  #any = false
  #foreign = EMPTY
  /** The last header block, and what it says: a stream has a handful of them, in long runs. */
  #block = EMPTY
  #headers = NO_HEADERS

  constructor(onMessage: (message: EventStreamMessage) => void, payloadBytes: number) {
    this.#onMessage = onMessage
    this.#payloadBytes = payloadBytes
  }

  /** Whether the bytes so far end inside a message. */
  get torn(): boolean {
    return this.#have > 0
  }

  /** The beginning of a body that is text and no event stream, such as an error in JSON or a web page. */
  get foreign(): string {
    const text = this.#any ? EMPTY : this.#foreign.length > 0 ? this.#foreign : this.#prelude.subarray(0, this.#have)
    return beginsText(text) ? text.toString('utf8') : ''
  }

  push(bytes: Uint8Array): void {
    const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (this.#foreign.length > 0) {
      this.#moreForeign(buffer)
      return
    }
    let at = this.#goOn(buffer)
    while (buffer.length - at >= PRELUDE) {
      const total = this.#totalOf(buffer, at)
      if (total === undefined) {
        this.#moreForeign(buffer.subarray(at))
        return
      }
      if (buffer.length - at < total) {
        this.#begin(buffer, at, total)
        return
      }
      this.#message(buffer, at, total)
      at += total
    }
    if (at < buffer.length) this.#have = buffer.copy(this.#prelude, 0, at)
  }

  /** Adds to the message that earlier reads began. Gives how many bytes it took. */
  #goOn(buffer: Buffer): number {
    if (this.#have === 0) return 0
    let at = 0
    if (this.#begun.length === 0) {
      at = buffer.copy(this.#prelude, this.#have, 0)
      this.#have += at
      if (this.#have < PRELUDE) return at
      const total = this.#totalOf(this.#prelude, 0)
      if (total === undefined) {
        this.#have = 0
        this.#moreForeign(Buffer.concat([this.#prelude, buffer.subarray(at)]))
        return buffer.length
      }
      this.#begin(this.#prelude, 0, total)
    }
    const taken = buffer.copy(this.#begun, this.#have, at)
    this.#have += taken
    if (this.#have < this.#begun.length) return at + taken
    const whole = this.#begun
    this.#begun = EMPTY
    this.#have = 0
    this.#message(whole, 0, whole.length)
    return at + taken
  }

  #begin(buffer: Buffer, at: number, total: number): void {
    this.#begun = Buffer.allocUnsafe(total)
    this.#have = buffer.copy(this.#begun, 0, at)
  }

  /** The length of the message that begins here. Undefined where this is the beginning of a text. */
  #totalOf(buffer: Buffer, at: number): number | undefined {
    if (crc32(buffer.subarray(at, at + 8)) !== buffer.readUInt32BE(at + 8)) {
      if (!this.#any && beginsText(buffer.subarray(at))) return undefined
      throw malformed('a message whose first checksum is wrong')
    }
    const total = buffer.readUInt32BE(at)
    const headers = buffer.readUInt32BE(at + 4)
    const payload = total - headers - PRELUDE - TRAILER
    if (payload < 0 || headers > HEADER_BYTES) throw malformed(`a message of ${total} bytes with ${headers} of headers`)
    if (payload > this.#payloadBytes) throw frameTooLarge(this.#payloadBytes)
    return total
  }

  #message(buffer: Buffer, at: number, total: number): void {
    const end = at + total - TRAILER
    if (crc32(buffer.subarray(at, end)) !== buffer.readUInt32BE(end)) {
      throw malformed('a message whose checksum is wrong')
    }
    this.#any = true
    const headersAt = at + PRELUDE
    const payloadAt = headersAt + buffer.readUInt32BE(at + 4)
    if (this.#block.compare(buffer, headersAt, payloadAt) !== 0) {
      this.#block = Buffer.from(buffer.subarray(headersAt, payloadAt))
      this.#headers = readEventStreamHeaders(this.#block)
    }
    this.#onMessage({ headers: this.#headers, payload: buffer.subarray(payloadAt, end) })
  }

  #moreForeign(bytes: Buffer): void {
    const room = FOREIGN_BYTES - this.#foreign.length
    if (room > 0) this.#foreign = Buffer.concat([this.#foreign, bytes.subarray(0, room)])
  }
}

/** A brace, a bracket, an angle or white space: as a length, each would be more than 150 MB. */
function beginsText(bytes: Buffer): boolean {
  const first = bytes[0]
  return first !== undefined && '{[< \t\r\n'.includes(String.fromCharCode(first))
}

function malformed(found: string): BraidError {
  return new BraidError(
    'malformed_frame',
    `Expected an AWS event stream, found ${found}. What came before it is kept; the request may be tried again.`,
    { retryable: true },
  )
}
