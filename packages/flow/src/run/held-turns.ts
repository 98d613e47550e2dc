import type { Turns } from '../session/turns.ts'

/** How long a turn may be in coming before that is worth a word, in milliseconds. */
const PATIENCE_MS = 30_000

/** The turns on branches that the operations of one run have or wait for, by place. */
export class HeldTurns {
  readonly #turns: Turns
  readonly #leave = new Map<number, () => void>()

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /**
   * True when the turns on all of these are granted at once; otherwise `granted` is called when they have come. They are taken one after the
   * other in the order of their names, so that two that want the same ones do not each have what the other lacks.
   */
  take(place: number, branches: readonly string[], granted: () => void): boolean {
    const wanted = [...branches].sort()
    const leave: (() => void)[] = []
    this.#leave.set(place, () => {
      for (const each of leave.splice(0)) each()
    })
    const next = (): boolean => {
      for (let branch = wanted.shift(); branch !== undefined; branch = wanted.shift()) {
        const [now, give] = this.#one(branch, () => next() && granted())
        leave.push(give)
        if (!now) return false
      }
      return true
    }
    return next()
  }

  /** Whether it came at once, and the way to give it back. */
  #one(branch: string, granted: () => void): readonly [now: boolean, leave: () => void] {
    let timer: NodeJS.Timeout | undefined
    const go = (): void => {
      clearTimeout(timer)
      granted()
    }
    const now = this.#turns.take(branch, go)
    if (!now) timer = setTimeout(() => warn(branch), PATIENCE_MS).unref()
    const leave = (): void => {
      clearTimeout(timer)
      this.#turns.leave(branch, go)
    }
    return [now, leave]
  }

  /** Gives back the turn that it has or waits for, if any. */
  leave(place: number): void {
    this.#leave.get(place)?.()
    this.#leave.delete(place)
  }
}

function warn(branch: string): void {
  process.emitWarning(
    `an operation has waited ${PATIENCE_MS / 1_000} s for its turn on branch "${branch}", which another run has; a run that an operation of the same branch awaits can never get it: give the inner run a branch of its own`,
    { code: 'BRAID_WAITING' },
  )
}
