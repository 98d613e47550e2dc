import { isDeepStrictEqual } from 'node:util'
import { BraidError, type ModelChunk } from '@braid/core'
import { createPipeline, type Manifest } from '@braid/stream'
import { random } from '../support/random.ts'

/** What came out of a pipeline: the chunks, and what it threw after them. */
export interface Reading {
  readonly chunks: readonly ModelChunk[]
  readonly error: BraidError | undefined
}

/** Reads a stream in the given pieces, as a transport would. */
export function read(manifest: Manifest, pieces: Iterable<Uint8Array>): Reading {
  const pipeline = createPipeline(manifest)
  const chunks: ModelChunk[] = []
  try {
    for (const piece of pieces) {
      chunks.push(...pipeline.push(piece))
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

export function* byteByByte(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1)
}

/** Cuts at random places, up to `most` of them. The same seed cuts the same. */
export function* cutAtRandom(bytes: Uint8Array, seed: number, most = 60): Generator<Uint8Array> {
  const next = random(seed)
  const places = Array.from({ length: 1 + Math.floor(next() * most) }, () => Math.floor(next() * bytes.length))
  let from = 0
  for (const to of places.sort((a, b) => a - b)) {
    yield bytes.subarray(from, to)
    from = to
  }
  yield bytes.subarray(from)
}

/** What must be the same however the bytes are cut: all but the frames behind the chunks, which are large and add nothing. */
export function essence({ chunks, error }: Reading): readonly unknown[] {
  const said: unknown[] = chunks.map(({ rawResponse: _, ...chunk }) => chunk)
  if (error) said.push({ code: error.code, message: error.message })
  return said
}

/** The first place where two lists differ, undefined where they are the same. For lists that are too long to print. */
export function firstDifference(is: readonly unknown[], wanted: readonly unknown[]): unknown {
  for (let at = 0; at < Math.max(is.length, wanted.length); at++) {
    if (!isDeepStrictEqual(is[at], wanted[at])) return { at, is: is[at], wanted: wanted[at] }
  }
  return undefined
}
