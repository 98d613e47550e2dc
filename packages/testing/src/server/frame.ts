/** What an `application/vnd.amazon.eventstream` message takes at least: prelude, its checksum, the checksum of the whole. */
const SMALLEST_EVENT = 16

/**
 * Cuts a recorded body into the frames of its content type. Joined, they are the body, byte for byte; what follows the last whole
 * frame is one more. Where a content type has no frames, the body is one.
 */
export function framesOf(bytes: Uint8Array, contentType: string): readonly Uint8Array[] {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const ends = contentType.startsWith('text/event-stream')
    ? textEnds(body, /(?:\r\n|\n|\r(?!\n)){2,}/g, 'after')
    : /^application\/(?:x-ndjson|jsonl)/.test(contentType)
      ? textEnds(body, /\n+/g, 'after')
      : contentType.startsWith('application/vnd.amazon.eventstream')
        ? eventEnds(body)
        : contentType.startsWith('application/json') && body[0] === 0x5b
          ? textEnds(body, /\n?,\r\n(?=\{)|(?<=\n)\]/g, 'before')
          : []
  const frames: Uint8Array[] = []
  let start = 0
  for (const end of [...ends, body.length]) {
    if (end > start) frames.push(body.subarray(start, end))
    start = end
  }
  return frames
}

/** Latin 1 has one character per byte, so that offsets in the text are offsets in the bytes. */
function* textEnds(body: Buffer, separator: RegExp, side: 'before' | 'after'): Generator<number> {
  for (const match of body.toString('latin1').matchAll(separator)) {
    yield side === 'before' ? match.index : match.index + match[0].length
  }
}

/** https://smithy.io/2.0/aws/amazon-eventstream.html: each message begins with its own length, big-endian. */
function* eventEnds(body: Buffer): Generator<number> {
  let end = 0
  while (end + SMALLEST_EVENT <= body.length) {
    const length = body.readUInt32BE(end)
    // A length that cannot be is a corrupt recording: replayed as it is, without looking for more frames.
    if (length < SMALLEST_EVENT || end + length > body.length) return
    end += length
    yield end
  }
}
