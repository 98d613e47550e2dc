import type { Chunk } from '@braid/core'
import { type Lane, weightOf } from './lane.ts'
import type { Entry } from './log.ts'

/** What one reader asked for and has not taken yet, in order. */
export class Backlog {
  /** The one at `#head` is taken up to `#offset`. */
  #entries: Entry[] = []
  #head = 0
  #offset = 0
  readonly #chunks: number[] = []
  readonly #bytes: number[] = []
  /** How many chunks there are. */
  length = 0
  /** The number, in the run, of the chunk taken last. */
  seq: number

  constructor(seq: number) {
    this.seq = seq
  }

  chunksOf(lane: Lane): number {
    return this.#chunks[lane.index] ?? 0
  }

  bytesOf(lane: Lane): number {
    return this.#bytes[lane.index] ?? 0
  }

  push(entry: Entry): void {
    const { lane, chunks } = entry
    let weight = 0
    let redacts = false
    for (const chunk of chunks) {
      weight += weightOf(chunk)
      if (chunk.type === 'redaction') redacts = true
    }
    this.#chunks[lane.index] = this.chunksOf(lane) + chunks.length
    this.#bytes[lane.index] = this.bytesOf(lane) + weight
    this.length += chunks.length
    this.#entries.push(entry)
    if (redacts) for (const chunk of chunks) if (chunk.type === 'redaction') this.#redact(lane, chunk.id)
  }

  /** The entry that is next, which is there when there is a chunk. */
  get next(): Entry {
    return this.#entries[this.#head] as Entry
  }

  take(): Chunk {
    const { lane, chunks, first } = this.next
    const chunk = chunks[this.#offset] as Chunk
    this.seq = first + this.#offset
    this.#offset += 1
    if (this.#offset === chunks.length) this.#drop()
    this.length -= 1
    this.#chunks[lane.index] = this.chunksOf(lane) - 1
    this.#bytes[lane.index] = this.bytesOf(lane) - weightOf(chunk)
    return chunk
  }

  /** What is next, chunk by chunk, each with the lane that it is of. */
  *ahead(): Generator<{ readonly lane: Lane; readonly chunk: Chunk }, void> {
    let offset = this.#offset
    for (let at = this.#head; at < this.#entries.length; at += 1) {
      const { lane, chunks } = this.#entries[at] as Entry
      for (; offset < chunks.length; offset += 1) yield { lane, chunk: chunks[offset] as Chunk }
      offset = 0
    }
  }

  /** Empties it. The lanes that had something in it. */
  clear(): ReadonlySet<Lane> {
    const lanes = new Set(this.#entries.slice(this.#head).map((entry) => entry.lane))
    this.#entries = []
    this.#head = 0
    this.#offset = 0
    this.length = 0
    this.#chunks.length = 0
    this.#bytes.length = 0
    return lanes
  }

  /** Taken entries are cut off now and then, not one by one. */
  #drop(): void {
    this.#offset = 0
    this.#head += 1
    if (this.#head === this.#entries.length) {
      this.#entries = []
      this.#head = 0
    } else if (this.#head >= 1_024) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }

  /** What a block said that was taken back, and that nobody has read yet, nobody will. The chunks stay, empty: their numbers are given. */
  #redact(lane: Lane, blockId: string): void {
    this.#entries = this.#entries.map((entry) => {
      if (entry.lane !== lane) return entry
      const chunks = entry.chunks.map((chunk) => {
        // An object is made of text, and which one is not known any more.
        if (chunk.type === 'object') return { ...chunk, object: undefined }
        return 'data' in chunk && chunk.id === blockId ? emptied(chunk) : chunk
      })
      return { ...entry, chunks }
    })
    let bytes = 0
    for (const unread of this.ahead()) if (unread.lane === lane) bytes += weightOf(unread.chunk)
    this.#bytes[lane.index] = bytes
  }
}

function emptied<C extends Chunk & { readonly data: string }>(chunk: C): C {
  const { rawResponse: _, ...rest } = chunk
  return { ...(rest as C), data: '' }
}
