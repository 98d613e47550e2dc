import { type AssistantContent, BraidError, type ChunkOf, type Message, type ModelChunk, type Usage } from '@braid/core'
import type { StreamingMessage } from './streaming-message.ts'

/**
 * Told of a stream as it is read, in order and one at a time. Of `onComplete` and `onError` exactly one is called, once; leaving the stream is
 * the error `cancelled`. What a callback throws ends the stream, as if the loop had thrown it.
 */
export interface StreamCallback {
  onStart?(start: ChunkOf<'message-start'>): void
  onEvent?(chunk: ModelChunk): void
  onComplete?(message: Message<AssistantContent>, usage: Usage, metrics: Metrics): void
  onError?(error: BraidError, partial: Message<AssistantContent>): void
}

/** Counted from the first read of the stream to its end, as its reader sees it. */
export interface Metrics {
  readonly firstChunkMs: number
  readonly durationMs: number
  readonly chunks: number
  /** What was read of the source; 0 where it gave events and not bytes. */
  readonly bytes: number
  readonly chunksPerSecond: number
}

type Batch = readonly ModelChunk[]

/** Counts one stream. */
export class Meter {
  readonly #began = performance.now()
  #firstChunk: number | undefined
  #chunks = 0
  #bytes = 0

  readonly onBytes = (bytes: number): void => {
    this.#bytes += bytes
  }

  onBatch(batch: Batch): void {
    this.#firstChunk ??= performance.now()
    this.#chunks += batch.length
  }

  metrics(): Metrics {
    const durationMs = performance.now() - this.#began
    return {
      firstChunkMs: (this.#firstChunk ?? this.#began) - this.#began,
      durationMs,
      chunks: this.#chunks,
      bytes: this.#bytes,
      chunksPerSecond: durationMs === 0 ? 0 : (this.#chunks * 1_000) / durationMs,
    }
  }
}

/** The same batches, told to a callback as they are taken. */
export async function* told(
  batches: AsyncIterable<Batch>,
  message: StreamingMessage,
  meter: Meter,
  callback: StreamCallback,
  signal: AbortSignal,
): AsyncGenerator<Batch, void> {
  let outcome: { readonly error: unknown } | 'complete' | undefined
  try {
    for await (const batch of batches) {
      meter.onBatch(batch)
      for (const chunk of batch) {
        if (chunk.type === 'message-start') callback.onStart?.(chunk)
        callback.onEvent?.(chunk)
      }
      yield batch
    }
    outcome = 'complete'
  } catch (error) {
    outcome = { error }
    throw error
  } finally {
    if (outcome === 'complete') {
      const whole = message.snapshot()
      callback.onComplete?.(whole, whole.content.usage, meter.metrics())
    } else {
      const error = outcome?.error
      const named = error instanceof BraidError && !signal.aborted ? error : cancelled(signal, outcome)
      if (signal.aborted || outcome === undefined) message.abort(signal.reason)
      else message.fail(named)
      callback.onError?.(named, message.snapshot())
    }
  }
}

function cancelled(signal: AbortSignal, outcome: { readonly error: unknown } | undefined): BraidError {
  if (signal.aborted && signal.reason instanceof BraidError) return signal.reason
  if (signal.aborted || outcome === undefined) {
    return new BraidError(
      'cancelled',
      'the stream was left before its end',
      signal.aborted ? { cause: signal.reason } : {},
    )
  }
  return new BraidError('unknown', 'the stream failed', { cause: outcome.error })
}
