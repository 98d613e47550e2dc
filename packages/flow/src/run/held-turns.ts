import type { Turns } from '../session/turns.ts'

/** How long a turn may be in coming before that is worth a word, in milliseconds. */
const PATIENCE_MS = 30_000

/** The turns on branches that the operations of one run have or wait for, by place. */
export class HeldTurns {
  readonly #turns: Turns
  readonly #leave = new Map<number, () => void>()
  /** What each of them has, and what it waits for. */
  readonly #wants = new Map<number, { readonly branches: readonly string[]; next: string | undefined }>()
  /** Those that have or wait for a branch, in that order. */
  readonly #queues = new Map<string, number[]>()

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /**
   * True when the turns on all of these are granted at once; otherwise `granted` is called when they have come. They are taken one after the
   * other in the order of their names, so that two that want the same ones do not each have what the other lacks.
   */
  take(place: number, branches: readonly string[], granted: () => void): boolean {
    const wanted = [...branches].sort()
    const wants = { branches, next: undefined as string | undefined }
    const leave: (() => void)[] = []
    this.#wants.set(place, wants)
    this.#leave.set(place, () => {
      for (const each of leave.splice(0)) each()
    })
    const next = (): boolean => {
      for (wants.next = wanted.shift(); wants.next !== undefined; wants.next = wanted.shift()) {
        const branch = wants.next
        const [now, give] = this.#one(place, branch, () => next() && granted())
        const queue = this.#queues.get(branch)
        if (queue) queue.push(place)
        else this.#queues.set(branch, [place])
        leave.push(() => {
          this.#forget(place, branch)
          give()
        })
        if (!now) return false
      }
      return true
    }
    return next()
  }

  /** Whether it took a turn on this branch, which it has until it leaves. */
  has(place: number, branch: string): boolean {
    return this.#wants.get(place)?.branches.includes(branch) === true
  }

  /** The operations of this run, and the branch, that have the turn for which it waits or are to have it first. */
  *ahead(place: number): Generator<readonly [place: number, branch: string], void> {
    const branch = this.#wants.get(place)?.next
    if (branch === undefined) return
    for (const other of this.#queues.get(branch) ?? []) {
      if (other === place) return
      yield [other, branch]
    }
  }

  /** Whether it came at once, and the way to give it back. */
  #one(place: number, branch: string, granted: () => void): readonly [now: boolean, leave: () => void] {
    let timer: NodeJS.Timeout | undefined
    const go = (): void => {
      clearTimeout(timer)
      granted()
    }
    const now = this.#turns.take(branch, go)
    // Whom it waits for in its own run is plain to see.
    const late = (): void => void (this.ahead(place).next().done && warn(branch))
    if (!now) timer = setTimeout(late, PATIENCE_MS).unref()
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
    this.#wants.delete(place)
  }

  #forget(place: number, branch: string): void {
    const queue = this.#queues.get(branch)
    queue?.splice(queue.indexOf(place), 1)
    if (queue?.length === 0) this.#queues.delete(branch)
  }
}

function warn(branch: string): void {
  process.emitWarning(
    `an operation has waited ${PATIENCE_MS / 1_000} s for its turn on branch "${branch}", which another run has; a run that an operation of the same branch awaits can never get it: give the inner run a branch of its own`,
    { code: 'BRAID_WAITING' },
  )
}
