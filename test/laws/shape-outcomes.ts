import type { Outcome } from '@braid/core'
import { expect } from 'vitest'
import { isBuilt, type Life, type Lives } from './shape-lives.ts'
import { type Group, type Item, isInside, type Piece, type Program, type Task } from './shape-program.ts'
import { digest } from './shape-values.ts'

/** What is known of a run besides what was seen. */
export interface Circumstances {
  /** What completed in an earlier run of the same builder, and with what. */
  readonly earlier: ReadonlyMap<Item, unknown>
  /** Those parts of groups that an earlier run built. */
  readonly kept: ReadonlySet<Piece>
  readonly mended: boolean
  /** An operation that may have been cancelled by itself. */
  readonly cancelled: Item | undefined
}

type Expected =
  | { readonly status: 'skipped'; readonly because: ReadonlySet<string> }
  | { readonly status: 'failed'; readonly code: string }
  | { readonly status: 'completed'; readonly result: unknown }

/**
 * A reference interpreter: what must become of each operation, given what became of those that it has to do with. Taken together for all of
 * them, that is what must become of the program.
 */
export class Outcomes {
  readonly #lives: Lives
  readonly #given: Circumstances

  constructor(lives: Lives, given: Circumstances) {
    this.#lives = lives
    this.#given = given
  }

  /** Everything that there is has ended as it must, and nothing else was there. */
  check({ all }: Program): void {
    for (const item of all) {
      const { end, outcome } = this.#life(item)
      if (!this.#isThere(item)) {
        expect(end, `${item.id} ended, and should not be there`).toBeUndefined()
        continue
      }
      if (!outcome) throw new Error(`${item.id} has no end`)
      if (outcome.status === 'cancelled' && this.#mayBeCancelled(item)) continue
      this.#checkOne(item, outcome)
    }
  }

  /** The ids of those that failed by themselves: not groups that pass on what failed inside. */
  get failures(): readonly string[] {
    return [...this.#lives]
      .filter(([item, { outcome }]) => outcome?.status === 'failed' && (item.type === 'task' || !this.#broken(item)))
      .map(([item]) => item.id)
  }

  #checkOne(item: Item, outcome: Outcome): void {
    const expected = this.#expected(item)
    expect(outcome.status, `${item.id}: ${describe(outcome)}`).toBe(expected.status)
    if (outcome.status === 'skipped' && expected.status === 'skipped') {
      expect([...expected.because], `why ${item.id} was skipped`).toContain(outcome.because)
    } else if (outcome.status === 'failed' && expected.status === 'failed') {
      expect(outcome.error.code, `${item.id}: ${outcome.error.message}`).toBe(expected.code)
    } else if (outcome.status === 'completed' && expected.status === 'completed') {
      expect(outcome.result, `the result of ${item.id}`).toEqual(expected.result)
    }
  }

  #expected(item: Item): Expected {
    const { join, level, parents } = item
    const bad = parents.filter((parent) => !this.#completed(parent))
    const doomed = {
      all: bad.length > 0,
      any: parents.length > 0 && bad.length === parents.length,
      settled: false,
    }[join]
    const causes = new Set(doomed ? bad.flatMap((parent) => this.#roots(parent)) : [])
    const heard = item.type === 'task' ? item.hears : undefined
    if (heard && join !== 'settled' && !this.#completed(heard) && this.#life(heard).speech === undefined) {
      for (const root of this.#roots(heard)) causes.add(root)
    }
    if (level.group && this.#life(level.group).start === undefined)
      for (const root of this.#roots(level.group)) causes.add(root)
    if (causes.size > 0) return { status: 'skipped', because: causes }
    if (item.when === 'no') return { status: 'skipped', because: new Set([item.id]) }
    if (item.when === 'throws') return { status: 'failed', code: 'operation_failed' }
    return item.type === 'task' ? this.#ofTask(item) : this.#ofGroup(item)
  }

  #ofTask(task: Task): Expected {
    const { mended } = this.#given
    const { hears, hearing } = task
    let said = task.chunks
    if (!mended && task.fate === 'throws') return { status: 'failed', code: 'operation_failed' }
    if (hears && hearing !== 'nothing') {
      if (this.#given.earlier.has(hears)) return { status: 'failed', code: 'already_read' }
      const count = this.#life(hears).attempts.flat().length
      const whole = this.#completed(hears) || (hearing === 'first' && count > 0)
      if (!whole) return { status: 'failed', code: 'not_completed' }
      said += hearing === 'first' ? Math.min(count, 1) : count
    }
    if (!mended && task.stumbles >= task.attempts) return { status: 'failed', code: 'overloaded' }
    if (!mended && task.fate === 'fails') return { status: 'failed', code: 'operation_failed' }
    const heard = task.join === 'any' ? [] : task.parents.map((parent) => this.#value(parent))
    const { attempts } = this.#life(task)
    expect(attempts, `attempts of ${task.id}`).toHaveLength(mended ? 1 : task.stumbles + 1)
    for (const values of attempts) expect(values, `${task.id} lost chunks`).toHaveLength(said)
    return { status: 'completed', result: digest([task.id, said, ...heard]) }
  }

  #ofGroup(group: Group): Expected {
    if (group.type === 'expand' && group.pieces.length > group.cap && !this.#given.mended) {
      return { status: 'failed', code: 'too_many_items' }
    }
    const broken = this.#broken(group)
    if (broken) {
      const root = this.#root(broken.returns)
      if (root === undefined || this.#life(root).outcome?.status !== 'failed') {
        return { status: 'skipped', because: new Set(this.#roots(broken.returns)) }
      }
      const { outcome } = this.#life(root)
      return { status: 'failed', code: outcome?.status === 'failed' ? outcome.error.code : '' }
    }
    if (group.type === 'repeat' && !this.#completed(group.from as Item))
      return { status: 'failed', code: 'not_completed' }
    const pieces = this.#due(group)
    if (group.type === 'expand')
      return { status: 'completed', result: pieces.map(({ returns }) => this.#value(returns)) }
    return { status: 'completed', result: this.#value(pieces.at(-1)?.returns ?? (group.from as Item)) }
  }

  /** The first of its parts whose result there is not. */
  #broken(group: Group): Piece | undefined {
    return this.#allBroken(group)[0]
  }

  #allBroken(group: Group): readonly Piece[] {
    if (this.#life(group).start === undefined) return []
    return group.pieces.filter((piece) => this.#isBuilt(piece) && !this.#completed(piece.returns))
  }

  /** What a group that has started builds in the end. */
  #due(group: Group): readonly Piece[] {
    const { pieces, cap, good } = group
    if (group.type === 'subgraph') return pieces
    if (group.type === 'expand') return this.#given.mended ? pieces.slice(0, cap) : pieces.length > cap ? [] : pieces
    if (!this.#completed(group.from as Item)) return []
    const broken = pieces.findIndex(({ returns }) => !this.#completed(returns))
    return pieces.slice(0, Math.min(good, broken < 0 ? pieces.length : broken + 1))
  }

  /** Whether it is part of this run. */
  #isThere(item: Item): boolean {
    const { level } = item
    if (this.#given.earlier.has(item)) return false
    const { group, piece } = level
    if (!group || !piece) return true
    if (!this.#isThere(group)) return false
    if (group.type === 'subgraph' || this.#given.kept.has(piece)) return true
    const { start, outcome } = this.#life(group)
    if (outcome?.status === 'cancelled') return isBuilt(piece, this.#lives)
    return start !== undefined && this.#due(group).includes(piece)
  }

  #isBuilt(piece: Piece): boolean {
    return piece.group.type === 'subgraph' || this.#given.kept.has(piece) || isBuilt(piece, this.#lives)
  }

  #mayBeCancelled(item: Item): boolean {
    const { cancelled } = this.#given
    return cancelled !== undefined && (item === cancelled || isInside(item, cancelled))
  }

  /** Who may be called the root cause of its not having completed. */
  #roots(item: Item): readonly string[] {
    const { outcome } = this.#life(item)
    if (outcome?.status === 'skipped') return [outcome.because]
    if (item.type === 'task' || outcome?.status === 'cancelled') return [item.id]
    const broken = this.#allBroken(item)
    return broken.length > 0 ? broken.flatMap(({ returns }) => this.#roots(returns)) : [item.id]
  }

  #root(item: Item): Item | undefined {
    const [id] = this.#roots(item)
    return [...this.#lives.keys()].find((each) => each.id === id)
  }

  #completed(item: Item): boolean {
    return this.#given.earlier.has(item) || this.#life(item).outcome?.status === 'completed'
  }

  #value(item: Item): unknown {
    if (this.#given.earlier.has(item)) return this.#given.earlier.get(item)
    const { outcome } = this.#life(item)
    return outcome?.status === 'completed' ? outcome.result : undefined
  }

  #life(item: Item): Life {
    return this.#lives.get(item) as Life
  }
}

function describe(outcome: Outcome): string {
  if (outcome.status === 'failed') return `${outcome.error.code}, ${outcome.error.message}`
  return outcome.status === 'skipped' ? `because of ${outcome.because}` : outcome.status
}
