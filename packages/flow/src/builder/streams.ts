import { BraidError } from '@braid/core'
import { pathBetween } from './cycle.ts'
import type { Node } from './node.ts'
import { branchesOf } from './order.ts'

/**
 * Throws `invalid_plan` where an operation that reads another's stream also waits for that one's end: it would not start before, and the
 * other, whose stream nobody reads, would not end.
 */
export function checkStreams(node: Node): void {
  for (const { from, type } of node.parents) {
    if (type !== 'stream') continue
    for (const other of node.parents) {
      if (other.from === from) continue
      const path = pathBetween(from, other.from)
      if (path) throw waits(node, from, [...path, node].map((each) => each.operation.id).join(' → '))
    }
    const shared = branchesOf(node).find((branch) => branchesOf(from).includes(branch))
    if (shared !== undefined) throw waits(node, from, `both write the branch "${shared}"`)
  }
}

function waits({ operation: { id } }: Node, { operation: parent }: Node, why: string): BraidError {
  return new BraidError(
    'invalid_plan',
    `operation "${id}" reads the stream of "${parent.id}" and waits for its end as well, so that neither could go on: ${why}`,
  )
}
