import { setImmediate } from 'node:timers/promises'
import { BraidError, type ModelChunk, onAbort } from '@braid/core'
import type { Manifest } from '../manifest.ts'
import { createPipeline, type Pipeline } from '../pipeline.ts'
import { exceptionOf, sourceError } from './exception.ts'
import { Reader } from './reader.ts'
import { plainAnswer } from './response-source.ts'
import { feedOf, type HeldSource, isResponse, type StreamSource } from './source.ts'
import { wireForm } from './wire-form.ts'

type Batch = readonly ModelChunk[]

export interface ReadOptions {
  /** Milliseconds that a promised source may take. 0: any. */
  readonly connect: number
  /** Told of what every read brought. */
  readonly onBytes: (bytes: number) => void
  readonly signal: AbortSignal
}

/** A source's chunks, a batch for each piece that brought any. It ends when the source is closed, which it sees to. */
export async function* readSource(
  manifest: Manifest,
  source: StreamSource,
  { connect, onBytes, signal }: ReadOptions,
): AsyncGenerator<Batch, void> {
  signal.throwIfAborted()
  const held = isPromise(source) ? await arrival(source, connect, signal) : source
  const reader = new Reader(isResponse(held) ? feedOf(held.body ?? []) : feedOf(held), signal)
  try {
    if (isResponse(held)) {
      const plain = await plainAnswer(manifest, held, () => bytesOf(reader, onBytes))
      if (plain !== undefined) {
        yield plain
        return
      }
    }
    yield* batches(manifest, reader, onBytes, signal)
  } finally {
    await reader.close()
  }
}

async function* batches(
  manifest: Manifest,
  reader: Reader,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): AsyncGenerator<Batch, void> {
  const pipeline = createPipeline(manifest)
  let over = false
  let since = 0
  while (!over) {
    let batch: Batch
    try {
      const piece = await reader.next()
      over = piece === undefined
      batch = piece === undefined ? pipeline.end() : take(manifest, pipeline, piece, onBytes)
    } catch (error) {
      if (signal.aborted) throw signal.reason
      if (pipeline.failure !== undefined) throw pipeline.failure
      // An answer that had come to its protocol's end when its source broke is whole all the same.
      if (!pipeline.complete) throw sourceError(manifest, error)
      over = true
      batch = pipeline.end()
    }
    if (batch.length > 0) yield batch
    // A source that is all there never waits: others must come to their turn.
    since += batch.length
    if (since >= 1_024) {
      since = 0
      await setImmediate()
    }
    if (pipeline.failure !== undefined) throw pipeline.failure
    // Nothing is said after the finish. A protocol may be complete before it: usage can follow the finish reason.
    if (pipeline.complete && batch.at(-1)?.type === 'finish') over = true
  }
}

function take(manifest: Manifest, pipeline: Pipeline, piece: object | string, onBytes: (bytes: number) => void): Batch {
  if (typeof piece === 'object' && !(piece instanceof Uint8Array)) {
    const error = exceptionOf(manifest, piece)
    if (error !== undefined) throw error
    return pipeline.event(wireForm(piece))
  }
  const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece
  onBytes(bytes.length)
  return pipeline.push(bytes)
}

async function bytesOf(reader: Reader, onBytes: (bytes: number) => void): Promise<Uint8Array | undefined> {
  const piece = await reader.next()
  if (piece === undefined) return undefined
  const bytes = piece instanceof Uint8Array ? piece : Buffer.from(String(piece))
  onBytes(bytes.length)
  return bytes
}

export function isPromise(source: StreamSource): source is PromiseLike<HeldSource> {
  return 'then' in source
}

/** A source that comes when nobody waits for it any more is closed. */
async function arrival(promise: PromiseLike<HeldSource>, connect: number, signal: AbortSignal): Promise<HeldSource> {
  let timer: NodeJS.Timeout | undefined
  let unlink = () => {}
  try {
    return await new Promise<HeldSource>((resolve, reject) => {
      let given = false
      const giveUp = (reason: unknown) => {
        given = true
        reject(reason)
      }
      unlink = onAbort(signal, giveUp)
      if (connect > 0) timer = setTimeout(() => giveUp(late(connect)), connect)
      promise.then(
        (source) => (given ? void closeSource(source) : resolve(source)),
        (error) =>
          reject(
            error instanceof BraidError
              ? error
              : new BraidError('connection_failed', 'expected a source, its promise was rejected', { cause: error }),
          ),
      )
    })
  } finally {
    unlink()
    clearTimeout(timer)
  }
}

/** Closes a source that nobody will read. */
export function closeSource(source: HeldSource): Promise<void> {
  return feedOf(isResponse(source) ? (source.body ?? []) : source).close()
}

function late(connect: number): BraidError {
  return new BraidError(
    'timeout',
    `expected a source within ${connect} ms (timeout.connect); it did not come. Try again, or allow more time`,
  )
}
