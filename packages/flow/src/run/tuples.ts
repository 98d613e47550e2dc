import type { Chunk } from '@braid/core'

export type FlowChunk = readonly [operationId: string, chunk: Chunk]

/** What one reader reads of a run, from wherever it comes, in order. */
export interface Tuples extends AsyncIterableIterator<FlowChunk, undefined> {
  /** The number, in the run, of the chunk handed out last. */
  readonly seq: number
  /** Up to this number, an operation that ended without completing may have been tried again later, by a process that went on with the run. */
  readonly past: number
  next(): Promise<IteratorResult<FlowChunk, undefined>>
  return(): Promise<IteratorResult<FlowChunk, undefined>>
  /** Has read all that it wants: holds nobody any more, and that is no leaving. False when it has left already. */
  retire(): boolean
}
