import { type Message, type ModelChunk, type ModelRequest, NO_METADATA, toMessage, type Usage } from '@braid/core'
import { words } from './words.ts'

/** Adds to a script what the chunk protocol wants and the script leaves out: starts, ends, and one `finish` per candidate. */
export class Protocol {
  readonly #model: string
  readonly #id: string
  readonly #request: ModelRequest
  readonly #usage: Usage | undefined
  readonly #candidates = new Map<number, { finished: boolean; called: boolean }>()
  #textId: string | undefined
  #blocks = 0
  #tokens = 0

  constructor(model: string, id: string, request: ModelRequest, usage: Usage | undefined) {
    this.#model = model
    this.#id = id
    this.#request = request
    this.#usage = usage
  }

  /** One delta of candidate 0. */
  text(data: string): readonly ModelChunk[] {
    const chunks = this.#begin(0)
    if (this.#textId === undefined) {
      this.#textId = `${this.#id}-text-${this.#blocks++}`
      chunks.push({ type: 'text-start', id: this.#textId, ...PLAIN })
    }
    this.#tokens += words(data).length
    chunks.push({ type: 'text-delta', id: this.#textId, data, ...PLAIN })
    return chunks
  }

  /** A chunk that the script made itself. It closes the text before it, where it is of the same candidate. */
  chunk(chunk: ModelChunk): readonly ModelChunk[] {
    const chunks = chunk.type === 'message-start' ? [] : this.#begin(chunk.candidate)
    const candidate = this.#candidate(chunk.candidate)
    if (chunk.candidate === 0) this.#endText(chunks)
    if (chunk.type === 'finish') candidate.finished = true
    if (chunk.type === 'tool-call') candidate.called = true
    if ('data' in chunk) this.#tokens += words(chunk.data).length
    chunks.push(chunk)
    return chunks
  }

  /** What is missing at the end. */
  end(): readonly ModelChunk[] {
    const chunks = this.#candidates.size === 0 ? this.#begin(0) : []
    this.#endText(chunks)
    for (const [candidate, { finished, called }] of this.#candidates) {
      if (finished) continue
      const finishReason = called ? 'tool-calls' : 'stop'
      chunks.push({ type: 'finish', finishReason, usage: this.#count(), candidate, metadata: NO_METADATA })
    }
    return chunks
  }

  #begin(candidate: number): ModelChunk[] {
    if (this.#candidates.has(candidate)) return []
    this.#candidate(candidate)
    return [{ type: 'message-start', id: this.#id, model: this.#model, candidate, metadata: NO_METADATA }]
  }

  #candidate(index: number): { finished: boolean; called: boolean } {
    let candidate = this.#candidates.get(index)
    if (!candidate) {
      candidate = { finished: false, called: false }
      this.#candidates.set(index, candidate)
    }
    return candidate
  }

  #endText(chunks: ModelChunk[]): void {
    if (this.#textId === undefined) return
    chunks.push({ type: 'text-end', id: this.#textId, ...PLAIN })
    this.#textId = undefined
  }

  #count(): Usage {
    if (this.#usage) return this.#usage
    let inputTokens = 0
    for (const like of this.#request.messages) {
      const message: Message = toMessage(like)
      inputTokens += words(message.text).length
    }
    const outputTokens = this.#tokens
    return { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true }
  }
}

const PLAIN = { candidate: 0, metadata: NO_METADATA } as const
