import type { Node } from '../builder/node.ts'
import { BranchLines } from './branch-lines.ts'

export type Ended = 'completed' | 'failed' | 'skipped' | 'cancelled'

export interface Skip {
  readonly place: number
  /** The place of the operation whose failure, cancellation or condition is the root cause. */
  readonly because: number
}

/** What the scheduler asks of the run. Operations are known by their place in the plan. */
export interface SchedulerHost {
  /** Begins it now. It ends with {@link Scheduler.ended}. */
  start(place: number): void
  /** Records these as skipped, in this order, and reports each with {@link Scheduler.ended}. */
  skip(skips: readonly Skip[]): void
  /** Whether its own condition lets it run. Undefined when it could not say: {@link Scheduler.ended} was or will be called. */
  condition(place: number): boolean | undefined
  /** True when its branch is free at once; else {@link Scheduler.granted} is called when it is. */
  takeTurn(place: number): boolean
  hasRoom(): boolean
  /** Set when others should have a turn of the event loop first. */
  pause(): Promise<void> | undefined
}

const WAITING = 0
const READY = 1
const RUNNING = 2
const OVER = 3

/**
 * Starts each operation as soon as its edges are satisfied, its branch is free, and there is a slot and room. It counts, and does
 * nothing else.
 *
 * Invariants: `#unmet` is how many conditions are still to be met, those of branch order included; an operation is ready when it is 0
 * and its branch's turn has come, so whoever takes a slot needs nothing more to run; nothing recurses, however long the chain.
 */
export class Scheduler {
  readonly #nodes: readonly Node[]
  readonly #host: SchedulerHost
  readonly #concurrency: number
  readonly #state: Uint8Array
  readonly #unmet: Int32Array
  /** Parents that may still complete: when none is left and none has, `join: 'any'` never will. */
  readonly #hopes: Int32Array
  /** Whether a parent of a `join: 'any'` has completed. */
  readonly #met: Uint8Array
  readonly #children: readonly number[][]
  readonly #branches: BranchLines
  #ready: number[] = []
  #head = 0
  #running = 0
  #left: number
  #halted = false
  #stopped = false
  #busy = false

  constructor(nodes: readonly Node[], host: SchedulerHost, concurrency: number) {
    const count = nodes.length
    this.#nodes = nodes
    this.#host = host
    this.#concurrency = concurrency
    this.#left = count
    this.#state = new Uint8Array(count)
    this.#unmet = new Int32Array(count)
    this.#hopes = new Int32Array(count)
    this.#met = new Uint8Array(count)
    this.#branches = new BranchLines(nodes)
    this.#children = nodes.map(() => [])
    this.#count()
  }

  /** How many have not ended. */
  get left(): number {
    return this.#left
  }

  /** Begins with what waits for nothing. */
  start(): void {
    for (let place = 0; place < this.#nodes.length; place += 1) {
      if (this.#unmet[place] === 0) this.#satisfied(place)
    }
    this.go()
  }

  /** Its branch's turn has come. */
  granted(place: number): void {
    this.#becomeReady(place)
    this.go()
  }

  /** Starts what is ready while there are slots and room. To be called whenever one of them is freed. */
  go(): void {
    if (this.#busy) return
    this.#busy = true
    while (this.#head < this.#ready.length && this.#running < this.#concurrency) {
      if (this.#halted || !this.#host.hasRoom()) break
      const pause = this.#host.pause()
      if (pause) {
        void pause.then(() => {
          this.#busy = false
          this.go()
        })
        return
      }
      this.#begin(this.#shift())
    }
    this.#busy = false
  }

  /** Nothing starts any more; what an end dooms is still skipped. */
  halt(): void {
    this.#halted = true
  }

  /** Nothing starts, and nothing is skipped, any more. */
  stop(): void {
    this.#halted = true
    this.#stopped = true
  }

  /** The places of what has neither started nor been skipped. */
  unstarted(): number[] {
    const places: number[] = []
    this.#state.forEach((state, place) => {
      if (state === WAITING || state === READY) places.push(place)
    })
    return places
  }

  /** Keeps one that has not started from starting; {@link ended} is still to be called. False when it is too late for that. */
  withdraw(place: number): boolean {
    if (this.#state[place] !== WAITING && this.#state[place] !== READY) return false
    this.#state[place] = OVER
    return true
  }

  /** An operation has ended, and its end was shown: frees its slot, and its children may go, or never will. */
  ended(place: number, how: Ended): void {
    if (this.#state[place] === RUNNING) this.#running -= 1
    this.#state[place] = OVER
    this.#left -= 1
    // What a skipped one dooms was doomed together with it.
    const skips = how === 'completed' || how === 'skipped' || this.#stopped ? [] : this.#doom([place], place)
    for (const child of this.#children[place] ?? []) {
      if (this.#state[child] === WAITING && this.#frees(child, how)) this.#satisfy(child)
    }
    this.#branches.ended(place, (next) => this.#satisfy(next))
    if (skips.length > 0) this.#host.skip(skips)
    this.go()
  }

  #count(): void {
    const places = new Map(this.#nodes.map((node, place) => [node, place]))
    this.#nodes.forEach((node, place) => {
      let open = 0
      for (const { from } of node.parents) {
        const parent = places.get(from)
        if (parent === undefined) {
          // It completed in an earlier run.
          this.#met[place] = 1
          continue
        }
        open += 1
        this.#children[parent]?.push(place)
      }
      this.#hopes[place] = open
      const edges = node.join !== 'any' ? open : open > 0 && !this.#met[place] ? 1 : 0
      this.#unmet[place] = edges + (this.#branches.waits(place) ? 1 : 0)
    })
  }

  /** Whether a parent that ended like this is one condition less. */
  #frees(child: number, how: Ended): boolean {
    switch (this.#nodes[child]?.join) {
      case 'settled':
        return true
      case 'any': {
        const first = how === 'completed' && !this.#met[child]
        if (first) this.#met[child] = 1
        return first
      }
      default:
        return how === 'completed'
    }
  }

  #satisfy(place: number): void {
    const unmet = (this.#unmet[place] ?? 0) - 1
    this.#unmet[place] = unmet
    if (unmet === 0) this.#satisfied(place)
  }

  #satisfied(place: number): void {
    if (this.#state[place] === WAITING && this.#host.takeTurn(place)) this.#becomeReady(place)
  }

  #becomeReady(place: number): void {
    if (this.#state[place] !== WAITING) return
    this.#state[place] = READY
    this.#ready.push(place)
  }

  #shift(): number {
    const place = this.#ready[this.#head] as number
    this.#head += 1
    if (this.#head === this.#ready.length) {
      this.#ready = []
      this.#head = 0
    }
    return place
  }

  #begin(place: number): void {
    if (this.#state[place] !== READY) return
    this.#state[place] = OVER
    const may = this.#host.condition(place)
    if (may) {
      this.#state[place] = RUNNING
      this.#running += 1
      this.#host.start(place)
    } else if (may === false) {
      this.#host.skip([{ place, because: place }, ...this.#doom([place], place)])
    }
  }

  /** What can never start now that these have ended without completing, in the order in which that follows. */
  #doom(places: number[], because: number): Skip[] {
    const skips: Skip[] = []
    for (let index = 0; index < places.length; index += 1) {
      for (const child of this.#children[places[index] as number] ?? []) {
        const hopes = (this.#hopes[child] ?? 0) - 1
        this.#hopes[child] = hopes
        if (this.#state[child] !== WAITING) continue
        const join = this.#nodes[child]?.join
        if (join === 'settled' || (join === 'any' && (this.#met[child] || hopes > 0))) continue
        this.#state[child] = OVER
        places.push(child)
        skips.push({ place: child, because })
      }
    }
    return skips
  }
}
