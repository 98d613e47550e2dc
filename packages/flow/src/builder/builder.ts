import { BraidError, checkKnown, type Operation, type Results, type ToolOutcome } from '@braid/core'
import type { Structured } from '../answers/params.ts'
import { outcomesOf, type TextOptions, widthOf } from '../drawing/drawing.ts'
import { drawMermaid } from '../drawing/mermaid.ts'
import { drawText } from '../drawing/text.ts'
import type { ActParams } from '../operations/act.ts'
import type { Kinds, StructuredKind, TextKind } from '../operations/built-in.ts'
import type { InterpretParams } from '../operations/interpret.ts'
import type { OperationKind } from '../operations/kind.ts'
import type { OperateParams } from '../operations/operate.ts'
import type { ParseParams } from '../operations/parse.ts'
import type { CommunicateParams, GenerateParams } from '../operations/prompt.ts'
import type { ReactParams } from '../operations/react.ts'
import { Session } from '../session/session.ts'
import { addNamed, addShaped } from './adding.ts'
import { addExpand, type ExpandParams } from './expand.ts'
import type { Node } from './node.ts'
import { Nodes } from './nodes.ts'
import { checkParallel } from './parallel.ts'
import type { Graph } from './plan.ts'
import { addRepeat, type RepeatParams } from './repeat.ts'
import { checkNamedShape, type NamedShape, type Names, names, type Shape, type Upstream } from './shape.ts'
import { addSubgraph, type SubgraphParams } from './subgraph.ts'
import { addTask, type TaskParams } from './task.ts'

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
  /** @internal */
  readonly nodes: Nodes

  /** Without a session, one of its own in memory. */
  constructor(options: { session?: Session } = {}, nodes: Nodes = new Nodes()) {
    this.session = sessionOf(options)
    this.nodes = nodes
  }

  get operations(): readonly Operation[] {
    return this.nodes.list.map((node) => node.operation)
  }

  /** Those that nothing depends on yet. */
  get heads(): readonly Operation[] {
    return this.nodes.heads.map((node) => node.operation)
  }

  /** One answer, no history. Its result is the answer's text; with `output`, the value that fits it. */
  generate<T>(params: GenerateParams & Structured<T> & Shape): Operation<T>
  /** One answer, no history. Its result is the answer's text; with `output`, the value that fits it. */
  generate(params: GenerateParams & Shape): Operation<string>
  generate(params: GenerateParams & Shape): Operation<unknown> {
    return addShaped(this, 'generate', params)
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
    return addShaped(this, 'communicate', params)
  }

  /** Text into a value: as JSON, repaired, with its keys by likeness, and then, `repair` times, by a model. What reads by itself needs none. */
  parse<T>(params: ParseParams & Structured<T> & Shape): Operation<T> {
    return addShaped(this, 'parse', params)
  }

  /** A turn on its branch whose answer is a value that fits `output`, with tools on the way to it. */
  operate<T>(params: OperateParams & Structured<T> & Shape): Operation<T> {
    return addShaped(this, 'operate', params)
  }

  /**
   * Thinks, calls tools and reads what they came to, until it answers; `max_steps` if it does not. Each step is in the stream. A turn on its
   * branch. Its result is the answer's text; with `output`, the value that fits it.
   *
   * @example
   * const agent = builder.react({ instruction: 'Oslo or Rome today?', tools: [weather], maxSteps: 6 })
   */
  react<T>(params: ReactParams & Structured<T> & Shape): Operation<T>
  /**
   * Thinks, calls tools and reads what they came to, until it answers; `max_steps` if it does not. Each step is in the stream. A turn on its
   * branch. Its result is the answer's text; with `output`, the value that fits it.
   */
  react(params: ReactParams & Shape): Operation<string>
  react(params: ReactParams & Shape): Operation<unknown> {
    return addShaped(this, 'react', params)
  }

  /** Rewrites a request into a clear prompt, which is its result: for another operation's late `instruction`. */
  interpret(params: InterpretParams & Shape): Operation<string> {
    return addShaped(this, 'interpret', params)
  }

  /** Runs tool calls that are given, and no model. Its result is what each came to, in their order: an output, or an error. */
  act(params: ActParams & Shape): Operation<readonly ToolOutcome[]> {
    return addShaped(this, 'act', params)
  }

  /**
   * Your own code, in place. For code that is used again, see `session.registerOperation`. With `streamFrom` it starts at its parent's first
   * chunk, and reads what that says with `context.stream(parent)`.
   */
  task<T>(params: TaskParams<T>): Operation<T> {
    return addTask(this, params)
  }

  /** `over.map(each)`, drawn as one group: one operation for each item of a list that is known now. */
  fanOut<I, T>(over: readonly I[], each: (item: I, index: number) => Operation<T>): readonly Operation<T>[] {
    if (!Array.isArray(over))
      throw new BraidError('invalid_plan', `expected a list to fan out over; got a ${typeof over}`)
    return this.nodes.whole(() => {
      const operations = over.map((item, index) => each(item, index))
      this.nodes.together(operations.map((operation) => this.nodes.find(operation)))
      return operations
    })
  }

  /**
   * One `each` per item of a list that its dependencies make at run time; their results, in the order of the items, are its own. What is built
   * inside has ids such as `chapters/3/polish`. More than `max` items: `too_many_items`, and nothing inside runs.
   *
   * @example
   * const chapters = builder.expand({
   *   name: 'chapters',
   *   dependsOn: outline,
   *   items: (results) => results.get(outline).chapters,
   *   each: (chapter, sub) => sub.communicate({ name: 'draft', instruction: `Write "${chapter}"` }),
   *   max: 12,
   * })
   */
  expand<I, T>(params: ExpandParams<I, T>): Operation<readonly T[]> {
    return addExpand(this, params)
  }

  /**
   * `step` upon `step`, from what `from` gave, until `until` holds or `max` rounds are done; the last value is its result. `until` is asked
   * before each round with the value so far and how many rounds made it, from 0, so that what is good already is left as it is. What the
   * rounds build has ids such as `refine/2/improve`.
   */
  repeat<T>(params: RepeatParams<T>): Operation<T> {
    return addRepeat(this, params)
  }

  /** Several operations as one, whose result is that of the one that `build` returns. Its inside has ids such as `review/judge`. */
  subgraph<T>(params: SubgraphParams<T>): Operation<T> {
    return addSubgraph(this, params)
  }

  /** By name: a kind of your own, or a built-in one. `contextFrom`, `dependsOn` and `streamFrom` take names as well as operations. */
  add<P, T>(name: string, kind: OperationKind<P, T>, params: NoInfer<P>, shape?: NamedShape): Operation<T>
  add<K extends StructuredKind, T>(
    name: string,
    kind: K,
    params: Kinds[K] & Structured<T>,
    shape?: NamedShape,
  ): Operation<T>
  add(name: string, kind: 'act', params: ActParams, shape?: NamedShape): Operation<readonly ToolOutcome[]>
  add<K extends TextKind>(name: string, kind: K, params: Kinds[K], shape?: NamedShape): Operation<string>
  add<P, T>(
    name: string,
    kind: OperationKind<P, T> | keyof Kinds,
    params: object,
    shape: NamedShape = {},
  ): Operation<unknown> {
    checkNamedShape(shape)
    return addNamed(this, name, kind, params, shape)
  }

  /** `add`, with the results of `sources` as its context; without them, of the heads: those that nothing depends on yet. */
  addAggregation<P, T>(name: string, kind: OperationKind<P, T>, params: NoInfer<P>, shape?: Aggregation): Operation<T>
  addAggregation<K extends StructuredKind, T>(
    name: string,
    kind: K,
    params: Kinds[K] & Structured<T>,
    shape?: Aggregation,
  ): Operation<T>
  addAggregation<K extends TextKind>(name: string, kind: K, params: Kinds[K], shape?: Aggregation): Operation<string>
  addAggregation<P, T>(
    name: string,
    kind: OperationKind<P, T> | StructuredKind,
    params: object,
    shape: Aggregation = {},
  ): Operation<unknown> {
    const { sources = this.heads, ...rest } = shape
    checkNamedShape(rest)
    const from = names(sources)
    if (from.length === 0) {
      throw new BraidError('invalid_plan', 'expected operations to aggregate; got none, and this builder has none yet')
    }
    return addNamed(this, name, kind, params, { ...rest, contextFrom: [...names(rest.contextFrom), ...from] })
  }

  /** Adds dependencies in time to an operation that is there already. Throws `cycle`, printing the path, when they close one. */
  dependsOn(operation: Operation | string, on: Upstream | Names): this {
    const node = this.nodes.find(operation)
    this.nodes.connect(
      node,
      names(on).map((each) => this.nodes.find(each)),
    )
    return this
  }

  /** Each of these after the one before it. Two of them at least. */
  sequence(...operations: (Operation | string)[]): this {
    const nodes = this.#several('sequence', operations)
    return this.nodes.whole(() => {
      for (const [index, node] of nodes.slice(1).entries()) this.nodes.connect(node, [nodes[index] as Node])
      return this
    })
  }

  /** Adds nothing: says that these do not wait for one another. Throws `not_parallel`, naming the path, where one does. */
  parallel(...operations: (Operation | string)[]): this {
    checkParallel(this.#several('parallel', operations))
    return this
  }

  /** The operation of that name. Throws `unknown_operation`, listing those there are. */
  get(name: string): Operation {
    return this.nodes.find(name).operation
  }

  /** Forgets all of its operations, and begins anew. */
  clear(): this {
    this.nodes.clear()
    return this
  }

  /** What there is now, as a plan that what is added later does not change. */
  build(): Graph {
    return Object.freeze({ operations: Object.freeze(this.operations) })
  }

  #several(of: string, operations: readonly (Operation | string)[]): readonly Node[] {
    if (operations.length >= 2) return operations.map((each) => this.nodes.find(each))
    throw new BraidError('invalid_plan', `expected two operations or more for ${of}; got ${operations.length}`)
  }

  /**
   * The plan as a flowchart in Mermaid's language; with results, what became of it. Thick arrows carry results into prompts, thin ones are
   * order in time, dotted ones the order in which operations write one branch, with its name.
   */
  toMermaid(results?: Results): string {
    return drawMermaid(this.nodes, outcomesOf(this.nodes, results))
  }

  /**
   * The plan drawn for a terminal, one row for each operation, without colours; with results, what became of it. `width` is in columns; default 80.
   *
   * @example
   * console.log(builder.toText())
   * console.log(builder.toText(await flow(builder), { width: process.stdout.columns }))
   */
  toText(results?: Results, options: TextOptions = {}): string {
    return drawText(this.nodes.list, outcomesOf(this.nodes, results), widthOf(options))
  }

  /** @internal One for what is inside of a group of this one. */
  inside(nodes: Nodes): Builder {
    return new Builder({ session: this.session }, nodes)
  }
}

export type Aggregation = NamedShape & { sources?: Upstream | Names }

function sessionOf(options: { session?: Session }): Session {
  if (options instanceof Session) {
    throw new BraidError('invalid_plan', 'expected the session as an option: new Builder({ session }); got it alone')
  }
  checkKnown(options, { session: true }, { of: 'new Builder', code: 'invalid_plan' })
  const { session } = options
  if (session === undefined || session instanceof Session) return session ?? new Session()
  throw new BraidError('invalid_plan', 'expected `session` to be a Session, opened or made; got something else')
}
