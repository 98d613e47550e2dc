import { type FinishReason, type ModelChunk, NO_METADATA } from '@braid/core'
import type { Answer } from './answer.ts'
import { type CallFragment, Calls, type Metadata } from './calls.ts'
import { readFile } from './file.ts'

export type Said = 'text' | 'reasoning' | 'refusal'

interface Block {
  readonly kind: Said
  readonly id: string
  /** The provider's number of the block; undefined where it numbers none. */
  readonly key: unknown
  signature: string
  redacted: string
}

const START = { text: 'text-start', reasoning: 'reasoning-start', refusal: 'refusal-start' } as const
const DELTA = { text: 'text-delta', reasoning: 'reasoning-delta', refusal: 'refusal-delta' } as const

/**
 * One of the `n` answers while it is made: which blocks are open, and what has been said of its end.
 *
 * Blocks that the provider numbers may interleave and stay open until it ends them; of those without a number one is open at a
 * time.
 */
export class Candidate {
  readonly index: number
  readonly #answer: Answer
  readonly #calls: Calls
  readonly #numbered = new Map<unknown, Block>()
  readonly #sources = new Set<string>()
  #started = false
  #id = ''
  #current: Block | undefined
  #blocks = 0
  #reason: string | undefined
  #awaitsEnd = false
  #finishMetadata: Metadata = NO_METADATA
  #finishFrame: unknown

  constructor(index: number, answer: Answer) {
    this.index = index
    this.#answer = answer
    this.#calls = new Calls(index, answer)
  }

  get started(): boolean {
    return this.#started
  }

  /** Whether its finish reason has come, and no terminal event is to come after it. */
  get concluded(): boolean {
    return this.#reason !== undefined && !this.#awaitsEnd
  }

  start(id: string, model: string, metadata: Metadata): true {
    this.#started = true
    this.#id = id
    this.#push({
      type: 'message-start',
      candidate: this.index,
      metadata,
      rawResponse: this.#answer.frame,
      id,
      model,
      provider: this.#answer.provider,
    })
    return true
  }

  say(kind: Said, data: string, key: unknown, metadata: Metadata): void {
    let block = this.#current
    if (block === undefined || block.kind !== kind || block.key !== key) {
      // An empty delta opens nothing, unless the provider itself says that a block begins.
      if (data === '' && key === undefined) return
      block = this.#turnTo(kind, key)
    }
    if (data === '') return
    this.#push({
      type: DELTA[kind],
      candidate: this.index,
      metadata,
      rawResponse: this.#answer.frame,
      id: block.id,
      data,
    })
  }

  think(data: string, key: unknown, signature: string, redacted: string, metadata: Metadata): void {
    this.say('reasoning', data, key, metadata)
    if (signature === '' && redacted === '') return
    let block = this.#current
    // A second signature belongs to a second block.
    const taken = (block?.signature ?? '') !== '' && signature !== '' && key === undefined
    if (block?.kind !== 'reasoning' || block.key !== key || taken) block = this.#turnTo('reasoning', key)
    if (signature !== '') block.signature = signature
    block.redacted += redacted
  }

  call(fragment: CallFragment, metadata: Metadata): void {
    this.#leaveUnnumbered()
    this.#calls.take(fragment, this.#id, metadata)
  }

  endBlock(key: unknown): void {
    const block = this.#numbered.get(key)
    if (block) this.#end(block)
    this.#calls.end(key, this.#id)
  }

  /** Every call that is open ends. */
  endCalls(): void {
    this.#calls.endAll(this.#id)
  }

  /** A source that was named before is not named again. */
  source(url: string, title: string, metadata: Metadata): void {
    const known = url || title
    if (known === '' || this.#sources.has(known)) return
    this.#begin()
    this.#push({
      type: 'source',
      candidate: this.index,
      metadata,
      rawResponse: this.#answer.frame,
      id: this.#name(`source-${this.#sources.size}`),
      ...(url === '' ? {} : { url }),
      ...(title === '' ? {} : { title }),
    })
    this.#sources.add(known)
  }

  /** Takes back what the block with this number has said, or without a number all of it. */
  redact(key: unknown, metadata: Metadata): void {
    if (!this.#started) return
    const id = key === undefined ? this.#id : (this.#numbered.get(key)?.id ?? this.#calls.idOf(key))
    if (id !== undefined)
      this.#push({ type: 'redaction', candidate: this.index, metadata, rawResponse: this.#answer.frame, id })
  }

  file(mediaType: string, data: string, url: string, metadata: Metadata): void {
    this.#leaveUnnumbered()
    const file = readFile(mediaType, data, url)
    this.#push({ ...file, candidate: this.index, metadata, rawResponse: this.#answer.frame })
  }

  /** Takes the finish reason. The last one counts; `finish` itself waits for the end, because usage may come later. */
  conclude(reason: string, awaitsEnd: boolean, metadata: Metadata): void {
    this.#begin()
    this.#endAll()
    this.#reason = reason
    this.#awaitsEnd = awaitsEnd
    this.#finishMetadata = metadata
    this.#finishFrame = this.#answer.frame
  }

  finish(): void {
    this.#begin()
    this.#endAll()
    const raw = this.#reason
    this.#push({
      type: 'finish',
      candidate: this.index,
      metadata: this.#finishMetadata,
      rawResponse: this.#finishFrame,
      finishReason: this.#finishReason(raw),
      ...(raw === undefined || raw === '' ? {} : { rawFinishReason: raw }),
      usage: this.#answer.usage,
    })
  }

  /** Several providers say `STOP` after calls; what a reader must know is that calls wait. */
  #finishReason(raw: string | undefined): FinishReason {
    const reason = this.#answer.finishReason(raw ?? '')
    return reason === 'stop' && this.#calls.forUs > 0 ? 'tool-calls' : reason
  }

  #begin(): void {
    if (!this.#started) this.start('', '', NO_METADATA)
  }

  #turnTo(kind: Said, key: unknown): Block {
    this.#leaveUnnumbered()
    const open = this.#numbered.get(key)
    if (open?.kind === kind) {
      this.#current = open
      return open
    }
    if (open) this.#end(open)
    const block: Block = { kind, id: this.#name(`${kind}-${this.#blocks++}`), key, signature: '', redacted: '' }
    this.#current = block
    if (key !== undefined) this.#numbered.set(key, block)
    this.#push({
      type: START[kind],
      candidate: this.index,
      metadata: NO_METADATA,
      rawResponse: this.#answer.frame,
      id: block.id,
    })
    return block
  }

  #leaveUnnumbered(): void {
    this.#begin()
    const block = this.#current
    if (block && block.key === undefined) this.#end(block)
    this.#current = undefined
  }

  #end(block: Block): void {
    if (this.#current === block) this.#current = undefined
    this.#numbered.delete(block.key)
    const { id, kind, signature, redacted } = block
    const base = { candidate: this.index, metadata: NO_METADATA, rawResponse: this.#answer.frame, id }
    if (kind === 'reasoning') {
      this.#push({
        type: 'reasoning-end',
        ...base,
        ...(signature === '' ? {} : { signature }),
        ...(redacted === '' ? {} : { redacted }),
      })
    } else this.#push({ type: kind === 'text' ? 'text-end' : 'refusal-end', ...base })
  }

  #endAll(): void {
    if (this.#current) this.#end(this.#current)
    for (const block of [...this.#numbered.values()]) this.#end(block)
    this.#calls.endAll(this.#id)
  }

  /** Block ids are unique in the whole answer, not only in a candidate. */
  #name(id: string): string {
    return this.index === 0 ? id : `${this.index}/${id}`
  }

  #push(chunk: ModelChunk): void {
    this.#answer.say(chunk)
  }
}
