import { Turns } from '../session/turns.ts'

/** How long a turn may be in coming before that is worth a word, in milliseconds. */
const PATIENCE_MS = 30_000

/** A turn on a branch: the session's, or of those inside of the group, at this place, that has that one. */
export interface Want {
  readonly branch: string
  readonly within: number | undefined
}

/**
 * The turns on branches that the operations of one run have or wait for, by place. A group has the session's turn for what is inside of it,
 * and that takes turns with one another.
 */
export class HeldTurns {
  readonly #turns: Turns
  readonly #inside = new Turns()
  readonly #leave = new Map<number, () => void>()
  /** What each of them has or is to have, and what it waits for now. */
  readonly #wants = new Map<number, { readonly all: readonly Want[]; next: Want | undefined }>()
  /** Those that have or wait for a turn, in that order. */
  readonly #queues = new Map<string, number[]>()

  constructor(turns: Turns) {
    this.#turns = turns
  }

  /**
   * True when the turns on all of these are granted at once; otherwise `granted` is called when they have come. They are taken one after the
   * other in the order of their names, so that two that want the same ones do not each have what the other lacks.
   */
  take(place: number, wanted: readonly Want[], granted: () => void): boolean {
    const left = [...wanted].sort((a, b) => (a.branch < b.branch ? -1 : 1))
    const wants = { all: wanted, next: undefined as Want | undefined }
    const leave: (() => void)[] = []
    this.#wants.set(place, wants)
    this.#leave.set(place, () => {
      for (const each of leave.splice(0)) each()
    })
    const next = (): boolean => {
      for (wants.next = left.shift(); wants.next !== undefined; wants.next = left.shift()) {
        const [now, give] = this.#one(place, wants.next, () => next() && granted())
        leave.push(give)
        if (!now) return false
      }
      return true
    }
    return next()
  }

  /** Whether it took a turn on this branch, which it has until it leaves. */
  has(place: number, branch: string): boolean {
    return this.#wants.get(place)?.all.some((want) => want.branch === branch) === true
  }

  /** The operations of this run, and the branch, that have the turn for which it waits or are to have it first. */
  *ahead(place: number): Generator<readonly [place: number, branch: string], void> {
    const want = this.#wants.get(place)?.next
    if (want === undefined) return
    for (const other of this.#queues.get(keyOf(want)) ?? []) {
      if (other === place) return
      yield [other, want.branch]
    }
  }

  /** Whether it came at once, and the way to give it back. */
  #one(place: number, want: Want, granted: () => void): readonly [now: boolean, leave: () => void] {
    const turns = want.within === undefined ? this.#turns : this.#inside
    const key = keyOf(want)
    let timer: NodeJS.Timeout | undefined
    const go = (): void => {
      clearTimeout(timer)
      granted()
    }
    const now = turns.take(key, go)
    // Whom it waits for in its own run is plain to see.
    const late = (): void => void (this.ahead(place).next().done && warn(want.branch))
    if (!now) timer = setTimeout(late, PATIENCE_MS).unref()
    const queue = this.#queues.get(key)
    if (queue) queue.push(place)
    else this.#queues.set(key, [place])
    const leave = (): void => {
      clearTimeout(timer)
      this.#forget(place, key)
      turns.leave(key, go)
    }
    return [now, leave]
  }

  /** Gives back the turn that it has or waits for, if any. */
  leave(place: number): void {
    this.#leave.get(place)?.()
    this.#leave.delete(place)
    this.#wants.delete(place)
  }

  #forget(place: number, key: string): void {
    const queue = this.#queues.get(key)
    queue?.splice(queue.indexOf(place), 1)
    if (queue?.length === 0) this.#queues.delete(key)
  }
}

function keyOf({ branch, within }: Want): string {
  return within === undefined ? branch : `${within}/${branch}`
}

function warn(branch: string): void {
  process.emitWarning(
    `an operation has waited ${PATIENCE_MS / 1_000} s for its turn on branch "${branch}", which another run has; a run that an operation of the same branch awaits can never get it: give the inner run a branch of its own`,
    { code: 'BRAID_WAITING' },
  )
}
