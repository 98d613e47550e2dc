import { BraidError, checkKnown, type Operation, retryOf } from '@braid/core'
import { BUILT_IN, type Kinds } from '../operations/built-in.ts'
import type { BuiltInKind, OperationKind } from '../operations/kind.ts'
import type { Builder } from './builder.ts'
import type { Kind, Node } from './node.ts'
import { checkShape, type NamedShape, SHAPE, splitShape } from './shape.ts'

type Loose<T> = { [K in keyof T]: T[K] | undefined }

/** Adds one operation, when all that is said of it can be. Every shape and every kind comes through here. */
export function addNode(
  builder: Builder,
  name: string | undefined,
  kind: Kind,
  params: object,
  shape: Loose<NamedShape>,
): Node {
  const { nodes, session } = builder
  checkShape(name, shape)
  if (kind.type === 'built-in') kind.of.check(params)
  const parents = nodes.edges([
    ['context', shape.contextFrom],
    ['order', shape.dependsOn],
    ['stream', shape.streamFrom],
  ])
  nodes.checkEdges(parents)
  nodes.checkFree(name)
  const { branch, join = 'all', timeout, retry } = shape
  if (retry !== undefined) checkRepeatable(kind, shape)
  if (branch !== undefined && typeof branch !== 'string') session.own(branch)
  return nodes.add(name, params, {
    builder,
    kind,
    join,
    when: shape.when,
    branch,
    timeout,
    retry: retry === undefined ? undefined : retryOf(retry),
    parents,
    outcome: undefined,
    turn: {},
    claimed: false,
  })
}

/** A built-in kind, told everything in one: what it does, and where it stands. */
export function addShaped<T>(builder: Builder, kind: keyof Kinds, given: object): Operation<T> {
  const of = builtIn(kind)
  checkKnown(given, { ...SHAPE, ...of.params }, { of: kind, code: 'invalid_plan' })
  const { shape, params } = splitShape(given)
  return addNode(builder, shape.name, { type: 'built-in', of }, params, shape).operation as Operation<T>
}

/** A kind by its name, or one of a user's own. */
export function addNamed<T>(
  builder: Builder,
  name: string,
  kind: OperationKind<never, T> | string,
  params: object,
  shape: NamedShape,
): Operation<T> {
  if (typeof kind !== 'string') {
    return addNode(builder, name, { type: 'custom', of: kind }, params, shape).operation as Operation<T>
  }
  const of = builtIn(kind)
  checkKnown(params, of.params, { of: kind, code: 'invalid_plan' })
  return addNode(builder, name, { type: 'built-in', of }, params, shape).operation as Operation<T>
}

/** What cannot be tried again as a whole is not asked to. */
function checkRepeatable(kind: Kind, { streamFrom }: Loose<NamedShape>): void {
  if (kind.type === 'group') {
    throw new BraidError(
      'invalid_plan',
      `expected \`retry\` on the operations inside of ${kind.of.name}, each of which may be tried again; got it on the whole`,
    )
  }
  if (streamFrom !== undefined) {
    throw new BraidError(
      'invalid_plan',
      'expected `retry` or `streamFrom`; got both: a stream is heard once, and another attempt would hear nothing',
    )
  }
}

function builtIn(kind: string): BuiltInKind<never, unknown> {
  const known = Object.hasOwn(BUILT_IN, kind) ? BUILT_IN[kind as keyof Kinds] : undefined
  if (known) return known
  const kinds = Object.keys(BUILT_IN).join(', ')
  throw new BraidError(
    'unknown_kind',
    `no kind of operation is called "${kind}"; built in are ${kinds}, and your own are passed as values`,
  )
}
