import type { Decoder, FrameSink } from './decoder.ts'
import type { EventStreamHeader } from './event-stream-headers.ts'
import { type EventStreamMessage, EventStreamReader } from './event-stream-reader.ts'

/**
 * AWS's binary event stream. A message is a frame, named by its `:event-type`; an exception (modelled) and an error (not modelled) are
 * the provider's errors, with the name of the exception, or the error's code, as `error.type`.
 */
export class EventStreamDecoder implements Decoder {
  readonly #sink: FrameSink
  readonly #reader: EventStreamReader

  constructor(sink: FrameSink, frameBytes: number) {
    this.#sink = sink
    this.#reader = new EventStreamReader((message) => this.#message(message), frameBytes)
  }

  get torn(): boolean {
    return this.#reader.torn
  }

  get foreign(): string {
    return this.#reader.foreign
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes)
  }

  /** A message that is not whole is no frame. */
  end(): void {}

  #message({ headers, payload }: EventStreamMessage): void {
    const text = payload.toString('utf8')
    switch (headers.get(':message-type')) {
      case 'exception':
        this.#sink.error(exception(textOf(headers.get(':exception-type')), text))
        break
      case 'error':
        this.#sink.error(
          JSON.stringify({
            error: { type: textOf(headers.get(':error-code')), message: textOf(headers.get(':error-message')) },
          }),
        )
        break
      default:
        this.#sink.frame(text, textOf(headers.get(':event-type')) || undefined)
    }
  }
}

function exception(type: string, payload: string): string {
  let said: unknown
  try {
    said = JSON.parse(payload)
  } catch {
    said = { message: payload }
  }
  return JSON.stringify({ error: { ...(typeof said === 'object' ? said : undefined), type } })
}

function textOf(header: EventStreamHeader | undefined): string {
  return typeof header === 'string' ? header : ''
}
