import { BraidError } from '@braid/core'
import type { Group, Piece } from './group.ts'
import type { Node } from './node.ts'

/** Round upon round, each from the last one's result, until that is good or there were enough. Its result is the last value. */
export class Repeat<T> implements Group {
  readonly name = 'repeat'
  readonly pieces: Piece[] = []
  readonly #from: Node
  readonly #step: (current: Node, round: number) => Piece
  readonly #until: (value: T, round: number) => boolean
  readonly #max: number

  constructor(
    from: Node,
    step: (current: Node, round: number) => Piece,
    until: (value: T, round: number) => boolean,
    max: number,
  ) {
    this.#from = from
    this.#step = step
    this.#until = until
    this.#max = max
  }

  next(): readonly Piece[] {
    const { operation, outcome } = this.#current
    if (outcome?.status !== 'completed') {
      throw new BraidError('not_completed', `expected a result of "${operation.id}" to begin with; it has none`)
    }
    const rounds = this.pieces.length
    if (rounds >= this.#max || this.#until(this.result() as T, rounds)) return []
    const piece = this.#step(this.#current, rounds + 1)
    this.pieces.push(piece)
    return [piece]
  }

  /** What `from` gave, where no round was needed. */
  result(): unknown {
    const { outcome } = this.#current
    return outcome?.status === 'completed' ? outcome.result : undefined
  }

  drop(): void {
    this.pieces.pop()
  }

  reset(): void {
    this.pieces.length = 0
  }

  get #current(): Node {
    return this.pieces.at(-1)?.returns ?? this.#from
  }
}
