import { BraidError } from '@braid/core'
import { pathBetween } from './cycle.ts'
import type { Node } from './node.ts'
import { checkStreams } from './streams.ts'

/**
 * Throws for operations, built at run time inside of a group, whose edges cannot be met: `not_a_dependency` where they go to what the run does
 * not have, `cycle` where they go to what waits for the group itself.
 */
export function checkReach(built: readonly Node[], isInRun: (node: Node) => boolean): void {
  const own = new Set(built)
  for (const node of built) {
    checkStreams(node)
    for (const { from } of node.parents) {
      if (own.has(from) || from.outcome?.status === 'completed') continue
      if (!isInRun(from)) throw notInRun(node, from)
      const path = node.inside && pathBetween(node.inside, from)
      if (path) throw waitsForItself([...path, node])
    }
  }
}

function notInRun({ operation, inside }: Node, from: Node): BraidError {
  return new BraidError(
    'not_a_dependency',
    `operation "${operation.id}" was built at run time and takes from "${from.operation.id}", which is not part of this run; name it in the \`dependsOn\` of "${inside?.operation.id}"`,
  )
}

function waitsForItself(path: readonly Node[]): BraidError {
  const drawn = path.map((each) => each.operation.id).join(' → ')
  return new BraidError(
    'cycle',
    `what is inside of an operation must not wait for what waits for that; this does: ${drawn}`,
  )
}
