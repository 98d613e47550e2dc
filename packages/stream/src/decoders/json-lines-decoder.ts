import type { Decoder, FrameSink } from './decoder.ts'
import { checkFrameSize, frameTooLarge } from './frame-size.ts'
import { Utf8 } from './utf8.ts'

/** One JSON value per line. Lines end with LF or CRLF; empty ones are passed over. */
export class JsonLinesDecoder implements Decoder {
  readonly foreign = ''
  readonly #sink: FrameSink
  readonly #frameBytes: number
  readonly #utf8 = new Utf8()
  /** The beginning of a line. Appending is cheap: engines keep such a string as a rope until it is read. */
  #rest = ''

  constructor(sink: FrameSink, frameBytes: number) {
    this.#sink = sink
    this.#frameBytes = frameBytes
  }

  push(bytes: Uint8Array): void {
    const text = this.#utf8.push(bytes)
    let from = 0
    for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
      this.#line(this.#rest + text.slice(from, to))
      this.#rest = ''
      from = to + 1
    }
    this.#rest += text.slice(from)
    if (this.#rest.length > this.#frameBytes) throw frameTooLarge(this.#frameBytes)
  }

  end(): void {
    this.#line(this.#rest + this.#utf8.end())
    this.#rest = ''
  }

  #line(line: string): void {
    checkFrameSize(line, this.#frameBytes)
    const text = line.trim()
    if (text !== '') this.#sink.frame(text, undefined)
  }
}
