import { createParser, type EventSourceParser, type ParseError } from 'eventsource-parser'
import type { Decoder, FrameSink } from './decoder.ts'
import { checkFrameSize, frameTooLarge } from './frame-size.ts'
import { LineEnds } from './line-ends.ts'
import { Utf8 } from './utf8.ts'

/** Room for field names and comments beside the data of a frame. */
const SLACK = 64 * 1024
const MAX_FOREIGN = 64 * 1024
/** What no server writes: control characters, and what took the place of bytes that are no UTF-8. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const DAMAGE = /[\u0000-\u0008\u000e-\u001f\ufffd]/
const FIELDS = ['data', 'event', 'id', 'retry'] as const

/**
 * Server-sent events, as html.spec.whatwg.org has them, and one thing more: an event whose blank line never came is given
 * at the end.
 */
export class SseDecoder implements Decoder {
  readonly #sink: FrameSink
  readonly #frameBytes: number
  readonly #utf8 = new Utf8()
  readonly #lines = new LineEnds()
  readonly #parser: EventSourceParser
  #foreign = ''
  #seen = false
  #over = false

  constructor(sink: FrameSink, frameBytes: number) {
    this.#sink = sink
    this.#frameBytes = frameBytes
    this.#parser = createParser({
      onEvent: ({ data, event }) => {
        this.#seen = true
        checkFrameSize(data, frameBytes)
        sink.frame(data, event)
      },
      onError: (error) => this.#otherLine(error),
      // The cap holds while a frame arrives. A character is at least one byte, so it refuses no frame within the limit.
      maxBufferSize: frameBytes + SLACK,
    })
  }

  get foreign(): string {
    return this.#seen ? '' : this.#foreign
  }

  push(bytes: Uint8Array): void {
    const text = this.#lines.push(this.#utf8.push(bytes))
    if (text !== '') this.#parser.feed(text)
  }

  end(): void {
    this.#over = true
    this.#parser.feed(`${this.#utf8.end()}\n\n`)
  }

  #otherLine(error: ParseError): void {
    switch (error.type) {
      case 'max-buffer-size-exceeded':
        throw frameTooLarge(this.#frameBytes)
      case 'unknown-field':
        // Some servers report trouble in a field of their own.
        if (error.field === 'error') this.#sink.error(error.value ?? '')
        else this.#notOurs(error.line ?? '')
        break
      case 'invalid-retry':
        break
      default:
        error.type satisfies never
    }
  }

  #notOurs(line: string): void {
    // The standard ignores a field that it does not know. But a line of ours behind noise is no such field: ignoring it loses text.
    if (DAMAGE.test(line) && (this.#seen || line.includes('data:'))) this.#sink.damaged?.()
    if (this.#seen || this.#foreign.length >= MAX_FOREIGN) return
    // The last line of a stream that stopped may be the beginning of one of ours.
    if (this.#over && FIELDS.some((field) => field.startsWith(line))) return
    this.#foreign += `${line}\n`
  }
}
