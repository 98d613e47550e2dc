import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BraidError } from '@braid/core'
import type { Plan } from '@braid/flow'
import type { ModelId } from '@braid/models'
import { Session } from '../session.ts'
import { runOf } from './run-of.ts'
import { tell } from './told.ts'

/** What a shell reports for a program that Ctrl-C ended. */
const INTERRUPTED = 130

export interface ResumeOptions {
  readonly program: string | undefined
  /** The model that is asked where an operation names none. */
  readonly imodel: string | undefined
  readonly json: boolean
}

/**
 * Goes on with a run that did not complete, and shows what it says. A plan with functions is made again by a program, whose default export is a
 * function from the session to the plan. Ctrl-C cancels it; it can be resumed again.
 */
export async function resume(path: string, id: string, { program, imodel, json }: ResumeOptions): Promise<number> {
  const make = program === undefined ? undefined : await planIn(program)
  await using session = await Session.open(path, imodel === undefined ? {} : { imodel: imodel as ModelId })
  const { id: runId } = await runOf(session, id)
  const plan = await make?.(session)
  const stop = new AbortController()
  const onInterrupt = (): void => stop.abort(new BraidError('cancelled', 'interrupted by Ctrl-C'))
  process.once('SIGINT', onInterrupt)
  try {
    const code = await tell(session.resume(runId, plan, { signal: stop.signal }), json)
    return stop.signal.aborted ? INTERRUPTED : code
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

async function planIn(program: string): Promise<(session: Session) => Plan | Promise<Plan>> {
  const { default: make } = await load(program)
  if (typeof make === 'function') return make as (session: Session) => Plan | Promise<Plan>
  throw new BraidError(
    'invalid_request',
    `expected ${program} to export a function by default that makes the plan: export default (session) => builder; got ${typeof make}`,
  )
}

async function load(program: string): Promise<{ readonly default?: unknown }> {
  try {
    return await import(pathToFileURL(resolve(program)).href)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
      throw new BraidError(
        'invalid_request',
        `Node ${process.versions.node} cannot run ${program} by itself: compile it to JavaScript, use Node 22.18 or later, or let tsx do it: NODE_OPTIONS='--import tsx' braid resume …`,
        { cause: error },
      )
    }
    if (code === 'ERR_MODULE_NOT_FOUND') {
      throw new BraidError('invalid_request', `${program} cannot be loaded: ${(error as Error).message}`, {
        cause: error,
      })
    }
    throw error
  }
}
