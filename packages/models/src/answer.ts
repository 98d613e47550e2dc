import { abortable, type ModelChunk, onAbort } from '@braid/core'
import { type Batches, createPipeline, Deadline, type Manifest, readResponse, type Timeouts } from '@braid/stream'
import type { Call } from './call.ts'
import { mediaTypeOf, readJson, refusal, unexpectedBody } from './refusal.ts'
import { Streamed } from './streamed.ts'
import type { Connection } from './transport/connection.ts'
import { Exchange } from './transport/exchange.ts'
import type { HttpRequest } from './transport/http-request.ts'
import type { Pool } from './transport/pool.ts'

type Next = IteratorResult<readonly ModelChunk[], void>

const DONE: Next = Object.freeze({ value: undefined, done: true })

/**
 * Mechanism: one request, and its answer as chunks, a batch for each network read that brought any.
 *
 * Whoever leaves early, or aborts `signal`, closes the socket, also while nobody reads; it has ended when the socket has closed. After a
 * whole answer the connection goes back to the pool.
 */
export class Answer implements Batches {
  readonly #manifest: Manifest
  readonly #pool: Pool
  readonly #call: Call
  readonly #timeouts: Required<Timeouts>
  readonly #signal: AbortSignal
  #deadline: Deadline | undefined
  #connection: Connection | undefined
  #exchange: Exchange | undefined
  #streamed: Streamed | undefined
  #unlink = (): void => {}
  #over = false
  #closed: Promise<void> | undefined

  constructor(manifest: Manifest, pool: Pool, call: Call, timeouts: Required<Timeouts>, signal: AbortSignal) {
    this.#manifest = manifest
    this.#pool = pool
    this.#call = call
    this.#timeouts = timeouts
    this.#signal = signal
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Next> {
    if (this.#over) return this.return()
    return this.#streamed === undefined ? this.#begin() : this.#streamed.next()
  }

  async return(): Promise<Next> {
    await this.#close()
    return DONE
  }

  async #begin(): Promise<Next> {
    const call = this.#call
    try {
      this.#signal.throwIfAborted()
      const deadline = new Deadline(this.#timeouts, `${call.provider}/${call.model}`, this.#signal)
      this.#deadline = deadline
      const request = await abortable(call.request(), deadline.signal)
      if (this.#over) return DONE
      call.onWire?.request(request)
      const exchange = this.#send(request, deadline.signal)
      const head = await exchange.head()
      call.onHead?.(head)
      const mediaType = mediaTypeOf(head)
      if (head.status < 200 || head.status > 299) throw await refusal(this.#manifest, call, head, exchange)
      if (mediaType === 'text/html') throw unexpectedBody(call, head.status, mediaType)
      // A server that cannot stream, or has only an error to tell, answers a request for a stream in plain.
      const plain = mediaType === 'application/json' && this.#manifest.data.streaming.decoder.format !== 'gemini_json'
      if (!call.stream || plain) {
        const value = readResponse(this.#manifest, await readJson(call, head, exchange))
        deadline.pause(value)
        this.#over = true
        return { value, done: false }
      }
      this.#streamed = new Streamed(createPipeline(this.#manifest), exchange, deadline, this.#close)
    } catch (error) {
      // What went wrong first is what counts.
      await this.#close().catch(() => {})
      throw error
    }
    return this.#streamed.next()
  }

  #send(request: HttpRequest, signal: AbortSignal): Exchange {
    const connection = this.#pool.take(request.origin)
    const exchange = new Exchange(connection, this.#call.onWire)
    this.#connection = connection
    this.#exchange = exchange
    this.#unlink = onAbort(signal, (reason) => {
      exchange.abort(reason)
      void connection.destroy()
    })
    connection.send(request, exchange)
    return exchange
  }

  readonly #close = (): Promise<void> => {
    this.#over = true
    this.#closed ??= this.#leave()
    return this.#closed
  }

  async #leave(): Promise<void> {
    this.#unlink()
    this.#deadline?.clear()
    if (this.#connection === undefined) return
    if (this.#exchange?.ended && !this.#deadline?.signal.aborted) this.#pool.give(this.#connection)
    else await this.#connection.destroy()
  }
}
