import type { Node } from './node.ts'

/**
 * A topological order in which ties keep the order added, as law 4 wants it: of all nodes whose parents are placed, the one added first
 * comes next. Most graphs are built parents first, and then the order added is that order already.
 */
function topologicalOrder(nodes: readonly Node[]): readonly Node[] {
  const among = new Map(nodes.map((node, place) => [node, place]))
  const forward = nodes.every((node, place) => node.parents.every(({ from }) => (among.get(from) ?? -1) < place))
  if (forward) return nodes

  const unmet = nodes.map((node) => node.parents.filter(({ from }) => among.has(from)).length)
  const children: number[][] = nodes.map(() => [])
  nodes.forEach((node, place) => {
    for (const { from } of node.parents) {
      const parent = among.get(from)
      if (parent !== undefined) children[parent]?.push(place)
    }
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

/**
 * Law 4: operations that write the same branch run one after the other, in topological order, ties in the order added. Each pair is one
 * ordering edge between places in `nodes`.
 */
export function branchOrder(nodes: readonly Node[]): readonly (readonly [before: number, after: number])[] {
  if (!nodes.some((node) => node.branch !== undefined)) return []
  const places = new Map(nodes.map((node, place) => [node, place]))
  const last = new Map<string, number>()
  const edges: [number, number][] = []
  for (const node of topologicalOrder(nodes)) {
    const { branch } = node.operation
    if (branch === undefined) continue
    const place = places.get(node) as number
    const before = last.get(branch)
    if (before !== undefined) edges.push([before, place])
    last.set(branch, place)
  }
  return edges
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
