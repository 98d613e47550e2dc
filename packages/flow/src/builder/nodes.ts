import { BraidError, type Operation } from '@braid/core'
import { pathBetween } from './cycle.ts'
import { isInside, needsOf } from './group.ts'
import { describe, type Edge, type Node, type NodeInit, nodeOf } from './node.ts'
import { type Names, names, type Upstream } from './shape.ts'

/** Where the operations of one builder stand: what comes before their names, and what they may refer to besides one another. */
export interface Scope {
  /** The group that they are inside of. */
  readonly group: Node
  /** Their ids begin with it: `chapters/3/`. */
  readonly prefix: string
  readonly outside: Nodes
  /** What is handed in from a neighbouring inside, such as the last round of a `repeat`. */
  readonly given: ReadonlySet<Node>
}

/**
 * The operations of one builder: by name, in the order added, with the edges between them.
 *
 * Invariants: names are unique; edges go to what is in here, or around it, and close no cycle; what {@link whole} was given happens whole
 * or not at all.
 */
export class Nodes implements Iterable<Node> {
  readonly #scope: Scope | undefined
  readonly #list: Node[] = []
  readonly #byName = new Map<string, Node>()
  /** Those that something depends on. */
  readonly #needed = new Set<Node>()
  readonly #fans: (readonly Node[])[] = []
  /** How often each kind has been named by default. */
  #counts = new Map<string, number>()
  /** Edges that were added to operations which were there already, since {@link whole} began. */
  #journal: { readonly node: Node; readonly edges: number }[] | undefined

  constructor(scope?: Scope) {
    this.#scope = scope
  }

  get list(): readonly Node[] {
    return this.#list
  }

  /** The group that these are inside of. */
  get group(): Node | undefined {
    return this.#scope?.group
  }

  get heads(): readonly Node[] {
    return this.#list.filter((node) => !this.#needed.has(node))
  }

  /** For lists in errors. */
  get known(): string {
    return [...this.#byName.keys()].slice(0, 20).join(', ') || 'none'
  }

  [Symbol.iterator](): Iterator<Node> {
    return this.#list.values()
  }

  has(node: Node): boolean {
    return this.#byName.get(node.name) === node
  }

  /** Throws `duplicate_name`. */
  checkFree(name: string | undefined): void {
    if (name === undefined || !this.#byName.has(name)) return
    throw new BraidError(
      'duplicate_name',
      `an operation named "${name}" is in this builder already; names are unique within one`,
    )
  }

  /** Adds one, under its name or else under its kind and a number. */
  add(name: string | undefined, params: object, init: Omit<NodeInit, 'name' | 'inside' | 'index'>): Node {
    const free = name ?? this.#defaultName(init.kind.of.name)
    const id = (this.#scope?.prefix ?? '') + free
    const node = describe(id, params, { ...init, name: free, inside: this.group, index: this.#list.length })
    this.#list.push(node)
    this.#byName.set(free, node)
    for (const { from } of node.parents) this.#need(from)
    return node
  }

  /** What is inside of this one was built: what that needs is needed by it. */
  takesFromOutside(group: Node): void {
    for (const need of needsOf(group)) this.#need(need)
  }

  /** These are drawn together. */
  together(nodes: readonly Node[]): void {
    this.#fans.push(nodes)
  }

  /** Which are drawn together. */
  get fans(): readonly (readonly Node[])[] {
    return this.#fans
  }

  /** The edges to these, each parent once: the first that names it counts. */
  edges(upstreams: readonly (readonly [Edge['type'], Upstream | Names | undefined])[]): Edge[] {
    const edges = new Map<Node, Edge>()
    for (const [type, upstream] of upstreams) {
      for (const each of names(upstream)) {
        const from = this.find(each)
        const known = edges.get(from)
        if (!known) edges.set(from, { from, type })
        else if (known.type !== type && type === 'stream') {
          throw new BraidError(
            'invalid_plan',
            `expected "${from.operation.id}" in \`streamFrom\`, which starts at its first chunk, or in \`contextFrom\` or \`dependsOn\`, which wait for its end; got it in both`,
          )
        }
      }
    }
    return [...edges.values()]
  }

  /** Throws `cycle` where what is inside of a group would wait for that group. */
  checkEdges(edges: readonly Edge[]): void {
    const { group } = this
    if (!group) return
    for (const { from } of edges) {
      if (from === group) throw cycle([group])
      const path = this.has(from) || from.outcome?.status === 'completed' ? undefined : this.path(group, from)
      if (path) throw cycle([...path, group])
    }
  }

  /** Adds dependencies in time. Throws `cycle`, printing the path, when they close one. */
  connect(node: Node, parents: readonly Node[]): void {
    for (const parent of parents) {
      const path = parent === node ? [node] : this.path(node, parent)
      if (path) throw cycle([...path, node])
    }
    this.#journal?.push({ node, edges: node.parents.length })
    const known = new Set(node.parents.map((edge) => edge.from))
    for (const from of parents) {
      if (known.has(from)) continue
      known.add(from)
      node.parents.push({ from, type: 'order' })
      this.#need(from)
    }
  }

  /** The way from one to another that depends on it. What nothing depends on need not be looked for. */
  path(from: Node, to: Node): readonly Node[] | undefined {
    return this.#isNeeded(from) || isInside(from, to) ? pathBetween(from, to) : undefined
  }

  /** Whether something depends on it, or on a group that it is inside of. */
  #isNeeded(node: Node): boolean {
    if (this.#needed.has(node)) return true
    const scope = this.#scope
    return scope ? scope.outside.#isNeeded(this.has(node) ? scope.group : node) : false
  }

  /** By its name, or the operation itself. Throws `unknown_operation`, listing those there are, and `foreign_operation`. */
  find(reference: Operation | string): Node {
    if (typeof reference === 'string') {
      const node = this.#byName.get(reference)
      if (node) return node
      throw new BraidError(
        'unknown_operation',
        `no operation named "${reference}" is in this builder; there are: ${this.known}`,
      )
    }
    const node = typeof reference === 'object' && reference !== null ? nodeOf(reference) : undefined
    if (!node) {
      throw new BraidError('unknown_operation', 'expected an operation that a Builder made, or a list of them')
    }
    if (this.#reaches(node)) return node
    const { id } = node.operation
    if (node.inside !== undefined && node.inside !== this.group) {
      const group = node.inside.operation.id
      throw new BraidError(
        'foreign_operation',
        `operation "${id}" is inside "${group}", and what is inside of one has its edges there; depend on "${group}" instead`,
      )
    }
    throw new BraidError(
      'foreign_operation',
      `operation "${id}" belongs to another builder; a plan is made by one builder, so add it to this one or pass its result on`,
    )
  }

  /** Does it whole or not at all: when it throws, everything is as it was. */
  whole<T>(change: () => T): T {
    if (this.#journal) return change()
    const journal: { readonly node: Node; readonly edges: number }[] = []
    const { length } = this.#list
    const { length: fans } = this.#fans
    const counts = new Map(this.#counts)
    this.#journal = journal
    try {
      return change()
    } catch (error) {
      for (const node of this.#list.splice(length)) this.#byName.delete(node.name)
      for (const { node, edges } of journal.reverse()) node.parents.length = edges
      this.#counts = counts
      this.#needed.clear()
      this.#fans.length = fans
      for (const node of this.#list) for (const need of needsOf(node)) this.#need(need)
      throw error
    } finally {
      this.#journal = undefined
    }
  }

  clear(): void {
    this.#list.length = 0
    this.#byName.clear()
    this.#needed.clear()
    this.#counts.clear()
    this.#fans.length = 0
  }

  #need(node: Node): void {
    if (this.has(node)) this.#needed.add(node)
    else if (this.#scope) this.#scope.outside.#need(node)
  }

  /** Its own, those around it, and those handed in. */
  #reaches(node: Node): boolean {
    if (this.has(node)) return true
    return this.#scope !== undefined && (this.#scope.given.has(node) || this.#scope.outside.#reaches(node))
  }

  #defaultName(kind: string): string {
    for (;;) {
      const count = (this.#counts.get(kind) ?? 0) + 1
      this.#counts.set(kind, count)
      const name = `${kind}-${count}`
      if (!this.#byName.has(name)) return name
    }
  }
}

function cycle(path: readonly Node[]): BraidError {
  const drawn = path.map((each) => each.operation.id).join(' → ')
  return new BraidError('cycle', `operations must not depend on themselves, and this would close a cycle: ${drawn}`)
}
