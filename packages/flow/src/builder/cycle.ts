import { isInside, needsOf } from './group.ts'
import type { Node } from './node.ts'

/**
 * The path along which `to` depends on `from` (`from` first), or undefined when it does not. What is inside of a group depends on what the
 * group waits for, and the group on all that its inside does, and on its inside. One iterative walk from `to` upwards: graphs are deep (a
 * chain of 10,000), and calls of a recursion are not.
 */
export function pathBetween(from: Node, to: Node): Node[] | undefined {
  const child = new Map<Node, Node>()
  const stack = [to]
  if (isInside(from, to)) return [from, to]
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const parent of before(node)) {
      if (child.has(parent)) continue
      child.set(parent, node)
      if (parent === from || isInside(from, parent)) {
        const path = parent === from ? [from] : [from, parent]
        for (let step = child.get(parent); step; step = child.get(step)) path.push(step)
        return path
      }
      stack.push(parent)
    }
  }
  return undefined
}

function* before(node: Node): Generator<Node, void> {
  yield* needsOf(node)
  for (let group = node.inside; group; group = group.inside) for (const { from } of group.parents) yield from
}
