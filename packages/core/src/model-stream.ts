import { checkSignal } from './abort.ts'
import { Assembler } from './assemble.ts'
import type { ModelChunk } from './chunk.ts'
import { BraidError } from './error.ts'
import type { AssistantContent, Message } from './message.ts'
import type { ModelStream } from './model.ts'
import { type BatchSource, type Ending, Reader } from './reader.ts'

const NEVER = new AbortController().signal

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
  /** The message as it was when the reading ended. */
  #last: Message<AssistantContent> | undefined

  constructor(source: BatchSource, signal: AbortSignal = NEVER) {
    checkSignal(signal)
    this.#source = source
    this.#signal = signal
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
    return this.#last ?? this.#message.snapshot()
  }

  batches(): AsyncIterableIterator<readonly ModelChunk[], undefined> {
    return this.#reader((batch) => [batch])
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<ModelChunk, undefined> {
    return this.#reader((batch) => batch)
  }

  text(): AsyncIterableIterator<string, undefined> {
    return this.#reader(textOf)
  }

  candidate(index: number): AsyncIterableIterator<ModelChunk, undefined> {
    return this.#reader((batch) => batch.filter((chunk) => chunk.candidate === index))
  }

  #reader<T>(items: (batch: readonly ModelChunk[]) => readonly T[]): Reader<T> {
    if (this.#read) {
      throw new BraidError(
        'already_read',
        'a model stream is read once, and this one has a reader; for the whole message await its `response`, for another answer call `invoke` again',
      )
    }
    this.#read = true
    return new Reader(this.#source, this.#signal, { items, onBatch: this.#assemble, onEnd: this.#end })
  }

  readonly #assemble = (batch: readonly ModelChunk[]): void => {
    for (let at = 0; at < batch.length; ) {
      const chunk = batch[at]!
      const to = endOfRun(batch, at)
      this.#message.push(to === at + 1 ? chunk : whole(batch.slice(at, to) as readonly Delta[]))
      at = to
    }
  }

  readonly #end = (ending: Ending): void => {
    this.#last = this.#message.snapshot()
    if (ending.type === 'end') this.#resolve(this.#last)
    else if (ending.type === 'failed') this.#reject(ending.error)
    else this.#reject(new BraidError('cancelled', 'the reader left before the answer was complete'))
  }

  async #drain(): Promise<void> {
    try {
      for await (const _ of this.batches());
    } catch {
      // `response` carries it.
    }
  }
}

function textOf(batch: readonly ModelChunk[]): readonly string[] {
  const texts: string[] = []
  for (const chunk of batch) if (chunk.type === 'text-delta' && chunk.candidate === 0) texts.push(chunk.data)
  return texts
}

type Delta = Extract<ModelChunk, { data: string }>

/** Where the deltas end that say one block's text on. */
function endOfRun(batch: readonly ModelChunk[], from: number): number {
  const first = batch[from]!
  let at = from + 1
  if (!isDelta(first)) return at
  for (; at < batch.length; at++) {
    const chunk = batch[at]!
    if (chunk.type !== first.type || chunk.id !== first.id || chunk.candidate !== first.candidate) break
  }
  return at
}

function isDelta(chunk: ModelChunk): chunk is Delta {
  const { type } = chunk
  return type === 'text-delta' || type === 'reasoning-delta' || type === 'tool-input-delta' || type === 'refusal-delta'
}

/** A network read's words as one: appended one by one, each would be a link of a chain that lives, and is collected, as long as the answer. */
function whole(deltas: readonly Delta[]): Delta {
  return { ...deltas[0]!, data: deltas.map(({ data }) => data).join('') }
}
