import type { Results } from '@braid/core'
import type { Node } from './node.ts'
import type { Nodes } from './nodes.ts'

/** A part of what is inside of a group: operations, and the one whose result is the part's. */
export interface Piece {
  readonly nodes: Nodes
  readonly returns: Node
}

/**
 * The work of an operation that consists of others: built whole when it is described (`subgraph`), or piece by piece while it runs.
 *
 * Invariant: pieces are only added, so what has completed inside is not built or run again, unless the group is begun afresh.
 */
export interface Group {
  readonly name: 'subgraph' | 'expand' | 'repeat'
  /** What was built so far. */
  readonly pieces: readonly Piece[]
  /** Builds what comes next. Asked when the group starts, and again whenever all that is inside has completed; nothing is the end. */
  next(results: Results): readonly Piece[]
  /** Its own result, from those of its pieces. */
  result(): unknown
  /** Forgets what `next` built last: it cannot run. */
  drop(): void
  /** Forgets what was built at run time: it is begun afresh. */
  reset(): void
}

/** All that is inside of an operation so far, and inside of that. */
export function* insideOf({ kind }: Node): Generator<Node, void> {
  if (kind.type !== 'group') return
  for (const { nodes } of kind.of.pieces) {
    for (const node of nodes) {
      yield node
      yield* insideOf(node)
    }
  }
}

/** Every operation of these, each followed by what is inside of it. */
export function* withInside(nodes: Iterable<Node>): Generator<Node, void> {
  for (const node of nodes) {
    yield node
    yield* insideOf(node)
  }
}

/** What there is to run of these: those that have not completed, and of a group that has not, those inside of it. */
export function openOf(nodes: Iterable<Node>, fresh: boolean, open: Node[] = []): Node[] {
  for (const node of nodes) {
    if (!fresh && node.outcome?.status === 'completed') continue
    open.push(node)
    if (node.kind.type !== 'group') continue
    const group = node.kind.of
    // What was built at run time is built again.
    if (!fresh || group.name === 'subgraph') for (const piece of group.pieces) openOf(piece.nodes, fresh, open)
  }
  return open
}

/** What an operation waits for: its parents, and for a group what its inside takes from outside. */
export function* needsOf(node: Node): Generator<Node, void> {
  for (const { from } of node.parents) yield from
  for (const member of insideOf(node)) {
    for (const { from } of member.parents) if (!isInside(from, node)) yield from
  }
}

/** Whether it is inside of the group, however deep. */
export function isInside(node: Node, group: Node): boolean {
  for (let at = node.inside; at; at = at.inside) if (at === group) return true
  return false
}

/** Whether what it says is what the group says in the end: it is what the group returns, or is inside of that. */
export function speaksFor(node: Node, group: Node): boolean {
  for (let at = node; at.inside; at = at.inside) {
    const { kind } = at.inside
    if (kind.type !== 'group' || !kind.of.pieces.some((piece) => piece.returns === at)) return false
    if (at.inside === group) return true
  }
  return false
}
