import type { Chunk } from '@braid/core'

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
  #closed = false
  readonly #onClose: (() => void)[] = []

  constructor(operationId: string, index: number) {
    this.operationId = operationId
    this.index = index
  }

  /** Whether its end was said; what a fenced operation says afterwards is not heard. */
  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
    for (const resolve of this.#onClose.splice(0)) resolve()
  }

  whenClosed(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((resolve) => this.#onClose.push(resolve))
  }
}

/** What a chunk weighs in a lane. */
export function weightOf(chunk: Chunk): number {
  if ('data' in chunk) return chunk.data.length
  return chunk.type === 'file' ? (chunk.bytes?.length ?? 0) : 0
}
