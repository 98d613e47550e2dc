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

  /** True when the turn is granted at once; otherwise `granted` is called when it comes. */
  take(place: number, branch: string, granted: () => void): boolean {
    let timer: NodeJS.Timeout | undefined
    const go = (): void => {
      clearTimeout(timer)
      granted()
    }
    this.#leave.set(place, () => {
      clearTimeout(timer)
      this.#turns.leave(branch, go)
    })
    if (this.#turns.take(branch, go)) return true
    timer = setTimeout(() => warn(branch), PATIENCE_MS).unref()
    return false
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
