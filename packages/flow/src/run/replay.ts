import type { Chunk, LogPage, RunReads, RunRecord } from '@braid/core'
import { type Logged, unpack } from '../journal/page.ts'
import { pagesOf } from '../journal/packing.ts'
import type { Clock } from './clock.ts'
import { areOne, type Delta, isDelta, joined } from './coalesce.ts'
import { Cursor } from './cursor.ts'
import type { Entry } from './log.ts'
import type { Run } from './run.ts'
import { standingOf } from './standing.ts'
import type { FlowChunk, Tuples } from './tuples.ts'

type Result = IteratorResult<FlowChunk, undefined>

/** How often the store is asked for more of a run that another process has, in milliseconds. */
const POLL_MS = 50

/** How many chunks a reader may be behind, and still be served from memory. */
const BEHIND = 1_024

export interface ReplayOptions {
  readonly runId: string
  readonly runs: RunReads
  readonly clock: Clock
  /** The number of the last chunk that the reader has had. */
  readonly after: number
  readonly reads: ((operationId: string) => boolean) | undefined
  /** Deltas of one block that came within so many milliseconds are read as one. */
  readonly coalesce: number | undefined
  /** How many times faster than it was; without it, what was is read at once. */
  readonly pace: number | undefined
  /** The run, where it is of this process. */
  readonly live: Run | undefined
  /** Up to which number what was said is of an earlier process. */
  readonly past: number
  /** What the reading ends with: resolves, or rejects with what the reader is to be told. `record`: the run, where it is not of this process. */
  onEnd(record: RunRecord | undefined): Promise<unknown>
}

/**
 * One reader of a run that is kept: what was, from the store, and then what is, from the log of this process or, where the run is another
 * one's, from the store as it grows. It holds nobody: when it falls behind, it goes on from the store.
 *
 * Invariant: what is in the store and what is not yet are looked at in one synchronous turn, so nothing is missed and nothing told twice.
 */
export class Replay implements Tuples {
  readonly past: number
  #seq: number
  readonly #options: ReplayOptions
  readonly #generator: AsyncGenerator<FlowChunk, undefined>
  /** The number of the last chunk that was looked at. */
  #position: number
  #cursor: Cursor | undefined
  #left = false
  #wake = (): void => {}

  constructor(options: ReplayOptions) {
    this.#options = options
    this.past = options.past
    this.#seq = options.after
    this.#position = options.after
    this.#generator = this.#tuples()
  }

  get seq(): number {
    return this.#seq
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  next(): Promise<Result> {
    return this.#generator.next() as Promise<Result>
  }

  async return(): Promise<Result> {
    this.retire()
    await this.#generator.return(undefined)
    return { value: undefined, done: true }
  }

  retire(): boolean {
    if (this.#left) return false
    this.#left = true
    void this.#cursor?.return()
    this.#wake()
    return true
  }

  async *#tuples(): AsyncGenerator<FlowChunk, undefined> {
    const { live, runs, runId } = this.#options
    for (;;) {
      const from = this.#position
      // Before the log is read: of a run that has ended by now, the log is whole.
      const record = live ? undefined : await runs.run(runId)
      const over = live ? live.isOver : standingOf(record, runId) !== 'running'
      yield* this.#stored()
      if (this.#left) return undefined
      if (over) {
        await this.#options.onEnd(record)
        return undefined
      }
      if (live) yield* this.#followed(live)
      else if (this.#position === from) await this.#sleep(POLL_MS)
      if (this.#left) return undefined
    }
  }

  async *#stored(): AsyncGenerator<FlowChunk, void> {
    const { runs, runId, coalesce, pace } = this.#options
    let last: number | undefined
    for await (const page of pagesOf(runs, runId, this.#position)) {
      const logged = await this.#wanted(page)
      for (const { seq, operationId, chunk, at } of coalesce === undefined
        ? logged
        : neighboursJoined(logged, coalesce)) {
        if (pace !== undefined && last !== undefined && at > last) await this.#sleep((at - last) / pace)
        last = at
        if (this.#left) return
        this.#position = seq
        this.#seq = seq
        yield [operationId, chunk]
      }
      this.#position = Math.max(this.#position, page.first + page.count - 1)
      if (this.#left) return
    }
  }

  async #wanted(page: LogPage): Promise<readonly Logged[]> {
    const { reads } = this.#options
    const position = this.#position
    const logged = await unpack(page)
    return logged.filter(({ seq, operationId }) => seq > position && (reads?.(operationId) ?? true))
  }

  /** From the run itself, where the store has no more: until it has ended, or this reader has fallen behind. */
  async *#followed(run: Run): AsyncGenerator<FlowChunk, void> {
    const { journal, log } = run
    if (!journal || this.#position < journal.flushed) return
    const { reads, coalesce, clock } = this.#options
    const given = rest(journal.unwritten, this.#position)
    const cursor = new Cursor(log, {
      given,
      after: this.#position,
      follows: given.reduce((sum, { chunks }) => sum + chunks.length, BEHIND),
      coalesce: coalesce === undefined ? undefined : { ms: coalesce, clock },
      ...(reads ? { reads: (lane) => reads(lane.operationId) } : {}),
      onLeave: async () => {},
      onEnd: async () => {},
    })
    this.#cursor = cursor
    try {
      for (let next = await cursor.next(); !next.done; next = await cursor.next()) {
        this.#seq = cursor.seq
        this.#position = cursor.seq
        yield next.value
      }
    } finally {
      this.#cursor = undefined
      cursor.retire()
    }
  }

  #sleep(ms: number): Promise<void> {
    if (this.#left) return Promise.resolve()
    return new Promise((resolve) => {
      const stop = this.#options.clock.after(ms, resolve)
      this.#wake = () => {
        stop()
        resolve()
      }
    })
  }
}

/** What of these comes after this number. */
function rest(entries: readonly Entry[], after: number): readonly Entry[] {
  return entries.flatMap((entry) => {
    const { lane, chunks, first } = entry
    if (first > after) return [entry]
    const left = chunks.slice(after + 1 - first)
    return left.length === 0 ? [] : [{ lane, chunks: left, first: after + 1 }]
  })
}

/** Neighbouring deltas of one block that came within so many milliseconds, as one; its number is that of the last. */
function* neighboursJoined(logged: readonly Logged[], ms: number): Generator<Logged, void> {
  for (let at = 0; at < logged.length; ) {
    const first = logged[at] as Logged
    const run: Logged[] = [first]
    for (at += 1; at < logged.length; at += 1) {
      const next = logged[at] as Logged
      if (!isDelta(first.chunk) || next.operationId !== first.operationId || next.at - first.at > ms) break
      if (!areOne(first.chunk, next.chunk)) break
      run.push(next)
    }
    const chunk: Chunk = isDelta(first.chunk) ? joined(run.map((each) => each.chunk as Delta)) : first.chunk
    yield { ...(run.at(-1) as Logged), chunk }
  }
}
