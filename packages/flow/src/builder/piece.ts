import { BraidError, type Operation } from '@braid/core'
import type { Builder } from './builder.ts'
import type { Piece } from './group.ts'
import type { Node } from './node.ts'
import { Nodes } from './nodes.ts'

/** Builds a part of what is inside of a group. `given` is what it may refer to besides what is around it. */
export function buildPiece(
  builder: Builder,
  group: Node,
  path: string,
  build: (sub: Builder) => Operation,
  given?: Node,
): Piece {
  const nodes = new Nodes({
    group,
    prefix: `${group.operation.id}/${path}`,
    outside: builder.nodes,
    given: new Set(given ? [given] : []),
  })
  const returned: unknown = build(builder.inside(nodes))
  const returns = nodes.find(returned as Operation)
  if (nodes.has(returns)) return { nodes, returns }
  throw new BraidError(
    'invalid_plan',
    `expected what is built inside "${group.operation.id}" to return one of its own operations, made by the builder it is given; got "${returns.operation.id}", which is outside`,
  )
}
