import type { Node } from '../builder/node.ts'
import { Attempts, type Ground, type OpenAttempt, type Stopped } from './attempts.ts'
import { cancelled } from './failure.ts'
import type { Lane } from './lane.ts'
import type { Ending } from './recorder.ts'

const NOW = Promise.resolve()

interface Entry {
  readonly attempts: Attempts
  /** Resolves when its end was shown. */
  done: Promise<void>
}

/** Records how an operation ended, then shows it. Undefined when that could be done at once. */
export type OnEnd = (place: number, ending: Ending) => Promise<void> | undefined

/** The operations of a run that run now, by place: driven to their ends, or stopped, or fenced. Each ends once. */
export class Running {
  readonly #ground: Ground
  readonly #onEnd: OnEnd
  readonly #entries = new Map<number, Entry>()

  constructor(ground: Ground, onEnd: OnEnd) {
    this.#ground = ground
    this.#onEnd = onEnd
  }

  get size(): number {
    return this.#entries.size
  }

  get places(): number[] {
    return [...this.#entries.keys()]
  }

  has(place: number): boolean {
    return this.#entries.has(place)
  }

  begin(place: number, node: Node, lane: Lane, open: OpenAttempt): void {
    const entry: Entry = { attempts: new Attempts(node, lane, this.#ground, open), done: NOW }
    this.#entries.set(place, entry)
    entry.done = this.#run(place, entry.attempts)
  }

  /** Its end was shown. */
  delete(place: number): void {
    this.#entries.delete(place)
  }

  /**
   * Stops these. Resolves when their ends were shown; one that has not stopped after the grace period is fenced: it has ended as far
   * as anyone can see, and can write nothing more.
   */
  async stop(places: readonly number[], reason: unknown, outcome: Stopped = cancelled(reason)): Promise<void> {
    const entries = places.flatMap((place) => this.#entries.get(place) ?? [])
    for (const { attempts } of entries) attempts.stop(reason, outcome)
    // One that is stopped by what it does first has no promise of its end before that.
    await NOW
    const ended = Promise.all(entries.map(({ done }) => done))
    await this.#within(ended)
    for (const { attempts } of entries) attempts.fence()
    await ended
  }

  async #run(place: number, attempts: Attempts): Promise<void> {
    await this.#onEnd(place, await attempts.run())
  }

  /** Resolves when they have, or when the grace period is over. */
  async #within(ended: Promise<unknown>): Promise<void> {
    const { clock, grace } = this.#ground
    let stop = (): void => {}
    const over = new Promise<void>((resolve) => {
      stop = clock.after(grace, resolve)
    })
    await Promise.race([ended, over])
    stop()
  }
}
