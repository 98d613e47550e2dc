import { BraidError, type RunRecord } from '@braid/core'
import { isAlive } from '../journal/lease.ts'
import type { RunEnd } from './run.ts'

/** How a run stands that is not of this process: `interrupted` where it should be running, and nobody runs it. Throws `unknown_run`. */
export function standingOf(record: RunRecord | undefined, runId: string): 'running' | RunEnd {
  if (!record) {
    throw new BraidError('unknown_run', `the run "${runId}" is not in the store any more; it was removed meanwhile`)
  }
  const { status, lease } = record
  return status !== 'running' || (lease && isAlive(lease)) ? status : 'interrupted'
}

/** What a reader is told whose run has nobody to go on with it. */
export function interrupted(runId: string): BraidError {
  return new BraidError(
    'run_interrupted',
    `the run "${runId}" did not end: the process that ran it is gone; what it had done is kept, and session.resume("${runId}") goes on with it`,
  )
}
