import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createDecoder, type DecoderFormat, type EventStreamHeader, EventStreamReader } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { describeShared } from '../support/shared.ts'
import { byteByByte, cutAtRandom } from './reading.ts'

const MiB = 1024 * 1024

/** A vector of smithy's: what its message says, or, in words, what is wrong with it. */
interface Vector {
  readonly id: string
  readonly official:
    | string
    | {
        readonly headers: readonly { readonly name: string; readonly type: number; readonly value: unknown }[]
        readonly payload: string
      }
}

describeShared('the vectors of the AWS event stream', ({ root }) => {
  const folder = join(root, 'corpus/_standards/eventstream')
  const vectors = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as readonly Vector[]

  it.each(vectors.map((vector) => [vector.id.split('/').at(-1)!, vector.official] as const))('%s', (name, official) => {
    const stream = readFileSync(join(folder, `${name}.bin`))
    for (const pieces of everyWay(stream)) {
      if (typeof official === 'string') {
        expect(() => messagesOf(pieces)).toThrow(expect.objectContaining({ code: 'malformed_frame' }))
      } else {
        const headers = official.headers.map((header) => [header.name, header.value])
        expect(messagesOf(pieces)).toEqual([{ headers, payload: official.payload }])
      }
    }
  })
})

describeShared('recorded streams of which only the frames are read', ({ corpus }) => {
  const FORMATS: Readonly<Record<string, DecoderFormat>> = {
    sse: 'sse',
    jsonl: 'json_lines',
    eventstream: 'aws_eventstream',
    'json-array': 'json_array',
  }
  const cases = corpus.cases.filter((streamCase) => corpus.expected(streamCase).framing_only)

  it('are there', () => {
    expect(new Set(cases.map(({ api }) => api))).toEqual(
      new Set(['mcp-streamable-http', 'openai-assistants', 'openai-transcription']),
    )
  })

  it.each(cases.map((streamCase) => [streamCase.id, streamCase] as const))('%s', (_, streamCase) => {
    const { events, frames } = corpus.expected(streamCase)
    for (const pieces of everyWay(corpus.bytes(streamCase))) {
      const counts: Record<string, number> = {}
      const decoder = createDecoder(FORMATS[streamCase.wire]!, {
        frame: (_text, event = 'message') => {
          counts[event] = (counts[event] ?? 0) + 1
        },
        error: (text) => expect.fail(text),
      })
      for (const piece of pieces) decoder.push(piece)
      decoder.end()
      expect(counts).toEqual(events)
      expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(frames)
    }
  })
})

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
    for (const pieces of everyWay(Buffer.from(stream))) {
      const frames: string[] = []
      const decoder = createDecoder(format, { frame: (text) => frames.push(text), error: (text) => expect.fail(text) })
      for (const piece of pieces) decoder.push(piece)
      decoder.end()
      expect(frames).toEqual(['{"a":1}', '{"a":2}'])
    }
  })
})

function* everyWay(stream: Uint8Array): Generator<Iterable<Uint8Array>> {
  yield [stream]
  yield byteByByte(stream)
  for (let seed = 1; seed <= 20; seed++) yield cutAtRandom(stream, seed)
}

function messagesOf(pieces: Iterable<Uint8Array>): object[] {
  const found: object[] = []
  const reader = new EventStreamReader(({ headers, payload }) => {
    found.push({
      headers: [...headers].map(([name, value]) => [name, asInVectors(name, value)]),
      payload: payload.toString('base64'),
    })
  }, MiB)
  for (const piece of pieces) reader.push(piece)
  expect(reader.torn).toBe(false)
  return found
}

/** The vectors write text, bytes and UUIDs in base64, and a timestamp as its number. */
function asInVectors(name: string, value: EventStreamHeader): unknown {
  if (value instanceof Date) return value.getTime()
  if (typeof value === 'bigint') return Number(value)
  if (name === 'uuid') return Buffer.from(String(value).replaceAll('-', ''), 'hex').toString('base64')
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value
}
