import { checkKnown, type Operation } from '@braid/core'
import { addNode } from './adding.ts'
import type { Builder } from './builder.ts'
import type { Group, Piece } from './group.ts'
import { buildPiece } from './piece.ts'
import { checkFunction, SHAPE, type Shape, splitShape } from './shape.ts'

export interface SubgraphParams<T> extends Shape {
  /** Builds what is inside; what it returns has the result of the whole. */
  build: (sub: Builder) => Operation<T>
}

const PARAMS = { ...SHAPE, build: true } as const

export function addSubgraph<T>(builder: Builder, params: SubgraphParams<T>): Operation<T> {
  checkKnown(params, PARAMS, { of: 'subgraph', code: 'invalid_plan' })
  const { shape, params: own } = splitShape(params)
  checkFunction('build', 'a function that builds what is inside', own.build)
  return builder.nodes.whole(() => {
    const of = new Subgraph()
    const node = addNode(builder, shape.name, { type: 'group', of }, {}, shape)
    of.pieces.push(buildPiece(builder, node, '', own.build))
    builder.nodes.takesFromOutside(node)
    return node.operation as Operation<T>
  })
}

/** Several operations as one, built when it is described. Its result is that of the one its `build` returns. */
class Subgraph implements Group {
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
