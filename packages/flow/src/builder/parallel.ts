import { BraidError } from '@braid/core'
import { pathBetween } from './cycle.ts'
import type { Node } from './node.ts'
import { branchesOf } from './order.ts'

/** Throws `not_parallel` where one of these waits for another, by a path of dependencies or on a branch that both write. */
export function checkParallel(nodes: readonly Node[]): void {
  for (const [at, one] of nodes.entries()) {
    for (const other of nodes.slice(at + 1)) {
      const path = pathBetween(one, other) ?? pathBetween(other, one)
      if (path) throw notParallel(one, other, path.map((each) => each.operation.id).join(' → '))
      const shared = branchesOf(one).find((branch) => branchesOf(other).includes(branch))
      if (shared !== undefined) throw notParallel(one, other, `both write the branch "${shared}"`)
    }
  }
}

function notParallel({ operation: one }: Node, { operation: other }: Node, why: string): BraidError {
  return new BraidError(
    'not_parallel',
    `expected "${one.id}" and "${other.id}" not to wait for one another; they do: ${why}`,
  )
}
