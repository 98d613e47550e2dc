import type { Literal, Predicate } from '../selector/predicate.ts'
import { bind } from './scope.ts'
import { type Action, compileNodes, type Node, type Run, type Step } from './walk.ts'

/**
 * Neighbouring rules that all ask for one path to be one of some literals (`$.type == 'x' && …`) become one look-up. What is left of their
 * conditions is compiled the same way.
 */
export function literalSwitch(nodes: readonly Node[], from: number): Run | undefined {
  const first = nodes[from]!
  const head = first.kind === 'rule' ? question(first) : undefined
  if (!head) return undefined
  const cases = new Map<Literal, Node[]>()
  let at = from
  for (; at < nodes.length; at++) {
    const node = nodes[at]!
    if (node.kind !== 'rule' || node.scopes !== first.scopes) break
    const asked = question(node)
    if (asked?.path.source !== head.path.source) break
    for (const literal of asked.literals) {
      const list = cases.get(literal) ?? []
      cases.set(literal, list)
      list.push({ ...node, match: asked.rest })
    }
  }
  if (at - from < 2) return undefined
  const get = bind(head.path, first.scopes)
  const steps = new Map<unknown, Step>([...cases].map(([literal, list]) => [literal, compileNodes(list)]))
  // Most frames are of the kind of the one before, and to see that costs less than to look it up.
  let before: unknown
  let step: Step | undefined
  return {
    step: (place, answer) => {
      const value = get(place)
      if (value !== before) {
        before = value
        step = steps.get(value)
      }
      return step === undefined ? false : step(place, answer)
    },
    length: at - from,
  }
}

/** Whether two neighbours from here on ask for one path, so that a look-up is worth it. */
export function beginsLiteralSwitch(nodes: readonly Node[], from: number): boolean {
  const [first, second] = [nodes[from], nodes[from + 1]]
  if (first?.kind !== 'rule' || second?.kind !== 'rule' || first.scopes !== second.scopes) return false
  const path = question(first)?.path.source
  return path !== undefined && path === question(second)?.path.source
}

/** The first term of a condition, where it asks for one of some literals, and what is left after it. */
function question(node: Action) {
  if (!node.match) return undefined
  const [head, ...others] = node.match.type === 'and' ? node.match.terms : [node.match]
  const asked = head && literalsOf(head)
  if (!asked) return undefined
  const rest: Predicate | undefined = others.length > 1 ? { type: 'and', terms: others } : others[0]
  return { ...asked, rest }
}

function literalsOf(predicate: Predicate) {
  if (predicate.type === 'in') return { path: predicate.path, literals: predicate.literals }
  // `== null` is also true of what is missing, which a look-up would not find.
  if (predicate.type !== 'compare' || predicate.operator !== '==' || predicate.literal === null) return undefined
  return { path: predicate.path, literals: [predicate.literal] }
}
