import { errorOf, NO_USAGE, type Outcome } from '@braid/core'
import { type Group, insideOf, type Piece } from '../builder/group.ts'
import type { Node } from '../builder/node.ts'
import type { Clock } from './clock.ts'
import { cancelled, groupTimedOut } from './failure.ts'
import { resultsFor } from './results.ts'

/** What a group asks of the run that it is in. Operations are known by their place. */
export interface GroupHost {
  placeOf(node: Node): number | undefined
  /** The operation whose failure or condition kept this one from completing. */
  causeOf(node: Node): Node
  /** Adds what was built inside, and lets it start. False when all of it had completed in an earlier process. Throws for what cannot run there. */
  add(nodes: readonly Node[]): boolean
  /** Keeps one that has not started from starting: false when it is too late for that. */
  withdraw(place: number): boolean
  /** Stops those of these that run. Resolves when they have stopped or been fenced. */
  stop(places: readonly number[], reason: unknown): Promise<void>
  /** How these, which never started, have ended. */
  drop(places: readonly number[], outcome: Outcome): Promise<void>
  /** How a group has ended; `because` is what was inside and is to blame, where something was. */
  end(place: number, outcome: Outcome, startedAt: Date, because?: Node): void
}

interface Open {
  readonly node: Node
  readonly group: Group
  readonly startedAt: Date
  readonly began: number
  /** Stops watching how long it takes. */
  readonly unlimit: (() => void) | undefined
  /** Set when it was stopped: what it comes to when all that is inside has. */
  stopped: Outcome | undefined
}

/** How a group has ended. */
interface Verdict {
  readonly outcome: Outcome
  readonly because?: Node
}

/** The groups of a run that have begun and not ended, by place. Each goes on when all that is inside of it has ended. */
export class Groups {
  readonly #host: GroupHost
  readonly #clock: Clock
  readonly #open = new Map<number, Open>()

  constructor(host: GroupHost, clock: Clock) {
    this.#host = host
    this.#clock = clock
  }

  get size(): number {
    return this.#open.size
  }

  has(place: number): boolean {
    return this.#open.has(place)
  }

  begin(place: number, node: Node, group: Group): void {
    const { timeout } = node
    const late = (): unknown => this.#timeOut(place, node)
    const unlimit = timeout === undefined ? undefined : this.#clock.after(timeout, late)
    const began = this.#clock.now()
    this.#open.set(place, { node, group, startedAt: new Date(), began, unlimit, stopped: undefined })
  }

  /** Nothing is going on inside: it goes on, or ends. */
  advance(place: number): void {
    const open = this.#open.get(place)
    const verdict = open && this.#goOn(open)
    if (!open || !verdict) return
    open.unlimit?.()
    this.#open.delete(place)
    this.#host.end(place, verdict.outcome, open.startedAt, verdict.because)
  }

  /** All of them are to come to this, once what is inside has ended. */
  cancelAll(reason: unknown): void {
    for (const open of this.#open.values()) open.stopped ??= cancelled(reason)
  }

  /** Ends all that is inside of one, and then the group itself, with this. Resolves when it has stopped or been fenced. */
  async stop(place: number, reason: unknown, outcome: Outcome = cancelled(reason)): Promise<void> {
    const open = this.#open.get(place)
    if (!open) return
    open.stopped ??= outcome
    const inside = Array.from(insideOf(open.node), (node) => this.#host.placeOf(node)).filter(
      (each) => each !== undefined,
    )
    for (const each of inside) {
      const group = this.#open.get(each)
      if (group) group.stopped ??= cancelled(reason)
    }
    // Before anything ends: what an end dooms is skipped, and these are to be cancelled.
    const waiting = inside.filter((each) => this.#host.withdraw(each))
    await this.#host.stop(inside, reason)
    await this.#host.drop(waiting, cancelled(reason))
  }

  #timeOut(place: number, node: Node): Promise<void> {
    const error = groupTimedOut(node)
    return this.stop(place, error, { status: 'failed', error })
  }

  /** Undefined when more was built inside. */
  #goOn({ node, group, began, stopped }: Open): Verdict | undefined {
    if (stopped) return { outcome: stopped }
    const broken = group.pieces.find(({ returns }) => returns.outcome?.status !== 'completed')
    if (broken) return this.#broken(node, broken.returns)
    try {
      for (;;) {
        const pieces = group.next(resultsFor(node))
        if (pieces.length === 0) break
        if (this.#addTo(group, pieces)) return undefined
      }
      const durationMs = this.#clock.now() - began
      return { outcome: { status: 'completed', result: group.result(), usage: NO_USAGE, durationMs, attempts: 1 } }
    } catch (error) {
      return { outcome: { status: 'failed', error: errorOf(node.operation.id, error) } }
    }
  }

  #addTo(group: Group, pieces: readonly Piece[]): boolean {
    try {
      return this.#host.add(pieces.flatMap(({ nodes }) => nodes.list))
    } catch (error) {
      group.drop()
      throw error
    }
  }

  /** What it returns did not complete: it fails with what failed inside, and is skipped where that was nobody's failure. */
  #broken({ operation: { id } }: Node, returns: Node): Verdict {
    const because = this.#host.causeOf(returns)
    const { outcome } = because
    return outcome?.status === 'failed'
      ? { outcome: { status: 'failed', error: errorOf(id, outcome.error) }, because }
      : { outcome: { status: 'skipped', because: because.operation.id }, because }
  }
}
