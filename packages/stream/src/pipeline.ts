import { asBraidError, BraidError, type ModelChunk } from '@braid/core'
import { Answer } from './answer/answer.ts'
import { createDecoder, type Decoder } from './decoders/decoder.ts'
import { incompleteAnswer } from './incomplete.ts'
import { DEFAULT_FRAME_BYTES, type Limits } from './limits.ts'
import type { Manifest } from './manifest.ts'
import { providerErrorOf } from './provider-error.ts'

/**
 * One answer's way from bytes to chunks. Synchronous, and used once.
 *
 * However the bytes are cut, the chunks are the same, and so is the error after them, if there is one. A call that has chunks to hand over
 * returns them and leaves what went wrong behind them in `failure`; a call that has none throws it, and so does every later call.
 *
 * @example
 * const pipeline = createPipeline(family('openai-chat'))
 * for await (const bytes of body) {
 *   yield pipeline.push(bytes)
 *   if (pipeline.failure) throw pipeline.failure
 * }
 * yield pipeline.end()
 * if (pipeline.failure) throw pipeline.failure
 */
export interface Pipeline {
  /**
   * The bytes of one network read in, chunks out, possibly none.
   * Throws what the provider reported (`rate_limited`, `overloaded`, …), `malformed_frame` or `frame_too_large`.
   */
  push(bytes: Uint8Array): readonly ModelChunk[]
  /** One event that somebody else has decoded, such as an AWS client's, named by its key: `{ contentBlockDelta: … }`. Otherwise like `push`. */
  event(event: object): readonly ModelChunk[]
  /** The bytes are over: gives what was still held back. Throws `stream_truncated` when the protocol's end has not come. */
  end(): readonly ModelChunk[]
  /**
   * Whether the protocol's end has been seen: whatever the transport does after it is no truncation, and `end()` may be called
   * instead of waiting for it.
   */
  readonly complete: boolean
  /** What went wrong after the chunks that were last returned. */
  readonly failure: BraidError | undefined
}

/** A pipeline for one answer. */
export function createPipeline(manifest: Manifest, limits: Limits = {}): Pipeline {
  return new BytePipeline(manifest, limits.frameBytes ?? DEFAULT_FRAME_BYTES)
}

const NONE: readonly ModelChunk[] = Object.freeze([])

class BytePipeline implements Pipeline {
  readonly #manifest: Manifest
  readonly #answer: Answer
  readonly #decoder: Decoder
  readonly #doneSignal: string | undefined
  readonly #binary: boolean
  #frames = 0
  #over = false
  /** Whether the last piece was no whole frame. */
  #torn = false
  #failure: BraidError | undefined

  constructor(manifest: Manifest, frameBytes: number) {
    this.#manifest = manifest
    this.#answer = new Answer(manifest.protocol)
    const { format, done_signal } = manifest.data.streaming.decoder
    this.#doneSignal = done_signal?.toLowerCase()
    this.#binary = format === 'aws_eventstream'
    this.#decoder = createDecoder(
      format,
      {
        frame: (text, event) => this.#frame(text, event),
        error: (text) => this.#wireError(text),
        damaged: () => this.#damaged(),
      },
      frameBytes,
    )
  }

  get complete(): boolean {
    return this.#answer.complete
  }

  get failure(): BraidError | undefined {
    return this.#failure
  }

  push(bytes: Uint8Array): readonly ModelChunk[] {
    if (this.#failure) throw this.#failure
    if (this.#answer.ended || this.#over) return NONE
    try {
      this.#decoder.push(bytes)
    } catch (error) {
      this.#fail(error)
    }
    return this.#take()
  }

  event(event: object): readonly ModelChunk[] {
    if (this.#failure) throw this.#failure
    if (this.#answer.ended || this.#over) return NONE
    try {
      // What is wrapped inside is read as it is from the wire.
      if (this.#manifest.data.streaming.decoder.inner) this.#frame(JSON.stringify(event), undefined)
      else {
        this.#frames += 1
        this.#manifest.protocol.frame(event, this.#answer)
      }
    } catch (error) {
      this.#fail(error)
    }
    return this.#take()
  }

  end(): readonly ModelChunk[] {
    if (this.#failure) throw this.#failure
    if (this.#answer.ended || this.#over) return NONE
    this.#over = true
    try {
      this.#decoder.end()
      const whole = this.#manifest.data.streaming.completion !== 'clean_end' || !(this.#torn || this.#decoder.torn)
      if (this.#answer.complete && whole) this.#answer.end()
      else this.#failure = incompleteAnswer(this.#manifest.data, this.#decoder.foreign.trim(), this.#frames)
    } catch (error) {
      this.#fail(error)
    }
    return this.#take()
  }

  /** What comes behind the protocol's last event is not looked at when it comes in a read of its own; so it does not fail in the same one. */
  #fail(error: unknown): void {
    if (!this.#answer.ended) this.#failure = asBraidError(error, 'malformed_frame')
  }

  #take(): readonly ModelChunk[] {
    const chunks = this.#answer.take()
    if (chunks.length === 0 && this.#failure) throw this.#failure
    return chunks
  }

  #frame(text: string, event: string | undefined): void {
    if (this.#answer.ended) return
    // Some servers keep the connection alive with empty events, and a torn one may look like it. A message of AWS's is whole.
    if (text === '' && !this.#binary) return
    this.#frames += 1
    const frame = this.#parse(text, event)
    if (frame === undefined) return
    this.#manifest.protocol.frame(frame, this.#answer)
    // A provider that names an event `error` means it, whatever its data looks like.
    if (event === 'error') throw this.#providerError(frame)
  }

  /** Undefined for what is no frame: the done signal, and the torn last piece of a stream that stopped. */
  #parse(text: string, event: string | undefined): object | undefined {
    const frame = this.#manifest.protocol.read(text, event)
    if (frame !== undefined) return frame
    if (this.#isDone(text)) {
      this.#answer.end()
      return undefined
    }
    if (this.#over) {
      this.#torn = true
      return undefined
    }
    if (event === 'error') throw this.#providerError({ message: text })
    throw new BraidError(
      'malformed_frame',
      `${this.#manifest.id}: expected a JSON object in frame ${this.#frames}, found ${text.length} characters that are none. ` +
        'What came before it is kept; the request may be tried again.',
      { retryable: true },
    )
  }

  #damaged(): void {
    if (this.#answer.complete) return
    throw new BraidError(
      'malformed_frame',
      `${this.#manifest.id}: expected lines of server-sent events, found a damaged one after frame ${this.#frames}. ` +
        'What came before it is kept; the request may be tried again.',
      { retryable: true },
    )
  }

  /** In its spellings: with spaces, in quotes, in lower case. */
  #isDone(text: string): boolean {
    if (this.#doneSignal === undefined || text.length > this.#doneSignal.length + 16) return false
    return (
      text
        .trim()
        .replace(/^"(.*)"$/, '$1')
        .toLowerCase() === this.#doneSignal
    )
  }

  #wireError(text: string): never {
    let body: unknown = { message: text }
    try {
      const parsed: unknown = JSON.parse(text)
      if (typeof parsed === 'object' && parsed !== null) body = 'error' in parsed ? parsed : { error: parsed }
    } catch {
      // Plain words.
    }
    throw this.#providerError(body)
  }

  #providerError(body: unknown): BraidError {
    return providerErrorOf(this.#manifest.data, body, { where: 'in the middle of its stream' })
  }
}
