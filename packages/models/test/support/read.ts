import { BraidError, type ModelChunk, type ModelStream } from '@braid/core'

/** What a stream gave, and what it threw. */
export async function read(stream: ModelStream): Promise<{ readonly chunks: ModelChunk[]; readonly error: unknown }> {
  const chunks: ModelChunk[] = []
  try {
    for await (const chunk of stream) chunks.push(chunk)
  } catch (error) {
    return { chunks, error }
  }
  return { chunks, error: undefined }
}

/** The BraidError that a stream throws. */
export async function failure(stream: ModelStream): Promise<BraidError> {
  const { error } = await read(stream)
  if (error instanceof BraidError) return error
  throw new Error(`expected the stream to throw a BraidError; it gave ${String(error)}`)
}
