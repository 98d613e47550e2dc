import type { Group, Piece } from './group.ts'

/** Several operations as one, built when it is described. Its result is that of the one its `build` returns. */
export class Subgraph implements Group {
  readonly name = 'subgraph'
  readonly pieces: Piece[] = []

  next(): readonly Piece[] {
    return []
  }

  result(): unknown {
    const outcome = this.pieces[0]?.returns.outcome
    return outcome?.status === 'completed' ? outcome.result : undefined
  }

  drop(): void {}

  /** What is inside was described with it, and stays. */
  reset(): void {}
}
