import { BraidError, type Chunk, type Operation } from '@braid/core'
import { Cursor, type FlowChunk } from './cursor.ts'
import type { DeepPartial } from './deep-partial.ts'
import { eventResponse } from './event-response.ts'
import type { Lane } from './lane.ts'
import type { Members } from './members.ts'
import type { Readers } from './readers.ts'
import { Reading } from './reading.ts'
import { webStream } from './web-stream.ts'

/** Where what is read comes from. */
export interface StreamSource {
  readonly runId: string
  readonly readers: Readers
  /** Milliseconds within which neighbouring deltas become one. */
  readonly coalesce: number | undefined
  /** The number of the last tuple that the readers have had already; without it, they begin wherever the run is. */
  readonly after?: number
  /** Whether the run has begun, or is about to, whoever reads it. */
  readonly begun: boolean
  /** Without beginning the run. */
  members(): Members
  begin(): Members
}

/**
 * A run, as it is read. Every way of reading it is a reader of its own; take them before the first one reads, for what was said before a
 * reader came is not kept for it.
 */
export class RunStream implements AsyncIterable<FlowChunk> {
  readonly runId: string
  readonly #source: StreamSource
  readonly #cursors: Cursor[] = []

  /** @internal */
  constructor(source: StreamSource) {
    this.#source = source
    this.runId = source.runId
  }

  /** The number of the tuple handed out last, from 1; 0 before the first. A reader who comes back gives it as `after`. */
  get seq(): number {
    return this.#cursors.reduce((seq, cursor) => Math.max(seq, cursor.seq), this.#source.after ?? 0)
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
    const ids = operation === undefined ? this.#source.members().heads : this.#ids(operation)
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
      ended: () => this.#source.members().run.ended(),
      clock: () => this.#source.members().plan.session.clock,
    })
  }

  #whole(): Cursor {
    const { after } = this.#source
    const { log } = this.#source.begin().run
    if (after !== undefined && after < log.length) throw gone(after, log.length)
    const cursor = this.#open(after === undefined ? {} : { after })
    this.#cursors.push(cursor)
    return cursor
  }

  #ids(operation: Operation | string): ReadonlySet<string> {
    return new Set([this.#source.members().idOf(operation)])
  }

  #open(how: { readonly reads?: (lane: Lane) => boolean; readonly after?: number } = {}): Cursor {
    const { readers, coalesce } = this.#source
    const { run, plan } = this.#source.begin()
    if (run.isOver && how.after === undefined) throw over()
    readers.enter()
    return new Cursor(run.log, {
      ...how,
      coalesce: coalesce === undefined ? undefined : { ms: coalesce, clock: plan.session.clock },
      onLeave: () => readers.leave(),
      onEnd: async () => void (await run.settled()),
    })
  }

  async *#chunks(ids: ReadonlySet<string>, onOpen: (cursor: Cursor) => void): AsyncGenerator<Chunk, void> {
    for await (const [, chunk] of this.#tuples(ids, () => false, onOpen)) yield chunk
  }

  /** What of the chunks of these it picks. What a group says is what it returns says. */
  async *#picked<T>(
    ids: ReadonlySet<string>,
    pick: (chunk: Chunk) => T | undefined,
    onOpen: (cursor: Cursor) => void,
  ): AsyncGenerator<T, void> {
    const members = this.#source.members()
    let whole = true
    for await (const [id, chunk] of this.#tuples(ids, members.speakingFor(ids), onOpen)) {
      const picked = pick(chunk)
      if (picked !== undefined) yield picked
      if (chunk.type === 'operation-end' && chunk.status !== 'completed' && ids.has(id)) whole = false
    }
    if (!whole) await members.run.settled()
  }

  /** What these and those like them say, until each of these has ended. The reader does not leave then; it has nothing more to read. */
  async *#tuples(
    ids: ReadonlySet<string>,
    reads: (lane: Lane) => boolean,
    onOpen: (cursor: Cursor) => void,
  ): AsyncGenerator<FlowChunk, void> {
    const members = this.#source.begin()
    const lanes = new Set<Lane>()
    for (const id of ids) {
      const lane = members.lane(id)
      if (lane?.opened) throw late(id)
      if (lane) lanes.add(lane)
    }
    if (lanes.size === 0) return
    const cursor = this.#open({ reads: (lane) => lanes.has(lane) || reads(lane) })
    onOpen(cursor)
    let open = lanes.size
    try {
      while (open > 0) {
        const next = await cursor.next()
        if (next.done) return
        const [id, chunk] = next.value
        if (chunk.type === 'operation-end' && ids.has(id)) open -= 1
        yield next.value
      }
    } finally {
      if (open > 0) await cursor.return()
      else if (cursor.retire()) this.#source.readers.retire()
    }
    // Who has read the last end there is may run the plan again at once.
    const { run } = members
    if (run.hasEnded) await run.settled().catch(() => {})
  }
}

function textOf(chunk: Chunk): string | undefined {
  return chunk.type === 'text-delta' && chunk.candidate === 0 ? chunk.data : undefined
}

function objectOf<T>(chunk: Chunk): DeepPartial<T> | undefined {
  return chunk.type === 'object' && chunk.candidate === 0 ? (chunk.object as DeepPartial<T>) : undefined
}

function over(): BraidError {
  return new BraidError(
    'already_read',
    'this run is over and its chunks were not kept for later readers; take every reader before the first one reads, or await its results',
  )
}

function late(id: string): BraidError {
  return new BraidError(
    'already_read',
    `operation "${id}" has said something already that was not kept for this reader; take every reader before the first one reads`,
  )
}

function gone(after: number, said: number): BraidError {
  return new BraidError(
    'already_read',
    `this run has said ${said} chunks, and those after number ${after} were not kept for a later reader; take it right after \`detach\`, or await the results`,
  )
}
