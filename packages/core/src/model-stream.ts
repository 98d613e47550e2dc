import { Assembler } from './assemble.ts'
import type { ModelChunk } from './chunk.ts'
import { asBraidError, BraidError } from './error.ts'
import type { AssistantContent, Message } from './message.ts'
import type { ModelStream } from './model.ts'

/** Where batches come from. Called once, at the first read; its `return()` resolves when everything is closed. */
export type BatchSource = (signal: AbortSignal) => AsyncIterator<readonly ModelChunk[], unknown>

/**
 * A {@link ModelStream} over a source of batches: assembles what passes, and lets one reader read.
 * Leaving the reader, or aborting `signal`, ends the source and waits until it has closed.
 */
export class ChunkStream implements ModelStream {
  readonly #source: BatchSource
  readonly #signal: AbortSignal
  readonly #message = new Assembler()
  readonly #ended: Promise<Message<AssistantContent>>
  #resolve!: (message: Message<AssistantContent>) => void
  #reject!: (error: unknown) => void
  #read = false

  constructor(source: BatchSource, signal?: AbortSignal) {
    this.#source = source
    this.#signal = signal ?? new AbortController().signal
    this.#ended = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // Who only loops never looks at `response`; its rejection is not a second, unhandled error.
    this.#ended.catch(() => {})
  }

  get response(): Promise<Message<AssistantContent>> {
    if (!this.#read) void this.#drain()
    return this.#ended
  }

  get partial(): Message<AssistantContent> {
    return this.#message.snapshot()
  }

  async *batches(): AsyncGenerator<readonly ModelChunk[], void> {
    if (this.#read) {
      throw new BraidError(
        'already_read',
        'a model stream is read once, and this one has a reader; for the whole message await its `response`, for another answer call `invoke` again',
      )
    }
    this.#read = true
    let source: AsyncIterator<readonly ModelChunk[], unknown> | undefined
    let failure: { error: unknown } | undefined
    let ended = false
    try {
      this.#signal.throwIfAborted()
      source = this.#source(this.#signal)
      for (;;) {
        const next = await source.next()
        if (next.done) break
        for (const chunk of next.value) this.#message.push(chunk)
        yield next.value
      }
      ended = true
    } catch (error) {
      // An abort passes as the reason that the caller gave; everything else has a name.
      failure = { error: this.#signal.aborted ? this.#signal.reason : asBraidError(error, 'unknown') }
      throw failure.error
    } finally {
      if (ended) this.#resolve(this.#message.snapshot())
      else {
        await source?.return?.()
        this.#reject(
          failure ? failure.error : new BraidError('cancelled', 'the reader left before the answer was complete'),
        )
      }
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ModelChunk, void> {
    for await (const batch of this.batches()) yield* batch
  }

  async *text(): AsyncGenerator<string, void> {
    for await (const batch of this.batches()) {
      for (const chunk of batch) if (chunk.type === 'text-delta' && chunk.candidate === 0) yield chunk.data
    }
  }

  async *candidate(index: number): AsyncGenerator<ModelChunk, void> {
    for await (const batch of this.batches()) {
      for (const chunk of batch) if (chunk.candidate === index) yield chunk
    }
  }

  async #drain(): Promise<void> {
    try {
      for await (const _ of this.batches());
    } catch {
      // `response` carries it.
    }
  }
}
