import { BraidError, type ChunkOf, type ModelChunk } from '@braid/core'
import { createPipeline, type Limits, type Manifest } from '@braid/stream'

export interface Reading {
  readonly chunks: readonly ModelChunk[]
  readonly error: BraidError | undefined
}

/** Reads pieces, as text or bytes, to the end or to the failure. */
export function read(manifest: Manifest, pieces: Iterable<string | Uint8Array>, limits: Limits = {}): Reading {
  const pipeline = createPipeline(manifest, limits)
  const chunks: ModelChunk[] = []
  try {
    for (const piece of pieces) {
      chunks.push(...pipeline.push(typeof piece === 'string' ? Buffer.from(piece) : piece))
      if (pipeline.failure) throw pipeline.failure
    }
    chunks.push(...pipeline.end())
    if (pipeline.failure) throw pipeline.failure
    return { chunks, error: undefined }
  } catch (error) {
    if (error instanceof BraidError) return { chunks, error }
    throw error
  }
}

/** The same bytes, one at a time. */
export function bytesOf(text: string | Uint8Array): Uint8Array[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return Array.from(bytes, (byte) => Uint8Array.of(byte))
}

export function only<K extends ModelChunk['type']>(chunks: readonly ModelChunk[], type: K): ChunkOf<K>[] {
  return chunks.filter((chunk): chunk is ChunkOf<K> & ModelChunk => chunk.type === type)
}

export function textOf(chunks: readonly ModelChunk[], candidate = 0): string {
  return only(chunks, 'text-delta')
    .filter((chunk) => chunk.candidate === candidate)
    .map((chunk) => chunk.data)
    .join('')
}

/** One event per value, as OpenAI frames them. */
export function sse(...frames: readonly unknown[]): string {
  return frames.map((frame) => `data: ${typeof frame === 'string' ? frame : JSON.stringify(frame)}\n\n`).join('')
}

/** A frame of openai-chat with this delta. */
export function choice(delta: object, finish: string | null = null, index = 0): object {
  return { id: 'chatcmpl-1', model: 'mini', choices: [{ index, delta, finish_reason: finish }] }
}
