import { BraidError, type Outcome, type Results } from '@braid/core'
import type { Node } from '../builder/node.ts'

/** What a run ends with when operations of it failed: always this one error, so that a catch is written once. */
export function runFailed(errors: readonly BraidError[], operations: number, results: Results): BraidError {
  const named = errors.slice(0, 5).map((error) => `${error.operationId} (${error.code})`)
  const more = errors.length > 5 ? `, and ${errors.length - 5} more` : ''
  const only = errors.length === 1 ? `: ${errors[0]?.message}` : ''
  return new BraidError(
    'run_failed',
    `${errors.length} of ${operations} operations failed: ${named.join(', ')}${more}${only}; "errors" has each, "results" what finished`,
    { errors, results, retryable: errors.every((error) => error.retryable) },
  )
}

/** Another run of the same builder has the operation: it is not run twice at once. */
export function runTaken(operationId: string): BraidError {
  return new BraidError(
    'run_taken',
    `operation "${operationId}" is being run by another run of this builder; read that one, or await its results first`,
  )
}

/** What is inside of a group took longer than its `timeout`. */
export function groupTimedOut({ operation: { id, kind }, timeout }: Node): BraidError {
  return new BraidError(
    'timeout',
    `expected all that is inside of the ${kind} "${id}" to end within ${timeout} ms (its \`timeout\`); it was stopped`,
    { operationId: id },
  )
}

/** What a run's results say of an operation that they do not have. */
export function notInRun(operationId: string): BraidError {
  return new BraidError(
    'unknown_operation',
    `no operation "${operationId}" was part of this run; a run has what its plan names and what that needs`,
  )
}

export function cancelled(reason: unknown): Extract<Outcome, { readonly status: 'cancelled' }> {
  return { status: 'cancelled', reason }
}
