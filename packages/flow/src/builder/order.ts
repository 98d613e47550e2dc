import { insideOf, needsOf } from './group.ts'
import type { Node } from './node.ts'

/**
 * A topological order in which ties keep the order added, as law 4 wants it: of all nodes whose parents are placed, the one added first
 * comes next. Most graphs are built parents first, and then the order added is that order already.
 */
export function topologicalOrder(nodes: readonly Node[]): readonly Node[] {
  const among = new Map(nodes.map((node, place) => [node, place]))
  const parents = nodes.map((node) => [...new Set(needsOf(node))].filter((need) => among.has(need)))
  if (parents.every((each, place) => each.every((parent) => (among.get(parent) as number) < place))) return nodes

  const unmet = parents.map(({ length }) => length)
  const children: number[][] = nodes.map(() => [])
  parents.forEach((each, place) => {
    for (const parent of each) children[among.get(parent) as number]?.push(place)
  })
  const ready = new MinHeap()
  unmet.forEach((count, place) => {
    if (count === 0) ready.push(place)
  })
  const ordered: Node[] = []
  for (let place = ready.pop(); place !== undefined; place = ready.pop()) {
    ordered.push(nodes[place] as Node)
    for (const child of children[place] ?? []) {
      const left = (unmet[child] ?? 0) - 1
      unmet[child] = left
      if (left === 0) ready.push(child)
    }
  }
  return ordered
}

/** The branches that it writes, or holds for what is inside of it: each once. */
export function branchesOf(node: Node): readonly string[] {
  const { branch } = node.operation
  if (node.kind.type !== 'group') return branch === undefined ? [] : [branch]
  const branches = new Set(branch === undefined ? [] : [branch])
  for (const { operation } of insideOf(node)) if (operation.branch !== undefined) branches.add(operation.branch)
  return [...branches]
}

/**
 * Law 4: operations that write the same branch run one after the other, in topological order, ties in the order added. The line of each
 * branch, in that order. To be asked for the operations of one builder: what is inside of a group has lines of its own, and the group
 * stands for it in those outside.
 */
export function branchLines(nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const lines = new Map<string, Node[]>()
  if (!nodes.some((node) => node.branch !== undefined || node.kind.type === 'group')) return lines
  for (const node of topologicalOrder(nodes)) {
    for (const branch of branchesOf(node)) {
      const line = lines.get(branch)
      if (line) line.push(node)
      else lines.set(branch, [node])
    }
  }
  return lines
}

class MinHeap {
  readonly #items: number[] = []

  push(item: number): void {
    const items = this.#items
    let at = items.push(item) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if ((items[above] as number) <= item) break
      items[at] = items[above] as number
      at = above
    }
    items[at] = item
  }

  pop(): number | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let at = 0
    for (;;) {
      let below = at * 2 + 1
      if (below >= items.length) break
      if (below + 1 < items.length && (items[below + 1] as number) < (items[below] as number)) below += 1
      if ((items[below] as number) >= last) break
      items[at] = items[below] as number
      at = below
    }
    items[at] = last
    return first
  }
}
