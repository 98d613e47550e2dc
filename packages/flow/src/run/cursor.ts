import { Backlog } from './backlog.ts'
import type { Clock } from './clock.ts'
import { Coalescing } from './coalesce.ts'
import type { Lane } from './lane.ts'
import type { Entry, Log } from './log.ts'
import type { FlowChunk, Tuples } from './tuples.ts'

type Result = IteratorResult<FlowChunk, undefined>
const DONE: Result = Object.freeze({ value: undefined, done: true })

export interface CursorOptions {
  /** Whether it reads a lane; without it, it reads all of them. */
  readonly reads?: (lane: Lane) => boolean
  /** Deltas of one block that came within so many milliseconds are read as one. */
  readonly coalesce?: { readonly ms: number; readonly clock: Clock } | undefined
  /** The number of the last chunk that the reader has had from elsewhere. */
  readonly after?: number
  /** Set where it holds nobody: when it falls behind by more chunks than this it is `lost`, and what it has not handed out is to be read elsewhere. */
  readonly follows?: number
  /** What was said already, and is to be read first. */
  readonly given?: readonly Entry[]
  /** Called once, when the reader leaves before the end. `return()` resolves when this has. */
  onLeave(): Promise<void>
  /** Called once, when it has read all that it wants. */
  onRetire?(): void
  /** What the reading ends with: resolves, or rejects with what the reader is to be told. */
  onEnd(): Promise<void>
}

/**
 * One reader's place in the log: what it asked for and has not taken yet. Any number of `next()` may be pending at once; each gets one
 * tuple, in order. Leaving settles them all.
 */
export class Cursor implements Tuples {
  readonly #log: Log
  readonly #options: CursorOptions
  readonly #backlog: Backlog
  readonly #coalescing: Coalescing | undefined
  readonly #waiting: { resolve(result: Result | Promise<Result>): void }[] = []
  #finished = false
  #left: Promise<void> | undefined
  #ending: Promise<Result> | undefined
  /** What is read live is of this process. */
  readonly past = 0
  /** Whether its reader has yet to start, and cannot read before that. */
  idle = false
  #lost = false

  constructor(log: Log, options: CursorOptions) {
    this.#log = log
    this.#options = options
    this.#backlog = new Backlog(options.after ?? 0)
    const { coalesce } = options
    if (coalesce) this.#coalescing = new Coalescing(coalesce.clock, coalesce.ms, () => this.serve())
    for (const entry of options.given ?? []) this.offer(entry)
    log.attach(this)
  }

  /** Whether it holds nobody. */
  get follows(): boolean {
    return this.#options.follows !== undefined
  }

  /** Whether it fell behind, and ended where it was. */
  get lost(): boolean {
    return this.#lost
  }

  /** How many chunks it has still to read. */
  get behind(): number {
    return this.#backlog.length
  }

  /** The number, in the run, of the chunk handed out last. */
  get seq(): number {
    return this.#backlog.seq
  }

  chunksOf(lane: Lane): number {
    return this.#backlog.chunksOf(lane)
  }

  bytesOf(lane: Lane): number {
    return this.#backlog.bytesOf(lane)
  }

  /** For the log: something was said. */
  offer(entry: Entry): void {
    if (this.#options.reads && !this.#options.reads(entry.lane)) return
    if (this.#lost) return
    this.#backlog.push(this.#coalescing ? this.#coalescing.arrived(entry) : entry)
    const { follows } = this.#options
    if (follows === undefined || this.#backlog.length <= follows) return
    this.#lost = true
    this.#detach()
    for (const { resolve } of this.#waiting.splice(0)) resolve(DONE)
  }

  /** For the log: hands what there is to those who wait for it. */
  serve(): void {
    while (this.#waiting.length > 0 && this.#isRipe()) this.#waiting.shift()?.resolve(this.#take())
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
    if (this.#lost) return Promise.resolve(DONE)
    if (this.#waiting.length === 0) {
      if (this.#isRipe()) return Promise.resolve(this.#take())
      if (this.#finished) return this.#end()
    }
    return new Promise((resolve) => this.#waiting.push({ resolve }))
  }

  return(): Promise<Result> {
    this.#left ??= this.#leave()
    return this.#left.then(() => DONE)
  }

  /** Whether there is something to read now. */
  #isRipe(): boolean {
    if (this.#backlog.length === 0) return false
    return !this.#coalescing || this.#finished || this.#coalescing.isRipe(this.#backlog)
  }

  #take(): Result {
    const { lane } = this.#backlog.next
    const chunk = this.#coalescing ? this.#coalescing.take(this.#backlog) : this.#backlog.take()
    // Last, for whoever goes on in the room that there is now may speak at once.
    this.#log.taken(lane)
    return { value: [lane.operationId, chunk], done: false }
  }

  /** The first to arrive at the end is told how it ended; whoever asks again is told that it is over. */
  #end(): Promise<Result> {
    const told = this.#ending !== undefined
    this.#ending ??= this.#options.onEnd().then(() => DONE)
    return told ? this.#ending.catch(() => DONE) : this.#ending
  }

  retire(): boolean {
    if (this.#left) return false
    this.#left = Promise.resolve()
    this.#detach()
    this.#options.onRetire?.()
    return true
  }

  #detach(): void {
    this.#coalescing?.end()
    this.#log.detach(this, this.#backlog.clear())
  }

  async #leave(): Promise<void> {
    this.#detach()
    if (!this.#finished) await this.#options.onLeave()
    for (const { resolve } of this.#waiting.splice(0)) resolve(DONE)
  }
}
