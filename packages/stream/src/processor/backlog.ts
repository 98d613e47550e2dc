import type { ChunkOf, ModelChunk } from '@braid/core'

type Batch = readonly ModelChunk[]

/**
 * Batches that wait to be taken. A redaction takes what waits of its block away, and the frames of all that waits: what was never shown never
 * will be.
 */
export class Backlog {
  /** The id of each candidate's message. */
  readonly #messages = new Map<number, string>()
  #batches: Batch[] = []
  #chunks = 0
  #bytes = 0

  get chunks(): number {
    return this.#chunks
  }

  /** Of text, in UTF-16 code units, and of files, in bytes. */
  get bytes(): number {
    return this.#bytes
  }

  add(batch: Batch): void {
    let kept: ModelChunk[] | undefined
    for (const [at, chunk] of batch.entries()) {
      if (chunk.type === 'message-start') this.#messages.set(chunk.candidate, chunk.id)
      if (chunk.type === 'redaction') {
        this.#withdraw(chunk)
        kept = withdrawn(kept ?? batch.slice(0, at), chunk, this.#messages)
      }
      kept?.push(chunk)
    }
    const last = kept ?? batch
    this.#batches.push(last)
    this.#chunks += last.length
    this.#bytes += sizeOf(last)
  }

  take(): Batch | undefined {
    const batch = this.#batches.shift()
    if (batch === undefined) return undefined
    this.#chunks -= batch.length
    this.#bytes -= sizeOf(batch)
    return batch
  }

  clear(): void {
    this.#batches = []
    this.#chunks = 0
    this.#bytes = 0
  }

  #withdraw(redaction: ChunkOf<'redaction'>): void {
    this.#batches = this.#batches
      .map((batch) => withdrawn(batch, redaction, this.#messages))
      .filter((batch) => batch.length > 0)
    this.#chunks = this.#batches.reduce((sum, batch) => sum + batch.length, 0)
    this.#bytes = this.#batches.reduce((sum, batch) => sum + sizeOf(batch), 0)
  }
}

/** A batch without what a redaction takes away. A redaction with the message's own id takes all; frames may hold what it means. */
function withdrawn(
  batch: Batch,
  { candidate, id }: ChunkOf<'redaction'>,
  messages: ReadonlyMap<number, string>,
): ModelChunk[] {
  const all = messages.get(candidate) === id
  const gone = (chunk: ModelChunk) =>
    chunk.candidate === candidate &&
    ((isDelta(chunk) && (all || chunk.id === id)) || (chunk.type === 'tool-call' && (all || chunk.toolCallId === id)))
  return batch.filter((chunk) => !gone(chunk)).map(({ rawResponse: _, ...chunk }) => chunk as ModelChunk)
}

function isDelta(chunk: ModelChunk): chunk is Extract<ModelChunk, { data: string }> {
  return 'data' in chunk
}

function sizeOf(batch: Batch): number {
  let size = 0
  for (const chunk of batch) {
    if (isDelta(chunk)) size += chunk.data.length
    else if (chunk.type === 'tool-call') size += chunk.rawInput.length
    else if (chunk.type === 'file') size += chunk.bytes?.length ?? 0
  }
  return size
}
