import { BraidError } from '@braid/core'
import type { Answer } from '../answer/answer.ts'
import type { ManifestData, RuleData } from '../manifest-data.ts'
import { getter } from '../selector/getter.ts'
import { fans, type Path, parsePath } from '../selector/path.ts'
import { type Predicate, parsePredicate, pathsOf } from '../selector/predicate.ts'
import { type Segment, sameStep, select } from '../selector/segment.ts'
import { compileEmission, type Fields } from './emission.ts'
import { bind, compileTest, type PlaceGetter, type Scopes } from './scope.ts'
import { type Action, compileNodes, type FanOut, type Node } from './walk.ts'

/** Reads one frame into the answer. A frame that no rule knows becomes a `raw` chunk. */
export type Program = (frame: object, answer: Answer) => void

const FRAME: Scopes = []
/** No array is here: a path without wildcards fans out over nothing. */
const FRAME_ITSELF: readonly Segment[] = ['$']

/** Compiles rules in order; neighbours that run over one array share one walk over it. Throws `invalid_manifest`, naming the rule. */
export function compileProgram(data: ManifestData, rules: readonly RuleData[], at: string, selector?: string): Program {
  const candidates = data.streaming.candidate && parsePath(data.streaming.candidate.candidate_id_path)
  const root: Node[] = []
  for (const [index, rule] of rules.entries()) {
    try {
      place(root, rule, candidates)
    } catch (error) {
      if (!(error instanceof BraidError)) throw error
      throw new BraidError('invalid_manifest', `${data.id}: ${at}[${index}]: ${error.message}`)
    }
  }
  const step = compileNodes(root)
  const selected = selector === undefined ? undefined : compileTest(parsePredicate(selector), FRAME)
  return (frame, answer) => {
    const { place } = answer
    place.values[0] = frame
    if (selected?.(place) === false || !step(place, answer)) answer.unknown()
    place.values[0] = undefined
  }
}

function place(root: Node[], rule: RuleData, candidates: Path | undefined): void {
  const match = rule.match === undefined ? undefined : parsePredicate(rule.match)
  const fields = new Map<string, Field>()
  for (const [name, value] of Object.entries(rule.fields)) fields.set(name, fieldOf(value))
  const paths = [...(match ? pathsOf(match) : []), ...[...fields.values()].flatMap(({ paths }) => paths)]
  const arrays = deepest(paths)
  const { nodes, scopes } = descend(root, arrays, candidates)
  nodes.push(action(rule, match, fields, scopes))
}

/** A field's paths, of which the first with a value counts; with names, an object of what is at each; without any, a constant. */
interface Field {
  readonly paths: readonly Path[]
  readonly names?: readonly string[]
  readonly constant?: string | number | boolean
}

function fieldOf(value: RuleData['fields'][string]): Field {
  if (Array.isArray(value)) return { paths: value.map(parsePath) }
  if (typeof value === 'object') return { paths: Object.values(value).map(parsePath), names: Object.keys(value) }
  if (typeof value === 'string' && value.startsWith('$')) return { paths: [parsePath(value)] }
  return { paths: [], constant: value }
}

/** The arrays that the rule runs through. Its paths must lie on one line, or it would have to multiply them. */
function deepest(paths: readonly Path[]): readonly (readonly Segment[])[] {
  let longest: readonly (readonly Segment[])[] = []
  for (const path of paths) {
    const arrays = fans(path)
    if (arrays.length > longest.length) longest = arrays
  }
  for (const path of paths) {
    for (const [depth, array] of fans(path).entries()) {
      if (same(array, longest[depth]!)) continue
      throw new BraidError(
        'invalid_manifest',
        `Expected all paths of a rule to run through the same arrays; "${path.source}" runs through another one than the rest. Make it two rules.`,
      )
    }
  }
  return longest
}

function descend(root: Node[], arrays: Scopes, candidates: Path | undefined): { nodes: Node[]; scopes: Scopes } {
  let nodes = root
  let scopes: Scopes = FRAME
  for (const array of arrays) {
    const last = nodes.at(-1)
    if (last?.kind === 'fan-out' && same(last.scopes.at(-1)!, array)) {
      nodes = last.nodes
      scopes = last.scopes
    } else {
      const outer = scopes
      scopes = [...outer, array]
      const numbered = candidates && same(fans(candidates)[0] ?? FRAME_ITSELF, array)
      const fan: FanOut = {
        kind: 'fan-out',
        array: { source: '', segments: array.slice(0, -1), position: false },
        select: select(array.at(-1)!),
        outer,
        scopes,
        nodes: [],
        candidate: numbered ? bind(candidates, scopes) : undefined,
      }
      nodes.push(fan)
      nodes = fan.nodes
    }
  }
  return { nodes, scopes }
}

function action(
  rule: RuleData,
  match: Predicate | undefined,
  values: ReadonlyMap<string, Field>,
  scopes: Scopes,
): Action {
  const fields: Fields = new Map(
    [...values].map(([name, { paths, names, constant }]): [string, PlaceGetter] => {
      const getters = paths.map((path) => bind(path, scopes))
      if (constant !== undefined) return [name, () => constant]
      return [name, names ? objectOf(names, getters) : firstOf(getters)]
    }),
  )
  return { kind: 'rule', match, scopes, run: compileEmission(rule.emit, fields) }
}

function firstOf(getters: readonly PlaceGetter[]): PlaceGetter {
  const [only] = getters
  if (getters.length === 1) return only!
  return (place) => {
    for (const get of getters) {
      const value = get(place)
      if (value !== undefined && value !== null) return value
    }
    return undefined
  }
}

/** What is missing is left out. */
function objectOf(names: readonly string[], getters: readonly PlaceGetter[]): PlaceGetter {
  return (place) => {
    const object: Record<string, unknown> = {}
    for (const [at, name] of names.entries()) {
      const value = getters[at]!(place)
      if (value !== undefined && value !== null) object[name] = value
    }
    return object
  }
}

function same(a: readonly Segment[], b: readonly Segment[]): boolean {
  return a.length === b.length && a.every((segment, at) => sameStep(segment, b[at]))
}

/** A path outside rules, such as one into a usage object. */
export function compilePath(source: string): (value: unknown) => unknown {
  return getter(parsePath(source).segments)
}
