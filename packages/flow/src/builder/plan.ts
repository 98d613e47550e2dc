import { BraidError, type Operation } from '@braid/core'
import type { Session } from '../session/session.ts'
import { Builder } from './builder.ts'
import { needsOf, withInside } from './group.ts'
import { type Node, nodeOf } from './node.ts'
import { Waits } from './waits.ts'

/** The operations of a builder as they were when `build` was called. */
export interface Graph {
  readonly operations: readonly Operation[]
}

/** What runs: these operations, and the unfinished ones that they need. */
export type Plan = Builder | Graph | Operation | readonly Operation[]

/** A plan, looked up: what there is to run and what is known already, all of one builder, in the order added. */
export interface Resolved {
  readonly session: Session
  /** What the plan names and what that needs, completed ones included; what is inside of a group is not among them. */
  readonly nodes: readonly Node[]
  /** Those of them that are to run. */
  readonly open: readonly Node[]
}

/**
 * Looks a plan up. What completed in an earlier run of its builder stays as it is, unless `fresh`.
 * Throws `foreign_operation` where operations of several builders are mixed or are inside of others, and `invalid_plan` for what no Builder
 * made.
 */
export function resolvePlan(plan: Plan, fresh: boolean): Resolved {
  if (plan instanceof Builder) return withOpen(plan.session, checked(plan.nodes.list, fresh), fresh)
  const operations = isGraph(plan) ? plan.operations : plan
  const named = (Array.isArray(operations) ? operations : [operations]).map(known)
  const session = named[0]?.builder.session
  if (!session) {
    throw new BraidError(
      'invalid_plan',
      'an empty list says nothing about its session; pass the builder, or at least one operation',
    )
  }
  const stray = named.find((node) => node.builder !== named[0]?.builder)
  if (stray) {
    throw new BraidError(
      'foreign_operation',
      `operation "${stray.operation.id}" belongs to another builder than "${named[0]?.operation.id}"; one run takes the operations of one builder`,
    )
  }
  return withOpen(session, checked(withNeeds(named, fresh), fresh), fresh)
}

function isGraph(plan: Plan): plan is Graph {
  return typeof plan === 'object' && plan !== null && 'operations' in plan
}

function withOpen(session: Session, nodes: readonly Node[], fresh: boolean): Resolved {
  return { session, nodes, open: nodes.filter((node) => fresh || node.outcome?.status !== 'completed') }
}

/** The ids of those that nothing in the plan depends on. */
export function headsOf({ nodes }: Resolved): ReadonlySet<string> {
  const needed = new Set<Node>()
  for (const node of nodes) for (const need of needsOf(node)) needed.add(need)
  return new Set(nodes.filter((node) => !needed.has(node)).map((node) => node.operation.id))
}

function known(operation: unknown): Node {
  const node = typeof operation === 'object' && operation !== null ? nodeOf(operation as Operation) : undefined
  if (!node) {
    throw new BraidError(
      'invalid_plan',
      'expected a builder, an operation that a Builder made, or a list of such operations',
    )
  }
  if (node.builder.nodes.has(node)) return node
  throw new BraidError('unknown_operation', `operation "${node.operation.id}" was cleared from its builder`)
}

function checked(nodes: readonly Node[], fresh: boolean): readonly Node[] {
  const group = nodes[0]?.inside
  if (group) {
    throw new BraidError(
      'foreign_operation',
      `operation "${nodes[0]?.operation.id}" is inside of "${group.operation.id}", which runs as a whole; run that`,
    )
  }
  const listeners = Array.from(withInside(nodes)).filter((node) => node.parents.some(({ type }) => type === 'stream'))
  if (listeners.length === 0) return nodes
  const circle = new Waits(withInside(nodes), (node) => !fresh && node.outcome?.status === 'completed').circle(
    listeners,
  )
  if (circle) throw circle
  return nodes
}

/** These and everything they depend on. A completed one needs nothing more, but it is a result that others read. */
function withNeeds(named: readonly Node[], fresh: boolean): Node[] {
  const found = new Set(named)
  const stack = [...found]
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (!fresh && node.outcome?.status === 'completed') continue
    for (const need of needsOf(node)) {
      if (found.has(need)) continue
      found.add(need)
      stack.push(need)
    }
  }
  return [...found].sort((a, b) => a.index - b.index)
}
