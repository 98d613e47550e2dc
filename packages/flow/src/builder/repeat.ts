import { BraidError, checkKnown, type Operation } from '@braid/core'
import { addNode } from './adding.ts'
import type { Builder } from './builder.ts'
import type { Group, Piece } from './group.ts'
import type { Node } from './node.ts'
import { buildPiece } from './piece.ts'
import { yesOrNo } from './said.ts'
import { checkFunction, checkMax, names, SHAPE, type Shape, splitShape } from './shape.ts'

export interface RepeatParams<T> extends Shape {
  /** What gives the first value. */
  from: Operation<T>
  /** Builds one round; what it returns has the next value. */
  step: (current: Operation<T>, sub: Builder) => Operation<T>
  /** Whether the value is good; `round` is how many rounds made it. */
  until: (value: T, round: number) => boolean
  /** How many rounds there are at most. */
  max: number
}

const PARAMS = { ...SHAPE, from: true, step: true, until: true, max: true } as const

export function addRepeat<T>(builder: Builder, params: RepeatParams<T>): Operation<T> {
  checkKnown(params, PARAMS, { of: 'repeat', code: 'invalid_plan' })
  const { shape, params: own } = splitShape(params)
  const { from, step, until, max } = own
  checkFunction('step', 'a function that builds one round', step)
  checkFunction('until', 'a function of the value that says whether it is good', until)
  checkMax(max)
  if (shape.join === 'any') {
    throw new BraidError(
      'invalid_plan',
      "expected a repeat to wait for what it begins with; got `join: 'any'`, by which it may start before that has ended",
    )
  }
  const round = (current: Node, count: number): Piece =>
    buildPiece(builder, node, `${count}/`, (sub) => step(current.operation as Operation<T>, sub), current)
  const of = new Repeat<T>(builder.nodes.find(from), round, until, max)
  const dependsOn = [from, ...names(shape.dependsOn)]
  const node = addNode(builder, shape.name, { type: 'group', of }, {}, { ...shape, dependsOn })
  return node.operation as Operation<T>
}

/** Round upon round, each from the last one's result, until that is good or there were enough. Its result is the last value. */
class Repeat<T> implements Group {
  readonly name = 'repeat'
  readonly pieces: Piece[] = []
  readonly #from: Node
  readonly #step: (current: Node, round: number) => Piece
  readonly #until: (value: T, round: number) => boolean
  readonly #max: number

  constructor(
    from: Node,
    step: (current: Node, round: number) => Piece,
    until: (value: T, round: number) => boolean,
    max: number,
  ) {
    this.#from = from
    this.#step = step
    this.#until = until
    this.#max = max
  }

  next(): readonly Piece[] {
    const { operation, outcome } = this.#current
    if (outcome?.status !== 'completed') {
      throw new BraidError('not_completed', `expected a result of "${operation.id}" to begin with; it has none`)
    }
    const rounds = this.pieces.length
    if (rounds >= this.#max || yesOrNo(this.#until(this.result() as T, rounds), 'until')) return []
    const piece = this.#step(this.#current, rounds + 1)
    this.pieces.push(piece)
    return [piece]
  }

  /** What `from` gave, where no round was needed. */
  result(): unknown {
    const { outcome } = this.#current
    return outcome?.status === 'completed' ? outcome.result : undefined
  }

  drop(): void {
    this.pieces.pop()
  }

  reset(): void {
    this.pieces.length = 0
  }

  get #current(): Node {
    return this.pieces.at(-1)?.returns ?? this.#from
  }
}
