import { abortable, BraidError, type ModelChunk, onAbort } from '@braid/core'
import { createPipeline, type Manifest, readResponse } from '@braid/stream'
import type { Batches, Call } from './call.ts'
import { mediaTypeOf, readJson, refusal, unexpectedBody } from './refusal.ts'
import { Exchange } from './transport/exchange.ts'
import type { Pool } from './transport/pool.ts'

/** Milliseconds that a server has to close an answer which has said its last word. After that the connection is closed and not kept. */
const GRACE = 1_000

/**
 * Mechanism: one request, and its answer as chunks, a batch for each network read that brought any.
 *
 * Whoever leaves early, or aborts `signal`, closes the socket, also while nobody reads; the generator ends when the socket has closed. After a
 * whole answer the connection goes back to the pool.
 */
export async function* answer(manifest: Manifest, pool: Pool, call: Call, signal: AbortSignal): Batches {
  const request = await abortable(call.request(), signal)
  const connection = pool.take(request.origin)
  const exchange = new Exchange(connection)
  const unlink = onAbort(signal, (reason) => {
    exchange.abort(reason)
    void connection.destroy()
  })
  try {
    connection.send(request, exchange)
    const head = await exchange.head()
    const mediaType = mediaTypeOf(head)
    if (head.status < 200 || head.status > 299) throw await refusal(manifest, call, head, exchange)
    if (mediaType === 'text/html') throw unexpectedBody(call, head.status, mediaType)
    // A server that cannot stream, or has only an error to tell, answers a request for a stream in plain.
    const plain = mediaType === 'application/json' && manifest.data.streaming.decoder.format !== 'gemini_json'
    if (call.stream && !plain) yield* streamed(manifest, exchange, signal)
    else yield readResponse(manifest, await readJson(call, head, exchange))
  } finally {
    unlink()
    if (exchange.ended && !signal.aborted) pool.give(connection)
    else await connection.destroy()
  }
}

async function* streamed(manifest: Manifest, exchange: Exchange, signal: AbortSignal): Batches {
  const pipeline = createPipeline(manifest)
  let over = false
  while (!over) {
    let batch: readonly ModelChunk[]
    try {
      const reads = await exchange.read()
      over = reads === undefined
      batch = reads === undefined ? pipeline.end() : pipeline.push(joined(reads))
    } catch (error) {
      // An answer that had come to its protocol's end when the connection broke is whole all the same.
      if (signal.aborted || pipeline.failure !== undefined || !pipeline.complete) throw error
      over = true
      batch = pipeline.end()
    }
    if (batch.length > 0) yield batch
    if (pipeline.failure !== undefined) throw pipeline.failure
    // Nothing is said after the finish. A protocol may be complete before it: usage can follow the finish reason.
    if (pipeline.complete && batch.at(-1)?.type === 'finish') over = true
  }
  await drain(exchange)
}

/** A network read may hold hundreds of small pieces of HTTP's; together they cost the decoder a fraction. */
function joined(reads: readonly Uint8Array[]): Uint8Array {
  return reads.length === 1 ? reads[0]! : Buffer.concat(reads)
}

/** Waits for the end of an answer whose last word has come, so that its connection can be used again. */
async function drain(exchange: Exchange): Promise<void> {
  if (exchange.ended) return
  const late = new BraidError('timeout', `the server did not close its answer within ${GRACE} ms of the last word`)
  const timer = setTimeout(() => exchange.abort(late), GRACE)
  try {
    while ((await exchange.read()) !== undefined);
  } catch {
    // Whatever happens to the connection now, the answer is whole.
  } finally {
    clearTimeout(timer)
  }
}
