import type { Operation, Outcome, Results, Retry } from '@braid/core'
import type { BuiltInKind, OperationKind, Turn } from '../operations/kind.ts'
import type { Branch } from '../session/branch.ts'
import type { Builder } from './builder.ts'
import type { Group } from './group.ts'
import type { Join } from './shape.ts'

export type Kind =
  | { readonly type: 'built-in'; readonly of: BuiltInKind<never, unknown> }
  | { readonly type: 'custom'; readonly of: OperationKind<never, unknown> }
  /** Its work is other operations, which run inside of it. */
  | { readonly type: 'group'; readonly of: Group }

/**
 * `context` puts the parent's result into the prompt as well. `stream` is met by the parent's first chunk; the other two by its end, as
 * the join says.
 */
export interface Edge {
  readonly from: Node
  readonly type: 'order' | 'context' | 'stream'
}

/** What the Builder knows of one operation and the engine needs: where it stands in the graph, and what runs. */
export interface Node {
  readonly builder: Builder
  /** What it is called in its builder; its id is the path to it. */
  readonly name: string
  /** The group that it is inside of. */
  readonly inside: Node | undefined
  /** Its place in the order of adding. */
  readonly index: number
  readonly operation: Operation
  readonly kind: Kind
  readonly join: Join
  readonly when: ((results: Results) => boolean) | undefined
  readonly branch: string | Branch | undefined
  /** Milliseconds that each attempt may take. */
  readonly timeout: number | undefined
  readonly retry: Retry | undefined
  /** Edges from its parents. `builder.dependsOn` adds to them, and nothing else does. */
  readonly parents: Edge[]
  /** What became of it in the runs so far; a completed one is not run again. */
  outcome: Outcome | undefined
  /** What its earlier attempts left on its branch. */
  turn: Turn
  /** Whether a run has it: two runs of one builder do not run the same operation at once. */
  claimed: boolean
}

export type NodeInit = Omit<Node, 'operation'>

/** The frozen description that users hold. Its node is behind a private name, out of sight of loggers and spreads. */
class Described implements Operation {
  readonly id: string
  readonly kind: string
  readonly params: Readonly<Record<string, unknown>>
  readonly branch?: string
  readonly #node: Node

  constructor(id: string, params: object, node: NodeInit) {
    this.id = id
    this.kind = node.kind.of.name
    this.params = Object.freeze({ ...params })
    if (node.branch !== undefined) this.branch = typeof node.branch === 'string' ? node.branch : node.branch.name
    this.#node = { ...node, operation: this }
    Object.freeze(this)
  }

  get dependsOn(): readonly string[] {
    return this.#node.parents.map((edge) => edge.from.operation.id)
  }

  get contextFrom(): readonly string[] {
    return this.#node.parents.filter((edge) => edge.type === 'context').map((edge) => edge.from.operation.id)
  }

  static nodeOf(operation: Operation): Node | undefined {
    return #node in operation ? operation.#node : undefined
  }
}

export function describe(id: string, params: object, node: NodeInit): Node {
  return nodeOf(new Described(id, params, node)) as Node
}

/** The node of an operation; undefined for what no Builder made. */
export function nodeOf(operation: Operation): Node | undefined {
  return Described.nodeOf(operation)
}
