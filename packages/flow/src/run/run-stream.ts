import type { Chunk, Operation } from '@braid/core'
import type { Clock } from './clock.ts'
import type { DeepPartial } from './deep-partial.ts'
import { eventResponse } from './event-response.ts'
import { type Soon, soon } from './flow-source.ts'
import { Reading } from './reading.ts'
import type { RunEnd } from './run.ts'
import type { FlowChunk, Tuples } from './tuples.ts'
import { webStream } from './web-stream.ts'

/** Of what one reads, and what else says it: undefined for everything. */
export interface Selection {
  readonly ids: ReadonlySet<string>
  /** Whether what an operation says is what one of these says, which are groups. */
  readonly speaks: (operationId: string) => boolean
}

/** Where what is read comes from. */
export interface StreamSource {
  readonly runId: string
  /** The number of the last tuple that the readers have had already. */
  readonly after: number
  /** Whether the run has begun, or is about to, whoever reads it. */
  readonly begun: boolean
  readonly clock: Clock
  /** Throws `unknown_operation` and `foreign_operation`. */
  idOf(operation: Operation | string): Soon<string>
  /** The ids of those that nothing depends on. */
  readonly heads: Soon<ReadonlySet<string>>
  /** Whether what an operation says is what one of these says, which are groups: the text of a group is the text of what it returns. */
  speakingFor(ids: ReadonlySet<string>): (operationId: string) => boolean
  /** Begins the run where nobody has, and reads it. Undefined where none of what is selected has anything to say. */
  open(selection?: Selection): Opened | undefined
  /** Rejects with what a reader of the run is told. */
  settled(): Promise<unknown>
  /** Whether every operation has ended. */
  readonly hasEnded: boolean
  ended(): Promise<{ readonly status: RunEnd; readonly error?: unknown }>
}

/** What was opened: the tuples, and those of the selected operations whose ends are still to come. */
export interface Opened {
  readonly tuples: Tuples
  readonly ids: ReadonlySet<string>
}

/**
 * A run, as it is read. Every way of reading it is a reader of its own; take those of a `flowStream` before the first one reads, for what was
 * said before a reader came is not kept for it. `run.stream()` of a session on a file is read from the file, whenever a reader comes.
 */
export class RunStream implements AsyncIterable<FlowChunk> {
  readonly runId: string
  readonly #source: StreamSource
  readonly #readers: Tuples[] = []

  /** @internal */
  constructor(source: StreamSource) {
    this.#source = source
    this.runId = source.runId
  }

  /** The number of the tuple handed out last, from 1; 0 before the first. A reader who comes back gives it as `after`. */
  get seq(): number {
    return this.#readers.reduce((seq, reader) => Math.max(seq, reader.seq), this.#source.after)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<FlowChunk, undefined> {
    return this.#whole()
  }

  /** The chunks of one operation, up to and including its `operation-end`. None for one that completed in an earlier run. */
  operation(operation: Operation | string): AsyncIterableIterator<Chunk> {
    const ids = this.#ids(operation)
    return new Reading((onOpen) => this.#chunks(ids, onOpen))
  }

  /**
   * The text of one operation; without one, of those that nothing depends on. Rejects as the loop over the stream would when what it reads
   * does not complete.
   */
  text(operation?: Operation | string): AsyncIterableIterator<string> {
    const ids = operation === undefined ? this.#source.heads : this.#ids(operation)
    return new Reading((onOpen) => this.#picked(ids, textOf, onOpen))
  }

  /**
   * A structured result as it grows: what of it is there so far, each time that there is more. The result itself, checked, is in the
   * operation's outcome. Rejects as `text` does.
   *
   * @example
   * for await (const { title } of stream.partials(recipe)) console.log(title ?? '…')
   */
  partials<T>(operation: Operation<T>): AsyncIterableIterator<DeepPartial<T>> {
    const ids = this.#ids(operation)
    return new Reading((onOpen) => this.#picked(ids, objectOf<T>, onOpen))
  }

  /**
   * The tuples as a web stream, for what takes one: `pipeTo`, a worker. It reads no faster than it is read, fails as the loop would throw, and
   * cancelling it is leaving the loop.
   */
  toReadableStream(): ReadableStream<FlowChunk> {
    return webStream(() => this.#whole(), this.#source.begun)
  }

  /**
   * An answer of server-sent events, for a web handler. Each tuple is one event: `id` is its number, and `data` is
   * `{ operationId, chunk }` as JSON, without `metadata` and `rawResponse`, errors as `{ code, message, … }`, bytes in base64. The last event
   * is named `end` and says how the run ended, `{ status, error }`. The run is in the header `x-braid-run`. A client that leaves is a reader
   * that leaves.
   *
   * @example
   * export const POST = () => flowStream(builder).toResponse()
   */
  toResponse(): Response {
    const { runId, begun } = this.#source
    return eventResponse({
      runId,
      begun,
      open: () => this.#whole(),
      ended: () => this.#source.ended(),
      clock: () => this.#source.clock,
    })
  }

  #whole(): Tuples {
    const { tuples } = this.#source.open() as Opened
    this.#readers.push(tuples)
    return tuples
  }

  /** What is no operation of the run throws here, where that is known. */
  #ids(operation: Operation | string): Soon<ReadonlySet<string>> {
    const ids = soon(this.#source.idOf(operation), (id): ReadonlySet<string> => new Set([id]))
    // Whoever never reads is not to be told.
    if (ids instanceof Promise) ids.catch(() => {})
    return ids
  }

  async *#chunks(asked: Soon<ReadonlySet<string>>, onOpen: (tuples: Tuples) => void): AsyncGenerator<Chunk, void> {
    const ids = asked instanceof Promise ? await asked : asked
    for await (const [, chunk] of this.#tuples({ ids, speaks: () => false }, onOpen)) yield chunk
  }

  /** What of the chunks of these it picks. What a group says is what it returns says. */
  async *#picked<T>(
    asked: Soon<ReadonlySet<string>>,
    pick: (chunk: Chunk) => T | undefined,
    onOpen: (tuples: Tuples) => void,
  ): AsyncGenerator<T, void> {
    const ids = asked instanceof Promise ? await asked : asked
    const whole = new Map<string, boolean>()
    for await (const [id, chunk] of this.#tuples({ ids, speaks: this.#source.speakingFor(ids) }, onOpen)) {
      const picked = pick(chunk)
      if (picked !== undefined) yield picked
      if (chunk.type === 'operation-end' && ids.has(id)) whole.set(id, chunk.status === 'completed')
    }
    if ([...whole.values()].includes(false)) await this.#source.settled()
  }

  /** What these say, until each of them has ended. The reader does not leave then; it has nothing more to read. */
  async *#tuples(selection: Selection, onOpen: (tuples: Tuples) => void): AsyncGenerator<FlowChunk, void> {
    const opened = this.#source.open(selection)
    if (!opened) return
    const { tuples } = opened
    onOpen(tuples)
    const open = new Set(opened.ids)
    try {
      while (open.size > 0) {
        const next = await tuples.next()
        if (next.done) return
        const [id, chunk] = next.value
        const last = chunk.type === 'operation-end' && (chunk.status === 'completed' || tuples.seq > tuples.past)
        if (last) open.delete(id)
        yield next.value
      }
    } finally {
      if (open.size > 0) await tuples.return()
      else tuples.retire()
    }
    // Who has read the last end there is may run the plan again at once.
    if (this.#source.hasEnded) await this.#source.settled().catch(() => {})
  }
}

function textOf(chunk: Chunk): string | undefined {
  return chunk.type === 'text-delta' && chunk.candidate === 0 ? chunk.data : undefined
}

function objectOf<T>(chunk: Chunk): DeepPartial<T> | undefined {
  return chunk.type === 'object' && chunk.candidate === 0 ? (chunk.object as DeepPartial<T>) : undefined
}
