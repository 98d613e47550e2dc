import type { Chunk } from '@braid/core'
import type { Cursor } from './cursor.ts'
import type { Bounds, Lane } from './lane.ts'

/** Where a log goes besides its readers. */
export interface Book {
  append(entry: Entry): void
  /** Whether the run is to wait for it. */
  readonly full: boolean
}

/** Chunks that one operation said at once. `first` is the number of the first of them in the run, from 1. */
export interface Entry {
  readonly lane: Lane
  readonly chunks: readonly Chunk[]
  readonly first: number
  /** When it came, for a reader who wants to know. */
  readonly at?: number
}

/** A run whose slowest reader is this many chunks behind starts nothing new. */
const RUN_CHUNKS = 1_024

/** So many chunks, and everyone else gets a turn of the event loop. */
const CHUNKS_PER_TURN = 1_024

/**
 * The ordered chunks of a run. Operations append, readers hold cursors. An entry is kept for as long as a cursor that asked for it
 * has not passed it, and not at all when none did.
 *
 * Invariants: entries reach every cursor in the order they were appended; a lane has room when every cursor has less than its bound of
 * that lane still to read; the run has room when no cursor is `RUN_CHUNKS` behind.
 */
export class Log {
  readonly #chunks: number
  readonly #bytes: number
  readonly #cursors = new Set<Cursor>()
  /** Those that hold nobody: when they fall behind, they go on elsewhere. */
  readonly #followers = new Set<Cursor>()
  /** Those that wait for the book. */
  readonly #waiting = new Set<Lane>()
  readonly #onRoom: () => void
  #held = false
  #sinceTurn = 0
  #turn: Promise<void> | undefined
  #length = 0
  #ended = false
  /** Sees everything that is said, also when nobody reads. */
  watch: ((operationId: string, chunks: readonly Chunk[]) => void) | undefined

  readonly #onPark: (lane: Lane) => void
  readonly #book: Book | undefined

  /**
   * `onRoom` is called when a run that had no room has some again; `onPark` when a producer waits for a reader that has not started, and when
   * it goes on.
   */
  constructor(bounds: Bounds, onRoom: () => void, onPark: (lane: Lane) => void, book?: Book) {
    this.#book = book
    this.#onPark = onPark
    this.#chunks = bounds.chunks ?? 64
    this.#bytes = bounds.bytes ?? 256 * 1_024
    this.#onRoom = onRoom
  }

  /** How many chunks the run has said. */
  get length(): number {
    return this.#length
  }

  /** The run said so many chunks before this process went on with it. */
  goOnAfter(said: number): void {
    this.#length = said
  }

  append(lane: Lane, chunks: readonly Chunk[]): void {
    if (chunks.length === 0 || lane.closed) return
    lane.opened = true
    const entry: Entry = { lane, chunks, first: this.#length + 1 }
    this.#length += chunks.length
    this.#sinceTurn += chunks.length
    this.watch?.(lane.operationId, chunks)
    this.#book?.append(entry)
    for (const cursor of this.#cursors) cursor.offer(entry)
    for (const cursor of this.#followers) cursor.offer(entry)
    // Serving one reader may make room, and whoever starts in it speaks: by then every reader has this entry.
    for (const cursor of this.#cursors) cursor.serve()
    for (const cursor of this.#followers) cursor.serve()
    if (lane.onSpeech && isSpeech(chunks[0])) {
      const { onSpeech } = lane
      lane.onSpeech = undefined
      onSpeech()
    }
  }

  /** The same for one chunk that need not be made when nobody reads. */
  tell(lane: Lane, make: () => Chunk): void {
    if (this.#cursors.size > 0 || this.watch || this.#book) this.append(lane, [make()])
    else if (!lane.closed) {
      lane.opened = true
      this.#length += 1
      this.#sinceTurn += 1
    }
  }

  /** Undefined when the lane may say more now; else what to wait for. Woken by a reader, or by {@link release}. */
  wait(lane: Lane): Promise<void> | undefined {
    for (const cursor of this.#cursors) {
      if (cursor.chunksOf(lane) >= this.#chunks || cursor.bytesOf(lane) >= this.#bytes) {
        if (cursor.idle && !lane.parked) {
          lane.parked = true
          this.#onPark(lane)
        }
        const room = new Promise<void>((resolve) => {
          lane.wake = resolve
        })
        // What waits for its neighbours waits no longer.
        cursor.serve()
        return room
      }
    }
    if (this.#book?.full) {
      this.#waiting.add(lane)
      return new Promise<void>((resolve) => {
        lane.wake = resolve
      })
    }
    return this.#sinceTurn < CHUNKS_PER_TURN ? undefined : this.nextTurn()
  }

  /** Whether something new may start. When not, `onRoom` tells when it may. */
  hasRoom(): boolean {
    if (this.#book?.full) {
      this.#held = true
      return false
    }
    for (const cursor of this.#cursors) {
      if (cursor.behind >= RUN_CHUNKS) {
        this.#held = true
        return false
      }
    }
    return true
  }

  /** Whether the run has said so much in this turn of the event loop that others should have theirs. */
  get tired(): boolean {
    return this.#sinceTurn >= CHUNKS_PER_TURN
  }

  nextTurn(): Promise<void> {
    this.#turn ??= new Promise((resolve) => {
      setImmediate(() => {
        this.#turn = undefined
        this.#sinceTurn = 0
        resolve()
      })
    })
    return this.#turn
  }

  /** Lets a lane's producer go on, room or not: its operation was cancelled. */
  release(lane: Lane): void {
    this.#waiting.delete(lane)
    const { wake } = lane
    lane.wake = undefined
    if (lane.parked) {
      lane.parked = false
      this.#onPark(lane)
    }
    wake?.()
  }

  attach(cursor: Cursor): void {
    ;(cursor.follows ? this.#followers : this.#cursors).add(cursor)
    if (this.#ended) cursor.finish()
  }

  /** What the cursor had still to read holds nobody any more. */
  detach(cursor: Cursor, lanes: Iterable<Lane>): void {
    if (this.#followers.delete(cursor)) return
    this.#cursors.delete(cursor)
    for (const lane of lanes) this.taken(lane)
  }

  /** A cursor took a chunk of this lane. A waiting producer goes on when half its room is free: fewer wake-ups, same bound. */
  taken(lane: Lane): void {
    // One that now waits for the book alone is woken by that, and looks again.
    if (lane.wake && this.#book?.full) this.#waiting.add(lane)
    else if (lane.wake && this.#halfFree(lane)) this.release(lane)
    this.#letStart()
  }

  /** The book has room again. */
  bookHasRoom(): void {
    for (const lane of [...this.#waiting]) this.release(lane)
    this.#letStart()
  }

  /** Nothing more will be said. */
  end(): void {
    this.#ended = true
    for (const cursor of this.#cursors) cursor.finish()
    for (const cursor of this.#followers) cursor.finish()
  }

  #letStart(): void {
    if (!this.#held || !this.hasRoom()) return
    this.#held = false
    this.#onRoom()
  }

  #halfFree(lane: Lane): boolean {
    for (const cursor of this.#cursors) {
      if (cursor.chunksOf(lane) > this.#chunks / 2 || cursor.bytesOf(lane) > this.#bytes / 2) return false
    }
    return true
  }
}

/** Whether something was said, and not only that it starts or has ended. */
function isSpeech(chunk: Chunk | undefined): boolean {
  return chunk !== undefined && chunk.type !== 'operation-start' && chunk.type !== 'operation-end'
}
