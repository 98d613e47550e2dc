import { BraidError, checkKnown, type Operation, type Results } from '@braid/core'
import { addNode } from './adding.ts'
import type { Builder } from './builder.ts'
import type { Group, Piece } from './group.ts'
import { buildPiece } from './piece.ts'
import { checkFunction, checkMax, SHAPE, type Shape, splitShape } from './shape.ts'

export interface ExpandParams<I, T> extends Shape {
  /** The list, from the results of the dependencies. */
  items: (results: Results) => readonly I[]
  /** Builds what is done with one item; what it returns has the item's result. */
  each: (item: I, sub: Builder) => Operation<T>
  /** More items than this are an error. */
  max: number
}

const PARAMS = { ...SHAPE, items: true, each: true, max: true } as const

export function addExpand<I, T>(builder: Builder, params: ExpandParams<I, T>): Operation<readonly T[]> {
  checkKnown(params, PARAMS, { of: 'expand', code: 'invalid_plan' })
  const { shape, params: own } = splitShape(params)
  const { items, each, max } = own
  checkFunction('items', 'a function of the results that gives the list', items)
  checkFunction('each', 'a function that builds one item', each)
  checkMax(max)
  const piece = (item: I, index: number): Piece => buildPiece(builder, node, `${index}/`, (sub) => each(item, sub))
  const node = addNode(builder, shape.name, { type: 'group', of: new Expand<I>(items, piece, max) }, {}, shape)
  return node.operation as Operation<readonly T[]>
}

/** One piece for each item of a list that is known once its dependencies have ended. Its result is the list of their results. */
class Expand<I> implements Group {
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
