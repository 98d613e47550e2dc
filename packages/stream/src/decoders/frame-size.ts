import { BraidError } from '@braid/core'

/** A character is at most three bytes of UTF-8 per UTF-16 unit, so most frames are measured without being encoded. */
const BYTES_PER_UNIT = 3

/** Throws `frame_too_large` when the text has more bytes than a frame may have. */
export function checkFrameSize(text: string, frameBytes: number): void {
  if (text.length * BYTES_PER_UNIT > frameBytes && Buffer.byteLength(text) > frameBytes) throw frameTooLarge(frameBytes)
}

export function frameTooLarge(frameBytes: number): BraidError {
  return new BraidError(
    'frame_too_large',
    `Expected frames of at most ${frameBytes} bytes, a larger one is arriving. Set limits.frameBytes if the provider really sends such frames.`,
  )
}
