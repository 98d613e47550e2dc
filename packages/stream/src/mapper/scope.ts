import { getter } from '../selector/getter.ts'
import type { Path } from '../selector/path.ts'
import type { Literal, Operator, Predicate } from '../selector/predicate.ts'
import { type Segment, sameStep } from '../selector/segment.ts'

/**
 * Where a rule runs: the frame at depth 0, then the element of each array it fans out over. The frames of one read share one place, whose
 * slots are overwritten as the walk goes from element to element. It is no older than they are: engines keep book of what is young in what is
 * old, which costs more than the walk.
 */
export interface Place {
  readonly values: unknown[]
  readonly positions: number[]
}

/** With room for the usual depth. */
export function newPlace(): Place {
  return { values: [undefined, undefined, undefined, undefined], positions: [0, 0, 0, 0] }
}

export type PlaceGetter = (place: Place) => unknown
export type Test = (place: Place) => boolean

/** The steps to several places from the frame down to a rule, each as an absolute path that ends with it. */
export type Scopes = readonly (readonly Segment[])[]

/** Where a path starts: at the innermost array element that it runs through, and what is left of it from there. */
export function relative(path: Path, scopes: Scopes): { readonly depth: number; readonly rest: readonly Segment[] } {
  let depth = 0
  let rest = path.segments
  for (const [at, scope] of scopes.entries()) {
    if (!runsThrough(path.segments, scope)) break
    depth = at + 1
    rest = path.segments.slice(scope.length)
  }
  return { depth, rest }
}

/** Compiles a path to read from where it starts. */
export function bind(path: Path, scopes: Scopes): PlaceGetter {
  const { depth, rest } = relative(path, scopes)
  return path.position ? (place) => place.positions[depth] : bindSegments(depth, rest)
}

export function bindSegments(depth: number, segments: readonly Segment[]): PlaceGetter {
  if (segments.length === 0) return (place) => place.values[depth]
  const get = getter(segments)
  return (place) => get(place.values[depth])
}

/** Whether `segments` begins with all of `scope`. */
function runsThrough(segments: readonly Segment[], scope: readonly Segment[]): boolean {
  return segments.length >= scope.length && scope.every((segment, at) => sameStep(segments[at], segment))
}

/** Compiles a condition. A value exists when it is neither missing nor null; it is true when it is also neither false nor ''. */
export function compileTest(predicate: Predicate, scopes: Scopes): Test {
  switch (predicate.type) {
    case 'and': {
      const terms = predicate.terms.map((term) => compileTest(term, scopes))
      return terms.reduceRight((rest, term) => (place) => term(place) && rest(place))
    }
    case 'or': {
      const terms = predicate.terms.map((term) => compileTest(term, scopes))
      return terms.reduceRight((rest, term) => (place) => term(place) || rest(place))
    }
    case 'not': {
      const term = compileTest(predicate.term, scopes)
      return (place) => !term(place)
    }
    case 'exists': {
      const get = bind(predicate.path, scopes)
      return (place) => {
        const value = get(place)
        return value !== undefined && value !== null
      }
    }
    case 'truth': {
      const get = bind(predicate.path, scopes)
      return (place) => {
        const value = get(place)
        return value !== undefined && value !== null && value !== false && value !== ''
      }
    }
    case 'compare':
      return compare(bind(predicate.path, scopes), predicate.operator, predicate.literal)
    case 'in': {
      const get = bind(predicate.path, scopes)
      const literals: ReadonlySet<unknown> = new Set(predicate.literals)
      return (place) => literals.has(get(place))
    }
    default:
      return predicate satisfies never
  }
}

function compare(get: PlaceGetter, operator: Operator, literal: Literal): Test {
  switch (operator) {
    case '==':
      // What is missing equals null, as manifests write `!= null` for "is there".
      return literal === null ? (place) => (get(place) ?? null) === null : (place) => get(place) === literal
    case '!=':
      return literal === null ? (place) => (get(place) ?? null) !== null : (place) => get(place) !== literal
    case '<':
      return ordered(get, literal, (value, than) => value < than)
    case '<=':
      return ordered(get, literal, (value, than) => value <= than)
    case '>':
      return ordered(get, literal, (value, than) => value > than)
    case '>=':
      return ordered(get, literal, (value, than) => value >= than)
    default:
      return operator satisfies never
  }
}

/** Numbers compare with numbers and text with text; anything else is false. */
function ordered(get: PlaceGetter, literal: Literal, is: (value: Literal & {}, than: Literal & {}) => boolean): Test {
  return (place) => {
    const value = get(place)
    if (typeof value !== typeof literal || (typeof value !== 'number' && typeof value !== 'string')) return false
    return literal !== null && is(value, literal)
  }
}
