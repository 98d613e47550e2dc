import type { Turns } from '../session/turns.ts'

/** The turns on branches that the operations of one run have or wait for, by place. */
export class HeldTurns {
  readonly #turns: Turns
  readonly #leave = new Map<number, () => void>()

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /** True when the turn is granted at once; otherwise `granted` is called when it comes. */
  take(place: number, branch: string, granted: () => void): boolean {
    this.#leave.set(place, () => this.#turns.leave(branch, granted))
    return this.#turns.take(branch, granted)
  }

  /** Gives back the turn that it has or waits for, if any. */
  leave(place: number): void {
    this.#leave.get(place)?.()
    this.#leave.delete(place)
  }
}
