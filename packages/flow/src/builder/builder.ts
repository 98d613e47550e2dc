import { BraidError, checkKnown, type Operation, retryOf } from '@braid/core'
import type { Structured } from '../answers/params.ts'
import { BUILT_IN, type Kinds, type TextKind } from '../operations/built-in.ts'
import type { BuiltInKind, OperationContext, OperationKind, Yield } from '../operations/kind.ts'
import type { CommunicateParams } from '../operations/prompt.ts'
import { Session } from '../session/session.ts'
import { pathBetween } from './cycle.ts'
import { describe, type Edge, type Kind, type Node, nodeOf } from './node.ts'
import {
  checkNamedShape,
  checkShape,
  type NamedShape,
  type Names,
  names,
  SHAPE,
  type Shape,
  splitShape,
  type Upstream,
} from './shape.ts'

/** Code in place: what `task` runs. */
export type TaskFunction<T> = (context: OperationContext) => AsyncGenerator<Yield, T> | Promise<T> | T

/**
 * Makes operations and the graph between them. It does no I/O: `flow` and `flowStream` run what it made. Each call happens whole or
 * not at all; what cannot be is a named error at the call.
 *
 * @example
 * const builder = new Builder({ session })
 * const facts = builder.communicate({ name: 'facts', instruction: 'Five facts about bees' })
 * const quiz = builder.communicate({ name: 'quiz', instruction: 'Make a quiz', contextFrom: facts })
 * const results = await flow(builder)
 * console.log(results.get(quiz))
 */
export class Builder {
  readonly session: Session
  readonly #nodes: Node[] = []
  readonly #byName = new Map<string, Node>()
  /** Those that something depends on. */
  readonly #needed = new Set<Node>()
  /** How often each kind has been named by default. */
  readonly #counts = new Map<string, number>()

  /** Without a session, one of its own in memory. */
  constructor(options: { session?: Session } = {}) {
    this.session = sessionOf(options)
  }

  /** @internal */
  get nodes(): readonly Node[] {
    return this.#nodes
  }

  get operations(): readonly Operation[] {
    return this.#nodes.map((node) => node.operation)
  }

  /** Those that nothing depends on yet. */
  get heads(): readonly Operation[] {
    return this.#nodes.filter((node) => !this.#needed.has(node)).map((node) => node.operation)
  }

  /** One answer, no history. Its result is the answer's text; with `output`, the value that fits it. */
  generate<T>(params: CommunicateParams & Structured<T> & Shape): Operation<T>
  /** One answer, no history. Its result is the answer's text; with `output`, the value that fits it. */
  generate(params: CommunicateParams & Shape): Operation<string>
  generate(params: CommunicateParams & Shape): Operation<unknown> {
    return this.#shaped('generate', params)
  }

  /**
   * One turn on its branch: reads the conversation, writes instruction and answer. Without `branch`, on a fresh one of its own. Its result is
   * the answer's text; with `output`, the value that fits it.
   */
  communicate<T>(params: CommunicateParams & Structured<T> & Shape): Operation<T>
  /**
   * One turn on its branch: reads the conversation, writes instruction and answer. Without `branch`, on a fresh one of its own. Its result is
   * the answer's text; with `output`, the value that fits it.
   */
  communicate(params: CommunicateParams & Shape): Operation<string>
  communicate(params: CommunicateParams & Shape): Operation<unknown> {
    return this.#shaped('communicate', params)
  }

  /** Your own code, in place. For code that is used again, see `session.registerOperation`. */
  task<T>(params: Shape & { run: TaskFunction<T> }): Operation<T> {
    checkKnown(params, TASK, { of: 'task', code: 'invalid_plan' })
    const {
      shape,
      params: { run },
    } = splitShape(params)
    if (typeof run !== 'function') {
      throw new BraidError('invalid_plan', `expected \`run\` to be the function that the task runs; got ${typeof run}`)
    }
    const kind: OperationKind<object, T> = { name: 'task', run: (context) => runTask(run, context) }
    return this.#add(shape.name, { type: 'custom', of: kind }, {}, shape)
  }

  /** `over.map(each)`: one operation for each item of a list that is known now. */
  fanOut<I, T>(over: readonly I[], each: (item: I, index: number) => Operation<T>): readonly Operation<T>[] {
    return over.map(each)
  }

  /** By name: a kind of your own, or a built-in one. `contextFrom` and `dependsOn` take names as well as operations. */
  add<P, T>(name: string, kind: OperationKind<P, T>, params: NoInfer<P>, shape?: NamedShape): Operation<T>
  add<K extends keyof Kinds, T>(
    name: string,
    kind: K,
    params: Kinds[K] & Structured<T>,
    shape?: NamedShape,
  ): Operation<T>
  add<K extends TextKind>(name: string, kind: K, params: Kinds[K], shape?: NamedShape): Operation<string>
  add<P, T>(
    name: string,
    kind: OperationKind<P, T> | keyof Kinds,
    params: object,
    shape: NamedShape = {},
  ): Operation<T | string> {
    checkNamedShape(shape)
    if (typeof kind !== 'string') return this.#add(name, { type: 'custom', of: kind }, params, shape)
    const of = builtIn(kind)
    checkKnown(params, of.params, { of: kind, code: 'invalid_plan' })
    return this.#add(name, { type: 'built-in', of }, params, shape)
  }

  /** Adds dependencies in time to an operation that is there already. Throws `cycle`, printing the path, when they close one. */
  dependsOn(operation: Operation | string, on: Upstream | Names): this {
    const node = this.#find(operation)
    const parents = names(on).map((each) => this.#find(each))
    for (const parent of parents) {
      const path = parent === node ? [node] : this.#path(node, parent)
      if (path) {
        const drawn = [...path, node].map((each) => each.operation.id).join(' → ')
        throw new BraidError(
          'cycle',
          `operations must not depend on themselves, and this would close a cycle: ${drawn}`,
        )
      }
    }
    const known = new Set(node.parents.map((edge) => edge.from))
    for (const from of parents) {
      if (known.has(from)) continue
      known.add(from)
      node.parents.push({ from, type: 'order' })
      this.#needed.add(from)
    }
    return this
  }

  /** The way from one to another that depends on it. What nothing depends on need not be looked for. */
  #path(from: Node, to: Node): readonly Node[] | undefined {
    return this.#needed.has(from) ? pathBetween(from, to) : undefined
  }

  /** The operation of that name. Throws `unknown_operation`, listing those there are. */
  get(name: string): Operation {
    return this.#find(name).operation
  }

  /** A built-in kind, told everything in one: what it does, and where it stands. */
  #shaped<T>(kind: keyof Kinds, given: object): Operation<T> {
    const of = builtIn(kind)
    checkKnown(given, { ...SHAPE, ...of.params }, { of: kind, code: 'invalid_plan' })
    const { shape, params } = splitShape(given)
    return this.#add(shape.name, { type: 'built-in', of }, params, shape)
  }

  #add<T>(name: string | undefined, kind: Kind, params: object, shape: Loose<NamedShape>): Operation<T> {
    checkShape(name, shape)
    if (kind.type === 'built-in') kind.of.check(params)
    const parents = new Map<Node, Edge>()
    for (const [type, upstream] of [
      ['context', shape.contextFrom],
      ['order', shape.dependsOn],
    ] as const) {
      for (const each of names(upstream)) {
        const from = this.#find(each)
        if (!parents.has(from)) parents.set(from, { from, type })
      }
    }
    if (name !== undefined && this.#byName.has(name)) {
      throw new BraidError(
        'duplicate_name',
        `an operation named "${name}" is in this builder already; names are unique within one`,
      )
    }
    const { branch, join = 'all', timeout, retry } = shape
    if (branch !== undefined && typeof branch !== 'string') this.session.own(branch)
    const node = describe(name ?? this.#defaultName(kind.of.name), params, {
      builder: this,
      index: this.#nodes.length,
      kind,
      join,
      when: shape.when,
      branch,
      timeout,
      retry: retry === undefined ? undefined : retryOf(retry),
      parents: [...parents.values()],
      outcome: undefined,
      turn: {},
      claimed: false,
    })
    this.#nodes.push(node)
    this.#byName.set(node.operation.id, node)
    for (const parent of parents.keys()) this.#needed.add(parent)
    return node.operation as Operation<T>
  }

  #defaultName(kind: string): string {
    for (;;) {
      const count = (this.#counts.get(kind) ?? 0) + 1
      this.#counts.set(kind, count)
      const name = `${kind}-${count}`
      if (!this.#byName.has(name)) return name
    }
  }

  #find(reference: Operation | string): Node {
    if (typeof reference === 'string') {
      const node = this.#byName.get(reference)
      if (node) return node
      const known = [...this.#byName.keys()].slice(0, 20).join(', ') || 'none'
      throw new BraidError(
        'unknown_operation',
        `no operation named "${reference}" is in this builder; there are: ${known}`,
      )
    }
    const node = isObject(reference) ? nodeOf(reference) : undefined
    if (!node) {
      throw new BraidError('unknown_operation', 'expected an operation that a Builder made, or a list of them')
    }
    if (node.builder !== this) {
      throw new BraidError(
        'foreign_operation',
        `operation "${node.operation.id}" belongs to another builder; a plan is made by one builder, so add it to this one or pass its result on`,
      )
    }
    return node
  }
}

const TASK = { ...SHAPE, run: true } as const

type Loose<T> = { [K in keyof T]: T[K] | undefined }

function builtIn(kind: string): BuiltInKind<never, unknown> {
  const known = Object.hasOwn(BUILT_IN, kind) ? BUILT_IN[kind as keyof Kinds] : undefined
  if (known) return known
  const kinds = Object.keys(BUILT_IN).join(', ')
  throw new BraidError(
    'unknown_kind',
    `no kind of operation is called "${kind}"; built in are ${kinds}, and your own are passed as values`,
  )
}

function sessionOf(options: { session?: Session }): Session {
  if (options instanceof Session) {
    throw new BraidError('invalid_plan', 'expected the session as an option: new Builder({ session }); got it alone')
  }
  checkKnown(options, { session: true }, { of: 'new Builder', code: 'invalid_plan' })
  const { session } = options
  if (session === undefined || session instanceof Session) return session ?? new Session()
  throw new BraidError('invalid_plan', 'expected `session` to be a Session, opened or made; got something else')
}

async function* runTask<T>(run: TaskFunction<T>, context: OperationContext): AsyncGenerator<Yield, T> {
  const made = run(context)
  return isObject(made) && Symbol.asyncIterator in made
    ? yield* made as AsyncGenerator<Yield, T>
    : await (made as Promise<T> | T)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
