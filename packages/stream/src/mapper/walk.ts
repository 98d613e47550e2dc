import type { Answer } from '../answer/answer.ts'
import type { Path } from '../selector/path.ts'
import type { Predicate } from '../selector/predicate.ts'
import type { Query } from '../selector/query.ts'
import { keySwitch } from './key-switch.ts'
import { literalSwitch } from './literal-switch.ts'
import { bind, compileTest, type Place, type PlaceGetter, type Scopes } from './scope.ts'

/** One step of the walk through a frame. Tells whether a rule knew what it saw. */
export type Step = (place: Place, answer: Answer) => boolean

/** What a rule does, and when. */
export interface Action {
  readonly kind: 'rule'
  /** Undefined: always. */
  readonly match: Predicate | undefined
  readonly scopes: Scopes
  readonly run: Step
}

/** Several elements that its nodes run over, one by one: an array's, or what a selector finds. */
export interface FanOut {
  readonly kind: 'fan-out'
  /** The array, or what is selected from. */
  readonly array: Path
  readonly select: Query
  /** Where the array is found. */
  readonly outer: Scopes
  /** Where its nodes run. */
  readonly scopes: Scopes
  readonly nodes: Node[]
  /** Where an element says which candidate it is; only for the array of candidates. */
  readonly candidate: PlaceGetter | undefined
}

export type Node = Action | FanOut

/** What the nodes from some place on become together, and how many they are. */
export interface Run {
  readonly step: Step
  readonly length: number
}

/**
 * Compiles nodes to one step. They keep their order. Neighbours that ask the same thing are asked together: most rules say nothing of most frames,
 * and to ask for a field that is not there costs more than anything else here.
 */
export function compileNodes(nodes: readonly Node[]): Step {
  const steps: Step[] = []
  let at = 0
  while (at < nodes.length) {
    const run = literalSwitch(nodes, at) ?? keySwitch(nodes, at) ?? { step: compileNode(nodes[at]!), length: 1 }
    steps.push(run.step)
    at += run.length
  }
  return sequence(steps)
}

export function compileNode(node: Node): Step {
  if (node.kind === 'fan-out') return fanOut(node)
  if (!node.match) return node.run
  const test = compileTest(node.match, node.scopes)
  const run = node.run
  return (place, answer) => test(place) && run(place, answer)
}

function sequence(steps: readonly Step[]): Step {
  const [first] = steps
  if (steps.length === 1) return first!
  return (place, answer) => {
    let known = false
    for (let at = 0; at < steps.length; at++) if (steps[at]!(place, answer)) known = true
    return known
  }
}

function fanOut(node: FanOut): Step {
  const { candidate, select } = node
  const list = bind(node.array, node.outer)
  const depth = node.scopes.length
  const step = compileNodes(node.nodes)
  return (place, answer) => {
    const elements = select(list(place))
    let known = false
    for (let at = 0; at < elements.length; at++) {
      place.values[depth] = elements[at]
      place.positions[depth] = at
      if (candidate) answer.turnTo(candidate(place), at)
      if (step(place, answer)) known = true
    }
    if (candidate && elements.length > 0) answer.turnTo(0, 0)
    return known
  }
}
