import type { DecoderFormat } from './decoders/decoder.ts'
import { Manifest } from './manifest.ts'

/** How frames are put into bytes. */
export type Wire = 'sse' | 'json_lines' | 'json_array' | 'aws_eventstream'

/** The wire format of a recorded stream, by how it begins. Undefined where too little of it is there to tell. */
export function wireOf(head: Uint8Array): Wire | undefined {
  // The length of an AWS message, four bytes: far below 16 MiB. No text begins so.
  if (head[0] === 0) return 'aws_eventstream'
  const first = Buffer.from(head.buffer, head.byteOffset, head.byteLength)
    .toString('latin1')
    .match(/^(?:\u00ef\u00bb\u00bf)?\s*(\S)/)?.[1]
  switch (first) {
    case undefined:
      return undefined
    case '{':
      return 'json_lines'
    case '[':
      return 'json_array'
    default:
      return 'sse'
  }
}

/**
 * The same protocol on another wire, as recorders keep it: what a server sent as events, one JSON object per line. The manifest itself where
 * it is on this wire anyway.
 */
export function overWire(manifest: Manifest, wire: Wire): Manifest {
  const { data } = manifest
  const { format } = data.streaming.decoder
  if (WIRE[format] === wire) return manifest
  // Only events and AWS messages have names. AWS's are always part of the frame; lines have them in it.
  const names =
    wire === 'sse' || wire === 'aws_eventstream'
      ? { by_event: data.streaming.decoder.by_event || format === 'aws_eventstream' }
      : { by_event: false, text_events: [] }
  const decoder = { ...data.streaming.decoder, format: wire, ...names }
  return Manifest.parse({ ...data, streaming: { ...data.streaming, decoder } })
}

const WIRE = {
  sse: 'sse',
  openai_sse: 'sse',
  anthropic_sse: 'sse',
  gemini_sse: 'sse',
  gemini_json: 'json_array',
  json_array: 'json_array',
  json_lines: 'json_lines',
  jsonl: 'json_lines',
  ndjson: 'json_lines',
  cohere_native: 'json_lines',
  aws_eventstream: 'aws_eventstream',
} as const satisfies Record<DecoderFormat, Wire>
