import { Assembler, type Chunk, type Message, type ModelChunk, NO_METADATA } from '@braid/core'
import type { Said, Yield } from '../operations/kind.ts'
import type { Meter } from './meter.ts'

/**
 * Turns what an operation says into chunks: strings become the deltas of a text block, which opens with the first of them and closes
 * when something else is said or the operation ends.
 * Also keeps what a failure has to leave behind, the text so far, and lets the meter hear what was used.
 */
export class Speech {
  readonly #meter: Meter
  #blocks = 0
  #open: string | undefined
  #message: Assembler | undefined

  constructor(meter: Meter) {
    this.#meter = meter
  }

  chunks(said: Said): readonly Chunk[] {
    if (typeof said === 'string') return this.#text(said)
    if (isBatch(said)) {
      for (const chunk of said) this.#meter.hear(chunk)
      return said
    }
    const chunk = this.#chunk(said)
    return this.#open === undefined ? [chunk] : [...this.close(), chunk]
  }

  /** Closes the text block that is open, if one is. */
  close(): readonly Chunk[] {
    if (this.#open === undefined) return []
    const id = this.#open
    this.#open = undefined
    return [{ type: 'text-end', id, candidate: 0, metadata: NO_METADATA }]
  }

  /** What was said chunk by chunk, as a message that did not reach its end; undefined when nothing was. */
  partial(): Message | undefined {
    return this.#message?.empty === false ? this.#message.snapshot() : undefined
  }

  #chunk(said: Exclude<Yield, string>): Chunk {
    if (said.type === 'custom') {
      return { type: 'custom', name: said.name, value: said.value, candidate: 0, metadata: NO_METADATA }
    }
    this.#meter.hear(said)
    this.#keep(said)
    return said
  }

  #text(data: string): readonly Chunk[] {
    if (this.#open !== undefined) {
      const delta: ModelChunk = { type: 'text-delta', id: this.#open, data, candidate: 0, metadata: NO_METADATA }
      this.#keep(delta)
      return [delta]
    }
    const id = `text-${this.#blocks}`
    this.#blocks += 1
    this.#open = id
    const start: ModelChunk = { type: 'text-start', id, candidate: 0, metadata: NO_METADATA }
    this.#keep(start)
    return [start, ...this.#text(data)]
  }

  #keep(chunk: ModelChunk): void {
    this.#message ??= new Assembler()
    this.#message.push(chunk)
  }
}

function isBatch(said: Exclude<Said, string>): said is readonly Chunk[] {
  return Array.isArray(said)
}

/** Whether a user's function may say this. That an operation starts and ends is for the run alone to say (law 2). */
export function isYield(said: unknown): said is Yield {
  if (typeof said === 'string') return true
  const type = typeOf(said)
  return type !== undefined && !type.startsWith('operation-')
}

/** What was said, for an error: its kind and never its content. */
export function nameOf(said: unknown): string {
  if (said === null || said === undefined) return String(said)
  const type = typeOf(said)
  if (type !== undefined) return `a chunk of type "${type}"`
  if (Array.isArray(said)) return 'an array'
  return typeof said === 'object' ? 'an object without a type' : `a ${typeof said}`
}

function typeOf(said: unknown): string | undefined {
  return typeof said === 'object' && said !== null && 'type' in said && typeof said.type === 'string'
    ? said.type
    : undefined
}
