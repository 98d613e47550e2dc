import { BraidError, type Operation } from '@braid/core'
import type { Session } from '../session/session.ts'
import { Builder } from './builder.ts'
import { type Node, nodeOf } from './node.ts'

/** What runs: these operations, and the unfinished ones that they need. */
export type Plan = Builder | Operation | readonly Operation[]

/** A plan, looked up: what there is to run and what is known already, all of one builder, in the order added. */
export interface Resolved {
  readonly session: Session
  /** What the plan names and what that needs, completed ones included. */
  readonly nodes: readonly Node[]
  /** Those of them that are to run. */
  readonly open: readonly Node[]
}

/**
 * Looks a plan up. What completed in an earlier run of its builder stays as it is, unless `fresh`.
 * Throws `foreign_operation` where operations of several builders are mixed, and `invalid_plan` for what no Builder made.
 */
export function resolvePlan(plan: Plan, fresh: boolean): Resolved {
  if (plan instanceof Builder) return withOpen(plan.session, [...plan.nodes], fresh)
  const named = (Array.isArray(plan) ? plan : [plan]).map(known)
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
  return withOpen(session, withNeeds(named, fresh), fresh)
}

function withOpen(session: Session, nodes: readonly Node[], fresh: boolean): Resolved {
  return { session, nodes, open: nodes.filter((node) => fresh || node.outcome?.status !== 'completed') }
}

/** The ids of those that nothing in the plan depends on. */
export function headsOf({ nodes }: Resolved): ReadonlySet<string> {
  const parents = new Set(nodes.flatMap((node) => node.parents.map((edge) => edge.from)))
  return new Set(nodes.filter((node) => !parents.has(node)).map((node) => node.operation.id))
}

function known(operation: unknown): Node {
  const node = typeof operation === 'object' && operation !== null ? nodeOf(operation as Operation) : undefined
  if (node) return node
  throw new BraidError(
    'invalid_plan',
    'expected a builder, an operation that a Builder made, or a list of such operations',
  )
}

/** These and everything they depend on. A completed one needs nothing more, but it is a result that others read. */
function withNeeds(named: readonly Node[], fresh: boolean): Node[] {
  const found = new Set(named)
  const stack = [...found]
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (!fresh && node.outcome?.status === 'completed') continue
    for (const { from } of node.parents) {
      if (found.has(from)) continue
      found.add(from)
      stack.push(from)
    }
  }
  return [...found].sort((a, b) => a.index - b.index)
}
