import { BraidError } from '@braid/core'
import type { Node } from './node.ts'
import type { Waits } from './waits.ts'

/**
 * Throws for operations, built at run time inside of a group, whose edges cannot be met: `not_a_dependency` where they go to what the run does
 * not have, `cycle` or `invalid_plan` where they would wait for themselves. `waits` is asked for when that is possible at all.
 */
export function checkReach(built: readonly Node[], isInRun: (node: Node) => boolean, waits: () => Waits): void {
  const own = new Set(built)
  let mayWait = false
  for (const node of built) {
    for (const { from, type } of node.parents) {
      if (type === 'stream') mayWait = true
      if (own.has(from) || from.outcome?.status === 'completed') continue
      if (!isInRun(from)) throw notInRun(node, from)
      if (from.outcome === undefined) mayWait = true
    }
  }
  const circle = mayWait ? waits().circle(built) : undefined
  if (circle) throw circle
}

function notInRun({ operation, inside }: Node, from: Node): BraidError {
  return new BraidError(
    'not_a_dependency',
    `operation "${operation.id}" was built at run time and takes from "${from.operation.id}", which is not part of this run; name it in the \`dependsOn\` of "${inside?.operation.id}"`,
  )
}
