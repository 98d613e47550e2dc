import type { Results } from '@braid/core'
import type { Plan } from '../builder/plan.ts'
import { FlowStream } from './flow-stream.ts'
import type { FlowOptions } from './options.ts'
import { PlanSource } from './plan-source.ts'

/**
 * Runs a plan to its end. What completed in an earlier run of the same builder is not run again. Rejects with `run_failed`, whose
 * `errors` name their operations and whose `results` keep what finished; with the signal's reason when that aborts. A tool that asks for approval
 * is denied: there is nobody here to ask.
 *
 * @example
 * const results = await flow(builder, { concurrency: 4 })
 * console.log(results.get(article))
 */
export function flow(plan: Plan, options: FlowOptions = {}): Promise<Results> {
  // A promise of its own: a failure that nobody awaits is not silent.
  return new FlowStream(new PlanSource(plan, options, false)).results.then((results) => results)
}

/**
 * Runs a plan as it is read: tuples of operation id and chunk, of all operations, merged as they arrive. Nothing starts before the
 * first read. Leaving the loop cancels, and control returns when every socket is closed. A loop that ends normally means that
 * nothing failed; it throws what `flow` rejects with.
 *
 * A slow reader slows its own run, and no other, except where runs share a limit: the concurrency of a model, or a branch.
 *
 * @example
 * for await (const [operationId, chunk] of flowStream(builder)) {
 *   if (chunk.type === 'text-delta') process.stdout.write(`[${operationId}] ${chunk.data}`)
 * }
 */
export function flowStream(plan: Plan, options: FlowOptions = {}): FlowStream {
  return new FlowStream(new PlanSource(plan, options, true))
}
