import { DEFAULT_FRAME_BYTES } from '../limits.ts'
import type { DECODER_FORMATS } from '../manifest-data.ts'
import { EventStreamDecoder } from './event-stream-decoder.ts'
import { JsonArrayDecoder } from './json-array-decoder.ts'
import { JsonLinesDecoder } from './json-lines-decoder.ts'
import { SseDecoder } from './sse-decoder.ts'

/** What a decoder found. It may throw; the decoder is not used any more after that. */
export interface FrameSink {
  /** One frame's text, and its event name where the wire has one. */
  frame(text: string, event: string | undefined): void
  /** An error that the wire itself carries, outside any frame. */
  error(text: string): void
  /** A line that noise has made no line of the wire: the standard ignores it, who reads an answer had better not. */
  damaged?(): void
}

/** Cuts bytes into frames. Synchronous; holds at most one frame. */
export interface Decoder {
  push(bytes: Uint8Array): void
  /** The bytes are over. Gives the last frame if only its end mark is missing. */
  end(): void
  /** What came before the first frame and is no part of the wire format, such as an HTML page. */
  readonly foreign: string
  /** Whether the bytes so far end inside a frame. Undefined where the wire cannot tell: there, a torn frame does not parse. */
  readonly torn?: boolean
}

export type DecoderFormat = (typeof DECODER_FORMATS)[number]

/**
 * The decoder of a wire format, for protocols of which only the frames matter.
 *
 * @example
 * const decoder = createDecoder('sse', { frame: (text) => console.log(text), error: (text) => console.error(text) })
 * for await (const bytes of body) decoder.push(bytes)
 * decoder.end()
 */
export function createDecoder(format: DecoderFormat, sink: FrameSink, frameBytes = DEFAULT_FRAME_BYTES): Decoder {
  switch (format) {
    case 'sse':
    case 'openai_sse':
    case 'anthropic_sse':
    case 'gemini_sse':
      return new SseDecoder(sink, frameBytes)
    case 'gemini_json':
    case 'json_array':
      return new JsonArrayDecoder(sink, frameBytes)
    case 'json_lines':
    case 'jsonl':
    case 'ndjson':
    case 'cohere_native':
      return new JsonLinesDecoder(sink, frameBytes)
    case 'aws_eventstream':
      return new EventStreamDecoder(sink, frameBytes)
    default:
      return format satisfies never
  }
}
