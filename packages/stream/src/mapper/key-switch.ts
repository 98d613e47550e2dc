import type { Path } from '../selector/path.ts'
import type { Predicate } from '../selector/predicate.ts'
import type { Segment } from '../selector/segment.ts'
import { beginsLiteralSwitch } from './literal-switch.ts'
import { bindSegments, relative, type Scopes } from './scope.ts'
import { type Action, compileNode, type Node, type Run } from './walk.ts'

/** The steps of one switch are the bits of one number. */
const MOST = 31

/**
 * Neighbouring nodes that say nothing unless one object has a certain field (`$.choices[*].delta.refusal`) are asked once: the
 * fields that the object has are looked up, and only the nodes that one of them concerns are run, in their order. An answer's delta has one
 * or two fields, and there may be ten rules.
 */
export function keySwitch(nodes: readonly Node[], from: number): Run | undefined {
  const head = needOf(nodes[from]!)
  if (!head) return undefined
  const concerns = new Map<string, Concern>()
  let at = from
  for (; at < nodes.length && at - from < MOST; at++) {
    const need = needOf(nodes[at]!)
    // What a look-up by value answers at once is left to it: a field such as `type`, which every frame has, rules nothing out.
    if (!need || need.holder !== head.holder || beginsLiteralSwitch(nodes, at)) break
    const bit = 1 << (at - from)
    for (const key of need.keys) {
      const { any, plain } = concerns.get(key) ?? { any: 0, plain: 0 }
      concerns.set(key, { any: any | bit, plain: nodes[at]!.kind === 'fan-out' ? plain : plain | bit })
    }
  }
  if (at - from < 2) return undefined
  // A rule that asks for nothing but a field which is there need not ask again.
  const steps = nodes
    .slice(from, at)
    .map((node) => (node.kind === 'rule' && asksOnlyFor(node) ? node.run : compileNode(node)))
  const holder = bindSegments(head.depth, head.segments)
  const concernedBy = compileConcerns(concerns)
  return {
    step: (place, answer) => {
      const object = holder(place)
      if (typeof object !== 'object' || object === null) return false
      let concerned = concernedBy(object as Record<string, unknown>)
      let known = false
      for (let bit = 0; concerned !== 0; bit++, concerned >>>= 1) {
        if ((concerned & 1) === 1 && steps[bit]!(place, answer)) known = true
      }
      return known
    },
    length: at - from,
  }
}

/** The nodes that a field concerns: all of them, and those that say something also where it is no object and no array. */
interface Concern {
  readonly any: number
  readonly plain: number
}

/**
 * The nodes that an object's fields concern. Most objects have the fields of the one before, in the same order: to see that costs less than
 * to look each of them up. One loop, because in a loop over an object's fields their values cost next to nothing.
 */
function compileConcerns(concerns: ReadonlyMap<string, Concern>): (object: Record<string, unknown>) => number {
  let before: string[] = []
  let found: (Concern | undefined)[] = []
  const learn = (object: object): void => {
    before = []
    for (const key in object) before.push(key)
    found = before.map((key) => concerns.get(key))
  }
  /** Undefined where it has other fields than the one before. */
  const look = (object: Record<string, unknown>): number | undefined => {
    let bits = 0
    let at = 0
    for (const key in object) {
      if (key !== before[at]) return undefined
      const concern = found[at]
      at += 1
      if (concern === undefined) continue
      const value = object[key]
      if (value === undefined) continue
      if (typeof value !== 'object') bits |= concern.plain
      else if (value !== null) bits |= concern.any
    }
    return at === before.length ? bits : undefined
  }
  return (object) => {
    const bits = look(object)
    if (bits !== undefined) return bits
    learn(object)
    return look(object) ?? 0
  }
}

/** An object, and the fields of which it must have one before the node can say anything. */
interface Need {
  /** The object's place, as a text to compare. */
  readonly holder: string
  readonly depth: number
  readonly segments: readonly Segment[]
  readonly keys: readonly string[]
}

function needOf(node: Node): Need | undefined {
  if (node.kind === 'fan-out') return needOfPath(node.array, node.outer)
  return node.match && needOfPredicate(node.match, node.scopes)
}

/** Whether a rule's whole condition is that the field which it needs exists. */
function asksOnlyFor({ match, scopes }: Action): boolean {
  if (match?.type !== 'exists') return false
  const { depth, rest } = relative(match.path, scopes)
  return !match.path.position && rest.length === (depth > 0 && rest.length > 1 ? 2 : 1)
}

function needOfPredicate(predicate: Predicate, scopes: Scopes): Need | undefined {
  switch (predicate.type) {
    case 'and':
      // Any term's need is a need of all of it.
      for (const term of predicate.terms) {
        const need = needOfPredicate(term, scopes)
        if (need) return need
      }
      return undefined
    case 'or': {
      const needs = predicate.terms.map((term) => needOfPredicate(term, scopes))
      const [first] = needs
      if (!first || needs.some((need) => need?.holder !== first.holder)) return undefined
      return { ...first, keys: needs.flatMap((need) => need?.keys ?? []) }
    }
    case 'not':
      return undefined
    case 'exists':
    case 'truth':
      return needOfPath(predicate.path, scopes)
    case 'compare': {
      const saysItIsThere = predicate.literal === null ? predicate.operator === '!=' : predicate.operator !== '!='
      return saysItIsThere ? needOfPath(predicate.path, scopes) : undefined
    }
    case 'in':
      return predicate.literals.includes(null) ? undefined : needOfPath(predicate.path, scopes)
    default:
      return predicate satisfies never
  }
}

/** `delta.content` needs `content` in `delta`; `usage` needs `usage` in the frame; `x.usage` in a frame counts as needing `x`. */
function needOfPath(path: Path, scopes: Scopes): Need | undefined {
  if (path.position) return undefined
  const { depth, rest } = relative(path, scopes)
  const split = depth > 0 && rest.length > 1 ? 1 : 0
  const key = rest[split]
  if (typeof key !== 'string') return undefined
  const segments = rest.slice(0, split)
  if (segments.some((segment) => typeof segment !== 'string')) return undefined
  return { holder: `${depth}:${JSON.stringify(segments)}`, depth, segments, keys: [key] }
}
