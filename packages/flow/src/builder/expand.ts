import { BraidError, type Results } from '@braid/core'
import type { Group, Piece } from './group.ts'

/** One piece for each item of a list that is known once its dependencies have ended. Its result is the list of their results. */
export class Expand<I> implements Group {
  readonly name = 'expand'
  pieces: readonly Piece[] = []
  readonly #items: (results: Results) => readonly I[]
  readonly #each: (item: I, index: number) => Piece
  readonly #max: number
  #built = false

  constructor(items: (results: Results) => readonly I[], each: (item: I, index: number) => Piece, max: number) {
    this.#items = items
    this.#each = each
    this.#max = max
  }

  /** Throws `too_many_items` before anything is built. */
  next(results: Results): readonly Piece[] {
    if (this.#built) return []
    const items: unknown = this.#items(results)
    if (!Array.isArray(items)) {
      throw new BraidError(
        'invalid_plan',
        `expected \`items\` to give a list; got ${items === null ? 'null' : typeof items}`,
      )
    }
    if (items.length > this.#max) {
      throw new BraidError(
        'too_many_items',
        `expected at most ${this.#max} items, the \`max\` of this expand; got ${items.length}. Raise it, or give fewer`,
      )
    }
    this.pieces = (items as readonly I[]).map((item, index) => this.#each(item, index))
    this.#built = true
    return this.pieces
  }

  result(): unknown {
    return this.pieces.map(({ returns: { outcome } }) => (outcome?.status === 'completed' ? outcome.result : undefined))
  }

  drop(): void {
    this.reset()
  }

  reset(): void {
    this.pieces = []
    this.#built = false
  }
}
