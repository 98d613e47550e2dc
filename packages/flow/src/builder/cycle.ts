import type { Node } from './node.ts'

/**
 * The path along which `to` depends on `from` (`from` first), or undefined when it does not. One iterative walk from `to` upwards:
 * graphs are deep (a chain of 10,000), and calls of a recursion are not.
 */
export function pathBetween(from: Node, to: Node): Node[] | undefined {
  const child = new Map<Node, Node>()
  const stack = [to]
  for (let node = stack.pop(); node; node = stack.pop()) {
    for (const { from: parent } of node.parents) {
      if (child.has(parent)) continue
      child.set(parent, node)
      if (parent === from) {
        const path = [from]
        for (let step = child.get(from); step; step = child.get(step)) path.push(step)
        return path
      }
      stack.push(parent)
    }
  }
  return undefined
}
