import type { Chunk, Outcome } from '@braid/core'

/** How much may wait to be read, per operation; beyond it, nothing more is asked of what produces. */
export interface Bounds {
  /** Default 64. */
  chunks?: number
  /** Of text, in UTF-16 code units, and of files, in bytes. Default 256 KiB. */
  bytes?: number
}

/** The way of one operation's chunks into the log: where its producer waits while the slowest reader is behind. */
export class Lane {
  readonly operationId: string
  /** Its number in the log. */
  readonly index: number
  /** Wakes the producer that waits for room, if one does. */
  wake: (() => void) | undefined
  /** Whether anything was said yet. */
  opened = false
  /** Called once, when something was said besides that it starts; set where somebody listens. */
  onSpeech: (() => void) | undefined
  /** Whether it waits for a reader that has not started, and has lent its slot. */
  parked = false
  #closed = false
  #outcome: Outcome | undefined
  readonly #onClose: ((outcome: Outcome | undefined) => void)[] = []

  constructor(operationId: string, index: number) {
    this.operationId = operationId
    this.index = index
  }

  /** Whether its end was said; what a fenced operation says afterwards is not heard. */
  get closed(): boolean {
    return this.#closed
  }

  /** Without an outcome, nothing will ever be said here. */
  close(outcome?: Outcome): void {
    this.#closed = true
    this.#outcome = outcome
    for (const resolve of this.#onClose.splice(0)) resolve(outcome)
  }

  whenClosed(): Promise<Outcome | undefined> {
    if (this.#closed) return Promise.resolve(this.#outcome)
    return new Promise((resolve) => this.#onClose.push(resolve))
  }
}

/** What a chunk weighs in a lane. What has to be walked through to be weighed is not. */
export function weightOf(chunk: Chunk): number {
  if ('data' in chunk) return chunk.data.length
  if (chunk.type === 'tool-result') return typeof chunk.output === 'string' ? chunk.output.length : 0
  return chunk.type === 'file' ? (chunk.bytes?.length ?? 0) : 0
}
