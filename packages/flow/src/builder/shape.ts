import { BraidError, checkKnown, checkRetry, type Known, type Operation, type Results, type Retry } from '@braid/core'
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
  /** Milliseconds that each attempt may take; what it waits for its readers does not count. Then it fails with `timeout`. Default: no limit. */
  timeout?: number
  /** How many attempts there may be in all, or that and more. A further one comes only after an error that is `retryable`. Default 1. */
  retry?: number | Retry
}

export type NamedShape = Omit<Shape, 'name' | 'contextFrom' | 'dependsOn'> & {
  contextFrom?: Upstream | Names
  dependsOn?: Upstream | Names
  /** It starts at the first chunk of these, and reads what they say. */
  streamFrom?: Upstream | Names
}

const JOINS: ReadonlySet<unknown> = new Set<Join>(['all', 'any', 'settled'])

const NAMED_SHAPE = {
  branch: true,
  contextFrom: true,
  dependsOn: true,
  join: true,
  when: true,
  timeout: true,
  retry: true,
} satisfies Known<Omit<NamedShape, 'streamFrom'>>
export const SHAPE = { name: true, ...NAMED_SHAPE } satisfies Known<Shape>

/** Throws `invalid_plan` for what is no shape, or has a field that none has. */
export function checkNamedShape(shape: NamedShape): void {
  checkKnown(shape, { ...NAMED_SHAPE, streamFrom: true } satisfies Known<NamedShape>, {
    of: 'a shape',
    code: 'invalid_plan',
  })
}

/** Throws `invalid_plan`, naming the field, for what TypeScript would have refused. */
export function checkShape(
  name: unknown,
  { join, when, branch, timeout, retry }: { readonly [K in keyof Shape]: unknown },
): void {
  const refuse = (wanted: string, given: unknown): never => {
    throw new BraidError(
      'invalid_plan',
      `expected ${wanted}; got ${typeof given === 'string' && given.trim() === '' ? 'an empty one' : `a ${typeof given}`}`,
    )
  }
  if (name !== undefined && (typeof name !== 'string' || name === '')) {
    refuse("an operation's `name` to be a text that is not empty (without one it gets a default)", name)
  }
  if (branch !== undefined && !isBranch(branch)) {
    refuse("an operation's `branch` to be a Branch, or the name of one", branch)
  }
  if (when !== undefined && typeof when !== 'function') {
    refuse('`when` to be a function of the results that says whether to start', when)
  }
  if (join !== undefined && !JOINS.has(join)) {
    throw new BraidError('invalid_plan', `a join is 'all', 'any' or 'settled', and '${String(join)}' was given`)
  }
  if (timeout !== undefined && !(typeof timeout === 'number' && timeout > 0)) {
    refuse("an operation's `timeout` in milliseconds, more than 0", timeout)
  }
  if (retry !== undefined) checkRetry(retry, { of: 'an operation', code: 'invalid_plan' })
}

function isBranch(given: unknown): boolean {
  if (typeof given === 'string') return given.trim() !== ''
  return typeof given === 'object' && given !== null && 'name' in given && typeof given.name === 'string'
}

/** Throws `invalid_plan` for what should be a function, and is none. */
export function checkFunction(name: string, wanted: string, given: unknown): void {
  if (typeof given === 'function') return
  throw new BraidError('invalid_plan', `expected \`${name}\` to be ${wanted}; got ${typeof given}`)
}

/** Throws `invalid_plan` for what is no bound: without one, a model decides how much is spent. */
export function checkMax(max: unknown): void {
  if (Number.isInteger(max) && (max as number) >= 1) return
  throw new BraidError(
    'invalid_plan',
    `expected \`max\` as a whole number from 1; got ${typeof max === 'number' ? max : typeof max}`,
  )
}

/** Where an operation stands, apart from what its kind is told. */
export function splitShape<S extends Shape>(
  given: S,
): { readonly shape: Shape; readonly params: Omit<S, keyof Shape> } {
  const shape: Record<string, unknown> = {}
  const params: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) (Object.hasOwn(SHAPE, key) ? shape : params)[key] = value
  return { shape, params: params as Omit<S, keyof Shape> }
}

export function names(upstream: Upstream | Names | undefined): readonly (Operation | string)[] {
  if (upstream === undefined) return []
  return Array.isArray(upstream) ? upstream : [upstream as Operation | string]
}
