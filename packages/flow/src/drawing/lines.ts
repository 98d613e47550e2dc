import type { Edge, Node } from '../builder/node.ts'
import { branchLines } from '../builder/order.ts'

/** The order in which two operations of one builder write one branch. */
export interface Turn {
  readonly from: Node
  readonly to: Node
  readonly branch: string
}

/** Law 4's ordering edges, drawn: each operation to the next one on its branch. Of one builder, or of what is inside of one group. */
export function turnsOf(nodes: readonly Node[]): readonly Turn[] {
  return [...branchLines(nodes)].flatMap(([branch, line]) =>
    line.slice(1).map((to, index) => ({ from: line[index] as Node, to, branch })),
  )
}

/** What is inside of an operation so far, all pieces of it; not what is inside of that. */
export function membersOf({ kind }: Node): readonly Node[] {
  return kind.type === 'group' ? kind.of.pieces.flatMap(({ nodes }) => nodes.list) : []
}

/** Its parents by an edge of that type, in words. */
export function parentsBy(node: Node, type: Edge['type']): string {
  return node.parents
    .filter((edge) => edge.type === type)
    .map(({ from }) => from.operation.id)
    .join(', ')
}
