import { ChunkStream, type ModelChunk, type ModelStream, onAbort } from '@braid/core'
import type { Manifest } from '../manifest.ts'
import { withinTimeouts } from '../timed-batches.ts'
import { type Timeouts, timeoutsOf } from '../timeouts.ts'
import { Backlog } from './backlog.ts'
import { Meter, type StreamCallback, told } from './callback.ts'
import { ReadAhead } from './read-ahead.ts'
import { closeSource, isPromise, readSource } from './read-source.ts'
import type { StreamSource } from './source.ts'
import { type MessageOptions, StreamingMessage } from './streaming-message.ts'

export interface StreamConfig extends MessageOptions {
  /** `false` reads the source whole before it gives the first chunk. Default true. */
  readonly enabled?: boolean
  /**
   * How much may be read ahead of the reader, beside one read of the source: 64 chunks and 256 KiB of content by default. 0 reads only when the
   * reader asks.
   */
  readonly buffer?: { readonly chunks?: number; readonly bytes?: number }
  /** A number is `total`. `connect` is for a source that is a promise; `first` and `idle` count while the source is waited for. */
  readonly timeout?: number | Timeouts
  /** `false` gives tool calls whole, as `tool-call`, and not as they are written. Default true. */
  readonly toolStreaming?: boolean
}

export interface ProcessOptions {
  readonly signal?: AbortSignal
  readonly callback?: StreamCallback
}

type Batch = readonly ModelChunk[]

const DEFAULT_ROOM = { chunks: 64, bytes: 256 * 1024 }

/**
 * A provider's stream that you already hold, as chunks.
 *
 * @example
 * const processor = new StreamProcessor(family('openai-chat'), { timeout: { idle: 30_000 } })
 * for await (const chunk of processor.process(await fetch(url, request))) if (chunk.type === 'text-delta') print(chunk.data)
 */
export class StreamProcessor {
  readonly #manifest: Manifest
  readonly #config: StreamConfig
  readonly #timeouts: Required<Timeouts>

  /** Throws `invalid_request` for a timeout that is no time. */
  constructor(manifest: Manifest, config: StreamConfig = {}) {
    this.#manifest = manifest
    this.#config = config
    this.#timeouts = timeoutsOf(config.timeout)
  }

  /**
   * Reads bytes, a `fetch` Response (or the promise of one), a Node or web stream, or the events of a client that decoded them already, such as
   * AWS's. Nothing is read before the result is. The source is closed when the stream ends, fails, is left or `signal` aborts; a foreign iterator
   * that is waiting then is told, and not waited for.
   *
   * The stream yields what came and then throws: `stream_truncated`, `timeout`, what the provider reported, or the signal's reason.
   */
  process(source: StreamSource, { signal, callback = {} }: ProcessOptions = {}): ModelStream {
    let begun = false
    const unlink = signal === undefined ? () => {} : onAbort(signal, () => begun || void abandon(source))
    return new ChunkStream((linked) => {
      begun = true
      unlink()
      return this.#read(source, callback, linked)
    }, signal)
  }

  #read(source: StreamSource, callback: StreamCallback, signal: AbortSignal): AsyncGenerator<Batch, void> {
    const { enabled = true, buffer, toolStreaming = true } = this.#config
    const message = new StreamingMessage(this.#config)
    const meter = new Meter()
    const { connect, ...limits } = this.#timeouts
    const timed = (linked: AbortSignal) =>
      withinTimeouts(
        { connect, ...limits },
        this.#manifest.id,
        (inner) => readSource(this.#manifest, source, { connect, onBytes: meter.onBytes, signal: inner }),
        linked,
      )
    const shown = (linked: AbortSignal) => shownOf(timed(linked), message, toolStreaming)
    const batches = enabled
      ? new ReadAhead(shown, { ...DEFAULT_ROOM, ...buffer }, signal)
      : whole(shown(signal), signal)
    return told(batches, message, meter, callback, signal)
  }
}

/** What the message lets through, and of tool input only what is asked for. */
async function* shownOf(
  batches: AsyncIterable<Batch>,
  message: StreamingMessage,
  toolStreaming: boolean,
): AsyncGenerator<Batch, void> {
  for await (const batch of batches) {
    const shown: ModelChunk[] = []
    let failure: { readonly error: unknown } | undefined
    try {
      for (const chunk of batch) {
        const allowed = message.push(chunk)
        if (allowed !== undefined && (toolStreaming || !TOOL_INPUT.has(allowed.type))) shown.push(allowed)
      }
    } catch (error) {
      failure = { error }
    }
    if (shown.length > 0) yield shown
    if (failure) throw failure.error
  }
}

const TOOL_INPUT: ReadonlySet<ModelChunk['type']> = new Set(['tool-input-start', 'tool-input-delta', 'tool-input-end'])

/** All of it at once, when it is over; what came before a failure, and then the failure. */
async function* whole(batches: AsyncIterable<Batch>, signal: AbortSignal): AsyncGenerator<Batch, void> {
  const all = new Backlog()
  let failure: { readonly error: unknown } | undefined
  try {
    for await (const batch of batches) all.add(batch)
  } catch (error) {
    failure = { error }
  }
  signal.throwIfAborted()
  for (let batch = all.take(); batch !== undefined; batch = all.take()) yield batch
  if (failure) throw failure.error
}

/** Nobody will read it. */
async function abandon(source: StreamSource): Promise<void> {
  try {
    await closeSource(isPromise(source) ? await source : source)
  } catch {
    // It never came, or somebody else has it.
  }
}
