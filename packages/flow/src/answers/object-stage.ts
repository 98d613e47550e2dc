import { type Chunk, type ModelChunk, NO_METADATA, type Schema } from '@braid/core'
import { FoundJson } from './found-json.ts'
import { type Root, rootOf, wordsOf } from './schema-words.ts'

/** Letters that must have come for eight values to be copied: what growing costs stays in proportion to the text, however long a list gets. */
const VALUES_PER_LETTER = 8

/**
 * Adds to what a model says the object that its answer makes, as it grows: at most one `object` chunk per batch, behind the last text of
 * it, and only where the object changed. For one model call; of several answers, the first.
 */
export class ObjectStage {
  readonly #root: Root
  #found: FoundJson
  /** Letters since the last object. */
  #letters = 0
  #shown: unknown
  #changes = 0
  #json: unknown

  constructor(schema: Schema) {
    this.#root = rootOf(wordsOf(schema))
    this.#found = new FoundJson(this.#root)
  }

  /** The last object that was shown. */
  get shown(): unknown {
    return this.#shown
  }

  push(batch: readonly ModelChunk[]): readonly Chunk[] {
    // JSON in a text that is wanted as a text is a part of it.
    if (this.#root === 'string') return batch
    let last = -1
    let ends = false
    for (const [at, chunk] of batch.entries()) {
      if (chunk.candidate !== 0) continue
      if (chunk.type === 'text-delta') {
        this.#found.push(chunk.data)
        this.#letters += chunk.data.length
        last = at
      } else if (chunk.type === 'redaction') {
        // What was taken back makes no object; what is said in its place may.
        this.#found = new FoundJson(this.#root)
        this.#shown = undefined
      } else if (chunk.type === 'finish') {
        ends = true
        if (last < 0) last = at - 1
      }
    }
    if (last < 0 && !ends) return batch
    const object = this.#grown(ends)
    return object ? [...batch.slice(0, last + 1), object, ...batch.slice(last + 1)] : batch
  }

  #grown(ends: boolean): Chunk | undefined {
    const { json } = this.#found
    if (json === undefined) return undefined
    const { changes } = json
    if (json === this.#json && changes === this.#changes) return undefined
    if (!ends && json.weight > this.#letters * VALUES_PER_LETTER) return undefined
    const object = json.value
    if (object === undefined) return undefined
    this.#json = json
    this.#changes = changes
    this.#letters = 0
    this.#shown = object
    return objectChunk(object)
  }
}

export function objectChunk(object: unknown): Chunk {
  return { type: 'object', object, candidate: 0, metadata: NO_METADATA }
}
