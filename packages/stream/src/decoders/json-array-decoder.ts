import { BraidError } from '@braid/core'
import type { Decoder, FrameSink } from './decoder.ts'
import { checkFrameSize, frameTooLarge } from './frame-size.ts'
import { Utf8 } from './utf8.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** Between the objects of the array. */
const BETWEEN: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0x2c, OPEN_BRACKET, CLOSE_BRACKET])

/**
 * One JSON array of objects that arrives piece by piece, as Gemini streams without `alt=sse`. Each object is a frame as soon as its
 * last brace is there. One object alone, as errors come, is a frame too.
 */
export class JsonArrayDecoder implements Decoder {
  readonly foreign = ''
  readonly #sink: FrameSink
  readonly #frameBytes: number
  readonly #utf8 = new Utf8()
  /** The beginning of an object. */
  #rest = ''
  #depth = 0
  #inString = false
  #escaped = false

  constructor(sink: FrameSink, frameBytes: number) {
    this.#sink = sink
    this.#frameBytes = frameBytes
  }

  push(bytes: Uint8Array): void {
    this.#scan(this.#utf8.push(bytes))
    if (this.#rest.length > this.#frameBytes) throw frameTooLarge(this.#frameBytes)
  }

  /** An object without its last brace is no frame. */
  end(): void {}

  #scan(text: string): void {
    let from = 0
    for (let at = 0; at < text.length; at++) {
      const char = text.charCodeAt(at)
      if (this.#depth === 0) {
        if (char === OPEN_BRACE) {
          this.#depth = 1
          from = at
        } else if (!BETWEEN.has(char)) throw notAnArray()
      } else if (this.#escaped) this.#escaped = false
      else if (this.#inString) {
        if (char === QUOTE) this.#inString = false
        else if (char === BACKSLASH) this.#escaped = true
      } else if (char === QUOTE) this.#inString = true
      else if (char === OPEN_BRACE || char === OPEN_BRACKET) this.#depth += 1
      else if (char === CLOSE_BRACE || char === CLOSE_BRACKET) {
        this.#depth -= 1
        if (this.#depth > 0) continue
        const frame = this.#rest + text.slice(from, at + 1)
        this.#rest = ''
        checkFrameSize(frame, this.#frameBytes)
        this.#sink.frame(frame, undefined)
      }
    }
    if (this.#depth > 0) this.#rest += text.slice(from)
  }
}

function notAnArray(): BraidError {
  return new BraidError(
    'malformed_frame',
    'Expected one JSON array of objects, found something else between them. Check the address: it may be the answer of another API, or a web page.',
  )
}
