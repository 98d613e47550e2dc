import type { Operation, Results } from '@braid/core'
import type { Branch } from '../session/branch.ts'

export type Upstream = Operation | readonly Operation[]
export type Names = string | readonly (Operation | string)[]
/** A value, or what makes it from the results of the operation's dependencies. */
export type Late<T> = T | ((results: Results) => T)

/** When the parents allow an operation to start: all have completed, the first has, or all have ended in whatever way. */
export type Join = 'all' | 'any' | 'settled'

/** Where an operation stands in the graph. */
export interface Shape {
  /** Default: its kind and a number. */
  name?: string
  /** The branch it works on, made when there is none of that name. */
  branch?: string | Branch
  /** Dependencies whose results go into the prompt. */
  contextFrom?: Upstream
  /** Dependencies in time alone. */
  dependsOn?: Upstream
  /** Default `all`. */
  join?: Join
  /** When false, it is skipped, and with it whatever needs it. */
  when?: (results: Results) => boolean
}

export type NamedShape = Omit<Shape, 'name' | 'contextFrom' | 'dependsOn'> & {
  contextFrom?: Upstream | Names
  dependsOn?: Upstream | Names
}

export function names(upstream: Upstream | Names | undefined): readonly (Operation | string)[] {
  if (upstream === undefined) return []
  return Array.isArray(upstream) ? upstream : [upstream as Operation | string]
}
