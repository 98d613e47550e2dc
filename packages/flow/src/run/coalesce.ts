import type { Chunk } from '@braid/core'
import type { Backlog } from './backlog.ts'
import type { Clock } from './clock.ts'
import type { Lane } from './lane.ts'
import type { Entry } from './log.ts'

export type Delta = Extract<Chunk, { readonly data: string }>

/**
 * Deltas that are read as one. A delta waits for its neighbours, from when it came, for so many milliseconds; no longer than until something
 * else stands behind it, or its producer waits for room. An object, which text makes and more text makes anew, stands in nobody's way.
 */
export class Coalescing {
  readonly #clock: Clock
  readonly #ms: number
  readonly #onRipe: () => void
  #stop: (() => void) | undefined
  /** The delta that is next, once it was looked at, and whether nothing stands behind it but more of it. */
  #next: { readonly lane: Lane; readonly delta: Delta; alone: boolean } | undefined

  /** `onRipe`: what waited has waited long enough. */
  constructor(clock: Clock, ms: number, onRipe: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#onRipe = onRipe
  }

  /** What is to be kept in the backlog of something that was said. */
  arrived(entry: Entry): Entry {
    const next = this.#next
    if (next?.alone) {
      next.alone = entry.lane === next.lane && entry.chunks.every((chunk) => isMoreOf(next.delta, chunk))
    }
    return { ...entry, at: this.#clock.now() }
  }

  /** Whether what is next may be read now. */
  isRipe(backlog: Backlog): boolean {
    const { lane, at } = backlog.next
    return lane.wake !== undefined || !this.#isAlone(backlog) || this.#isOver(at as number)
  }

  /** Takes the next chunk; a delta with its neighbours. */
  take(backlog: Backlog): Chunk {
    this.end()
    const { lane } = backlog.next
    const chunk = backlog.take()
    return isDelta(chunk) ? joined([chunk, ...neighbours(backlog, lane, chunk)]) : chunk
  }

  /** What waited was read, or nobody will. */
  end(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#next = undefined
  }

  /** Whether there is a delta, and nothing behind it but more of it. Looked up once for each; then kept up by what arrives. */
  #isAlone(backlog: Backlog): boolean {
    if (this.#next) return this.#next.alone
    // No further than to what stands in the way.
    for (const { lane, chunk } of backlog.ahead()) {
      if (!this.#next) {
        if (!isDelta(chunk)) return false
        this.#next = { lane, delta: chunk, alone: true }
      } else if (lane !== this.#next.lane || !isMoreOf(this.#next.delta, chunk)) {
        this.#next.alone = false
        return false
      }
    }
    return true
  }

  #isOver(cameAt: number): boolean {
    const left = cameAt + this.#ms - this.#clock.now()
    if (left <= 0) return true
    this.#stop ??= this.#clock.after(left, () => {
      this.#stop = undefined
      this.#onRipe()
    })
    return false
  }
}

function* neighbours(backlog: Backlog, lane: Lane, delta: Delta): Generator<Delta, void> {
  for (;;) {
    if (isOvertaken(backlog, lane, delta)) backlog.take()
    const [next] = backlog.ahead()
    if (next?.lane !== lane || !areOne(delta, next.chunk)) return
    yield backlog.take() as Delta
  }
}

/** Whether an object is next that another one follows as soon as more of this block was said: nobody misses it. */
function isOvertaken(backlog: Backlog, lane: Lane, delta: Delta): boolean {
  let said = -1
  for (const { lane: of, chunk } of backlog.ahead()) {
    if (of !== lane) return false
    if (said < 0 ? chunk.type === 'object' : areOne(delta, chunk)) said += 1
    else return said > 0 && chunk.type === 'object'
  }
  return false
}

/** Whether a chunk that stands behind a delta need not keep it from waiting. */
function isMoreOf(delta: Delta, chunk: Chunk): boolean {
  return chunk.type === 'object' || areOne(delta, chunk)
}

export function isDelta(chunk: Chunk): chunk is Delta {
  return 'data' in chunk
}

/** Whether two deltas, one right after the other, may be read as one. */
export function areOne(one: Delta, other: Chunk): boolean {
  return isDelta(other) && one.type === other.type && one.id === other.id && one.candidate === other.candidate
}

/** Several deltas as one. Its frame is that of none of them; its fields are those of the last. */
export function joined(deltas: readonly Delta[]): Delta {
  const last = deltas.at(-1) as Delta
  if (deltas.length === 1) return last
  const { rawResponse: _, ...rest } = last
  return { ...rest, data: deltas.map(({ data }) => data).join('') }
}
