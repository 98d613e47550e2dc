import { BraidError, type Results } from '@braid/core'

/** What a run ends with when operations of it failed: always this one error, so that a catch is written once. */
export function runFailed(errors: readonly BraidError[], operations: number, results: Results): BraidError {
  const named = errors.slice(0, 5).map((error) => `${error.operationId} (${error.code})`)
  const more = errors.length > 5 ? `, and ${errors.length - 5} more` : ''
  return new BraidError(
    'run_failed',
    `${errors.length} of ${operations} operations failed: ${named.join(', ')}${more}; "errors" has each, "results" what finished`,
    { errors, results, retryable: errors.every((error) => error.retryable) },
  )
}
