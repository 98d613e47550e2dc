import type { DECODER_FORMATS } from '../manifest-data.ts'
import { JsonArrayDecoder } from './json-array-decoder.ts'
import { JsonLinesDecoder } from './json-lines-decoder.ts'
import { SseDecoder } from './sse-decoder.ts'

/** What a decoder found. It may throw; the decoder is not used any more after that. */
export interface FrameSink {
  /** One frame's text, and its event name where the wire has one. */
  frame(text: string, event: string | undefined): void
  /** An error that the wire itself carries, outside any frame. */
  error(text: string): void
}

/** Cuts bytes into frames. Synchronous; holds at most one frame. */
export interface Decoder {
  push(bytes: Uint8Array): void
  /** The bytes are over. Gives the last frame if only its end mark is missing. */
  end(): void
  /** What came before the first frame and is no part of the wire format, such as an HTML page. */
  readonly foreign: string
}

export type DecoderFormat = (typeof DECODER_FORMATS)[number]

export function createDecoder(format: DecoderFormat, sink: FrameSink, frameBytes: number): Decoder {
  switch (format) {
    case 'sse':
    case 'openai_sse':
    case 'anthropic_sse':
    case 'gemini_sse':
      return new SseDecoder(sink, frameBytes)
    case 'gemini_json':
      return new JsonArrayDecoder(sink, frameBytes)
    case 'json_lines':
    case 'ndjson':
      return new JsonLinesDecoder(sink, frameBytes)
    default:
      return format satisfies never
  }
}
