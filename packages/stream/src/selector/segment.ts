import type { Query } from './query.ts'

/** A name, a position, `WILD` (every element of an array), or whatever else JSONPath can select. */
export type Segment = string | number | typeof WILD | Selection
export const WILD = null

/** A step to several elements that is not `[*]`: a filter, a slice, a descent. */
export interface Selection {
  readonly source: string
  readonly query: Query
}

const NOTHING: readonly unknown[] = Object.freeze([])

/** Whether a step leads to several elements. */
export function isFan(segment: Segment): segment is Selection | typeof WILD {
  return typeof segment === 'object'
}

/** What a step leads to. `[*]` is every element of an array, and of nothing else. */
export function select(segment: Segment): Query {
  if (segment === WILD) return (value) => (Array.isArray(value) ? value : NOTHING)
  return typeof segment === 'object' ? segment.query : () => NOTHING
}

/** Whether two steps are the same one. */
export function sameStep(a: Segment | undefined, b: Segment | undefined): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === WILD || b === WILD) return a === b
  return a.source === b.source
}
