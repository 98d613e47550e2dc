import type { Chunk } from '@braid/core'
import type { Clock } from './clock.ts'

type Delta = Extract<Chunk, { readonly data: string }>

export function isDelta(chunk: Chunk): chunk is Delta {
  return 'data' in chunk
}

/** Whether two deltas, one right after the other, may be read as one. */
export function areOne(one: Chunk, other: Chunk): boolean {
  return (
    isDelta(one) &&
    isDelta(other) &&
    one.type === other.type &&
    one.id === other.id &&
    one.candidate === other.candidate
  )
}

/** Several deltas as one. Its frame is that of none of them; its fields are those of the last. */
export function joined(deltas: readonly Delta[]): Delta {
  const last = deltas.at(-1) as Delta
  if (deltas.length === 1) return last
  const { rawResponse: _, ...rest } = last
  return { ...rest, data: deltas.map(({ data }) => data).join('') }
}

/** How long a delta waits for its neighbours, from when it came. */
export class Patience {
  readonly #clock: Clock
  readonly #ms: number
  readonly #onOver: () => void
  #stop: (() => void) | undefined

  constructor(clock: Clock, ms: number, onOver: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#onOver = onOver
  }

  now(): number {
    return this.#clock.now()
  }

  /** Whether what came then has waited long enough. When not, `onOver` is called when it has. */
  isOver(cameAt: number): boolean {
    const left = cameAt + this.#ms - this.#clock.now()
    if (left <= 0) return true
    this.#stop ??= this.#clock.after(left, () => {
      this.#stop = undefined
      this.#onOver()
    })
    return false
  }

  /** What waited was read, or nobody will. */
  end(): void {
    this.#stop?.()
    this.#stop = undefined
  }
}
