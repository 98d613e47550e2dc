import type { Chunk } from '@braid/core'
import type { Clock } from './clock.ts'
import { areOne, isDelta, joined, Patience } from './coalesce.ts'
import { type Lane, weightOf } from './lane.ts'
import type { Entry, Log } from './log.ts'

export type FlowChunk = readonly [operationId: string, chunk: Chunk]

type Result = IteratorResult<FlowChunk, undefined>
const DONE: Result = Object.freeze({ value: undefined, done: true })

export interface CursorOptions {
  /** Whether it reads a lane; without it, it reads all of them. */
  readonly reads?: (lane: Lane) => boolean
  /** Deltas of one block that came within so many milliseconds are read as one. */
  readonly coalesce?: { readonly ms: number; readonly clock: Clock } | undefined
  /** The number of the last chunk that the reader has had from elsewhere. */
  readonly after?: number
  /** Called once, when the reader leaves before the end. `return()` resolves when this has. */
  onLeave(): Promise<void>
  /** What the reading ends with: resolves, or rejects with what the reader is to be told. */
  onEnd(): Promise<void>
}

/**
 * One reader's place in the log: what it asked for and has not taken yet. Any number of `next()` may be pending at once; each gets one
 * tuple, in order. Leaving settles them all.
 */
export class Cursor implements AsyncIterableIterator<FlowChunk, undefined> {
  readonly #log: Log
  readonly #options: CursorOptions
  readonly #patience: Patience | undefined
  /** A producer waits for room: what waits for its neighbours waits no longer. */
  #hurried = false
  /** Entries not yet taken; the one at `#head` up to `#offset` is. */
  #backlog: Entry[] = []
  #head = 0
  #offset = 0
  readonly #chunks: number[] = []
  readonly #bytes: number[] = []
  readonly #waiting: { resolve(result: Result | Promise<Result>): void }[] = []
  #finished = false
  #left: Promise<void> | undefined
  #ending: Promise<Result> | undefined
  /** How many chunks it has still to read. */
  behind = 0
  /** Whether its reader has yet to start, and cannot read before that. */
  idle = false
  /** The number, in the run, of the chunk handed out last. */
  seq = 0

  constructor(log: Log, options: CursorOptions) {
    this.#log = log
    this.#options = options
    this.seq = options.after ?? 0
    const { coalesce } = options
    if (coalesce) this.#patience = new Patience(coalesce.clock, coalesce.ms, () => this.serve())
    log.attach(this)
  }

  chunksOf(lane: Lane): number {
    return this.#chunks[lane.index] ?? 0
  }

  bytesOf(lane: Lane): number {
    return this.#bytes[lane.index] ?? 0
  }

  /** For the log: something was said. */
  offer(entry: Entry): void {
    const { lane, chunks } = entry
    if (this.#options.reads && !this.#options.reads(lane)) return
    let weight = 0
    let redacts = false
    for (const chunk of chunks) {
      weight += weightOf(chunk)
      if (chunk.type === 'redaction') redacts = true
    }
    this.#chunks[lane.index] = this.chunksOf(lane) + chunks.length
    this.#bytes[lane.index] = this.bytesOf(lane) + weight
    this.behind += chunks.length
    this.#backlog.push(this.#patience ? { ...entry, at: this.#patience.now() } : entry)
    if (redacts) for (const chunk of chunks) if (chunk.type === 'redaction') this.#redact(lane, chunk.id)
  }

  /** What a block said that was taken back, and that nobody has read yet, nobody will. The chunks stay, empty: their numbers are given. */
  #redact(lane: Lane, blockId: string): void {
    this.#backlog = this.#backlog.map((entry) => {
      if (entry.lane !== lane) return entry
      const chunks = entry.chunks.map((chunk) => {
        // An object is made of text, and which one is not known any more.
        if (chunk.type === 'object') return { ...chunk, object: undefined }
        return 'data' in chunk && chunk.id === blockId ? emptied(chunk) : chunk
      })
      return { ...entry, chunks }
    })
    this.#bytes[lane.index] = this.#unread(lane).reduce((sum, chunk) => sum + weightOf(chunk), 0)
  }

  #unread(lane: Lane): readonly Chunk[] {
    return this.#backlog.slice(this.#head).flatMap((entry, place) => {
      if (entry.lane !== lane) return []
      return place === 0 ? entry.chunks.slice(this.#offset) : entry.chunks
    })
  }

  /** For the log: hands what there is to those who wait for it. */
  serve(): void {
    while (this.#waiting.length > 0 && this.#ripe()) this.#waiting.shift()?.resolve(this.#take())
  }

  /** For the log: a producer waits for this reader. */
  hurry(): void {
    if (!this.#patience) return
    this.#hurried = true
    this.serve()
  }

  /** For the log: nothing more will be said. */
  finish(): void {
    this.#finished = true
    this.serve()
    for (const { resolve } of this.#waiting.splice(0)) resolve(this.#end())
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    if (this.#left) return this.#left.then(() => DONE)
    if (this.#waiting.length === 0) {
      if (this.#ripe()) return Promise.resolve(this.#take())
      if (this.#finished) return this.#end()
    }
    return new Promise((resolve) => this.#waiting.push({ resolve }))
  }

  return(): Promise<Result> {
    this.#left ??= this.#leave()
    return this.#left.then(() => DONE)
  }

  /** Whether there is something to read now. A delta that might have neighbours waits for them. */
  #ripe(): boolean {
    if (this.behind === 0) return false
    if (!this.#patience || this.#finished || this.#hurried) return true
    const { at, chunks } = this.#backlog[this.#head] as Entry
    const first = chunks[this.#offset] as Chunk
    return !areOne(first, this.#lastSaid()) || this.#patience.isOver(at as number)
  }

  /** The last chunk that waits, or that before it where it is an object: text may come that makes another of it. */
  #lastSaid(): Chunk {
    const last = (this.#backlog.at(-1) as Entry).chunks
    return last.findLast(({ type }) => type !== 'object') ?? (last.at(-1) as Chunk)
  }

  #take(): Result {
    const { lane } = this.#backlog[this.#head] as Entry
    const chunk = this.#takeOne()
    if (!this.#patience) return { value: [lane.operationId, chunk], done: false }
    this.#patience.end()
    this.#hurried = false
    if (!isDelta(chunk)) return { value: [lane.operationId, chunk], done: false }
    const deltas = [chunk]
    for (;;) {
      if (this.#isOvertaken(lane, chunk)) this.#takeOne()
      const [next] = this.#ahead(lane)
      if (!next || !areOne(chunk, next)) break
      deltas.push(this.#takeOne() as typeof chunk)
    }
    return { value: [lane.operationId, joined(deltas)], done: false }
  }

  /** Whether an object is next that another one follows as soon as more of this block was said: nobody misses it. */
  #isOvertaken(lane: Lane, delta: Chunk): boolean {
    let said = -1
    for (const chunk of this.#ahead(lane)) {
      if (said < 0 ? chunk.type === 'object' : areOne(delta, chunk)) said += 1
      else return said > 0 && chunk.type === 'object'
    }
    return false
  }

  /** What is to be read next, as long as it is of this lane. */
  *#ahead(lane: Lane): Generator<Chunk, void> {
    let offset = this.#offset
    for (let at = this.#head; this.#backlog[at]?.lane === lane; at += 1) {
      const { chunks } = this.#backlog[at] as Entry
      for (; offset < chunks.length; offset += 1) yield chunks[offset] as Chunk
      offset = 0
    }
  }

  #takeOne(): Chunk {
    const entry = this.#backlog[this.#head] as Entry
    const { lane, chunks } = entry
    const chunk = chunks[this.#offset] as Chunk
    this.seq = entry.first + this.#offset
    this.#offset += 1
    if (this.#offset === chunks.length) this.#drop()
    this.behind -= 1
    this.#chunks[lane.index] = this.chunksOf(lane) - 1
    this.#bytes[lane.index] = this.bytesOf(lane) - weightOf(chunk)
    this.#log.taken(lane)
    return chunk
  }

  /** The first entry was taken whole. Taken entries are cut off now and then, not one by one. */
  #drop(): void {
    this.#offset = 0
    this.#head += 1
    if (this.#head === this.#backlog.length) {
      this.#backlog = []
      this.#head = 0
    } else if (this.#head >= 1_024) {
      this.#backlog = this.#backlog.slice(this.#head)
      this.#head = 0
    }
  }

  /** The first to arrive at the end is told how it ended; whoever asks again is told that it is over. */
  #end(): Promise<Result> {
    const told = this.#ending !== undefined
    this.#ending ??= this.#options.onEnd().then(() => DONE)
    return told ? this.#ending.catch(() => DONE) : this.#ending
  }

  /** Has read all that it wants: holds nobody any more, and that is no leaving. False when it has left already. */
  retire(): boolean {
    if (this.#left) return false
    this.#left = Promise.resolve()
    this.#detach()
    return true
  }

  #detach(): void {
    this.#patience?.end()
    const unread = new Set(this.#backlog.slice(this.#head).map((entry) => entry.lane))
    this.#backlog = []
    this.#head = 0
    this.behind = 0
    this.#chunks.length = 0
    this.#bytes.length = 0
    this.#log.detach(this, unread)
  }

  async #leave(): Promise<void> {
    this.#detach()
    if (!this.#finished) await this.#options.onLeave()
    for (const { resolve } of this.#waiting.splice(0)) resolve(DONE)
  }
}

function emptied<C extends Chunk & { readonly data: string }>(chunk: C): C {
  const { rawResponse: _, ...rest } = chunk
  return { ...(rest as C), data: '' }
}
