import { createDecoder, type DecoderFormat } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { everyWay } from '../conformance/every-way.ts'

describe('framing by format', () => {
  it.each<[DecoderFormat, string | Uint8Array]>([
    ['sse', 'data: {"a":1}\n\ndata: {"a":2}\n\n'],
    ['openai_sse', 'data: {"a":1}\n\ndata: {"a":2}\n\n'],
    ['anthropic_sse', 'event: x\ndata: {"a":1}\n\nevent: y\ndata: {"a":2}\n\n'],
    ['gemini_sse', 'data: {"a":1}\r\n\r\ndata: {"a":2}\r\n\r\n'],
    ['gemini_json', '[{"a":1},\n{"a":2}]'],
    ['json_array', '[{"a":1},\n{"a":2}]'],
    ['json_lines', '{"a":1}\n{"a":2}'],
    ['jsonl', '{"a":1}\n{"a":2}\n'],
    ['ndjson', '{"a":1}\r\n{"a":2}\r\n'],
    ['cohere_native', '{"a":1}\n{"a":2}\n'],
  ])('%s', (format, stream) => {
    for (const [, pieces] of everyWay(Buffer.from(stream))) {
      const frames: string[] = []
      const decoder = createDecoder(format, { frame: (text) => frames.push(text), error: (text) => expect.fail(text) })
      for (const piece of pieces) decoder.push(piece)
      decoder.end()
      expect(frames).toEqual(['{"a":1}', '{"a":2}'])
    }
  })
})
