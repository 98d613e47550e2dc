import { type Chunk, NO_METADATA } from '@braid/core'

/**
 * What a model says, kept back until its answer is known to be valid. What somebody has to act on meanwhile goes through: that the call
 * began, its tool calls, and what it used; none of them with the provider's frame, which has the answer in it.
 */
export class Held {
  #kept: Chunk[] = []
  #messageId: string | undefined

  /** What of a batch may be shown now. */
  push(batch: readonly Chunk[]): readonly Chunk[] {
    const now: Chunk[] = []
    for (const chunk of batch) {
      if (chunk.type === 'message-start') this.#messageId = chunk.id
      if (chunk.type === 'redaction') this.#redact(chunk.id)
      if (PASSES.has(chunk.type)) now.push(bare(chunk))
      else this.#kept.push(chunk)
    }
    return now
  }

  /** What was taken back is never shown, nor what may have been made of it. The message's own id means all of it. */
  #redact(id: string): void {
    const all = id === this.#messageId
    this.#kept = this.#kept
      .filter((chunk) => chunk.type !== 'object' && !('data' in chunk && (all || chunk.id === id)))
      .map(bare)
  }

  /** It is valid: everything, in order. */
  release(): readonly Chunk[] {
    const kept = this.#kept
    this.#kept = []
    return kept
  }

  /** It is not: how the call ended and what it used, and nothing of what it said. */
  drop(): readonly Chunk[] {
    return this.release()
      .filter((chunk) => chunk.type === 'usage' || chunk.type === 'finish')
      .map(bare)
  }
}

const PASSES: ReadonlySet<Chunk['type']> = new Set<Chunk['type']>([
  'message-start',
  'tool-input-start',
  'tool-input-delta',
  'tool-input-end',
  'tool-call',
])

function bare(chunk: Chunk): Chunk {
  const { rawResponse: _, ...rest } = chunk
  return { ...rest, metadata: NO_METADATA } as Chunk
}
