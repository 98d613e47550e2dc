import { BraidError, checkKnown, checkSignal, type Known } from '@braid/core'
import type { Budget } from './budget.ts'
import type { FlowHooks } from './hooks.ts'
import type { Bounds } from './lane.ts'

export interface FlowOptions {
  /** Aborting it cancels the run; what is read or awaited then rejects with its reason. */
  signal?: AbortSignal
  /** How many operations may run at once. Default: no limit but the models' own. */
  concurrency?: number
  /**
   * What a failure means. `skipDependents` (default): what needs the failed operation is skipped, the rest goes on, and the end rejects
   * with `run_failed`. `abort`: the rest is cancelled as well. `continue`: skips alike but throws nothing: look at the outcomes.
   */
  onError?: 'abort' | 'skipDependents' | 'continue'
  /** How much may wait to be read, per operation. Default 64 chunks and 256 KiB. */
  buffer?: Bounds
  /** Milliseconds that the whole run may take, its readers' time included; then it is cancelled with `timeout`. Default: no limit. */
  timeout?: number
  /** What the run may use. */
  budget?: Budget
  hooks?: FlowHooks
  /**
   * Milliseconds that a delta may wait for its neighbours: those of one block that come within them are read as one, by each reader for
   * itself. Default: each is read as it came.
   */
  coalesce?: number
  /** Run completed operations again. Default false. */
  fresh?: boolean
}

const OPTIONS = {
  signal: true,
  concurrency: true,
  onError: true,
  buffer: true,
  timeout: true,
  budget: true,
  hooks: true,
  coalesce: true,
  fresh: true,
} satisfies Known<FlowOptions>
const BUFFER = { chunks: true, bytes: true } satisfies Known<Bounds>
const BUDGET = { tokens: true, cost: true, price: true, operations: true } satisfies Known<Budget>
const HOOKS = { beforeOperation: true, afterOperation: true, onChunk: true, onError: true } satisfies Known<FlowHooks>

/** Misuse throws at the call: `invalid_plan`, naming the option; `invalid_request` for a signal that is none. */
export function checkOptions(options: FlowOptions): void {
  checkKnown(options, OPTIONS, { of: 'flow and flowStream', code: 'invalid_plan' })
  const { signal, concurrency, onError, buffer, timeout, budget, hooks, coalesce } = options
  checkSignal(signal)
  if (buffer !== undefined) checkKnown(buffer, BUFFER, { of: '`buffer`', code: 'invalid_plan' })
  if (budget !== undefined) checkBudget(budget)
  if (hooks !== undefined) checkHooks(hooks)
  for (const [name, value] of [
    ['concurrency', concurrency],
    ['buffer.chunks', buffer?.chunks],
    ['buffer.bytes', buffer?.bytes],
  ] as const) {
    if (!isNumber(value, (number) => number >= 1)) refuse(`the option ${name} to be a number from 1`, value)
  }
  if (!isNumber(timeout, (number) => number > 0)) {
    refuse('the option timeout to be milliseconds, more than 0', timeout)
  }
  if (!isNumber(coalesce, (number) => number >= 0)) refuse('the option coalesce to be milliseconds, from 0', coalesce)
  if (onError !== undefined && !['abort', 'skipDependents', 'continue'].includes(onError)) {
    throw new BraidError(
      'invalid_plan',
      `the option onError is 'abort', 'skipDependents' or 'continue', and '${onError}' was given`,
    )
  }
}

function checkBudget(budget: Budget): void {
  checkKnown(budget, BUDGET, { of: '`budget`', code: 'invalid_plan' })
  for (const of of ['tokens', 'cost', 'operations'] as const) {
    if (!isNumber(budget[of], (number) => number > 0)) refuse(`budget.${of} to be a number above 0`, budget[of])
  }
  if (budget.price !== undefined && typeof budget.price !== 'function') {
    refuse('budget.price as a function of (usage, model) that says what a call costs', budget.price)
  }
}

function checkHooks(hooks: FlowHooks): void {
  checkKnown(hooks, HOOKS, { of: '`hooks`', code: 'invalid_plan' })
  for (const [name, hook] of Object.entries(hooks)) {
    if (hook !== undefined && typeof hook !== 'function') refuse(`the hook ${name} to be a function`, hook)
  }
}

function isNumber(value: unknown, within: (value: number) => boolean): boolean {
  return value === undefined || (typeof value === 'number' && within(value))
}

function refuse(wanted: string, given: unknown): never {
  throw new BraidError(
    'invalid_plan',
    `expected ${wanted}; got ${typeof given === 'number' ? given : given === undefined ? 'none' : `a ${typeof given}`}`,
  )
}
