import { asBraidError, BraidError, checkRetry, type Clock, delayAfter, type Retry, retryOf } from '@braid/core'
import { type Beginning, Begun } from './begun.ts'
import { opened } from './opened.ts'
import { LONGEST_WAIT_MS, pause } from './pause.ts'
import type { Policy } from './policy.ts'

/** How often a model asks, where it fails before it has said anything. */
export interface ModelRetry extends Retry {
  /** Milliseconds: where the provider wants to be left alone for longer, it is not asked again. Default 60,000. */
  maxWait?: number
}

/** Throws `unsupported_parameter` for what is no {@link ModelRetry} and no number. */
export function checkModelRetry(retry: unknown): void {
  const { maxWait, ...rest } =
    typeof retry === 'object' && retry !== null
      ? (retry as Partial<ModelRetry>)
      : { attempts: retry, maxWait: undefined }
  checkRetry(rest, { of: 'a model', code: 'unsupported_parameter' })
  if (maxWait === undefined || (typeof maxWait === 'number' && maxWait >= 0)) return
  throw new BraidError(
    'unsupported_parameter',
    `expected a model's \`retry\` to have a \`maxWait\` in milliseconds, from 0; got ${typeof maxWait === 'number' ? maxWait : typeof maxWait}`,
  )
}

/**
 * Policy: asks again where an answer failed before it said anything, and that may help. After that it fails as it is: what was shown cannot be
 * taken back here.
 */
export function retrying(retry: number | ModelRetry, clock: Clock): Policy {
  const { maxWait = LONGEST_WAIT_MS, ...rest } = retryOf(retry) as ModelRetry
  const again = (error: BraidError): boolean =>
    (error.retryAfterMs ?? 0) <= maxWait && (rest.on ? rest.on(error) : error.retryable)
  return (call, next, signal) =>
    new Begun(async (): Promise<Beginning> => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await opened(next(call, signal))
        } catch (thrown) {
          signal.throwIfAborted()
          const error = asBraidError(thrown, 'unknown')
          if (attempt >= rest.attempts || !again(error)) throw attempt === 1 ? error : givenUp(error, attempt)
          await pause(delayAfter(attempt, rest, error, clock.random()), clock, signal)
        }
      }
    })
}

/** The error of the last attempt, that says how many there were: an operation that would try again knows that it was tried. */
function givenUp(error: BraidError, attempts: number): BraidError {
  return new BraidError(error.code, `${error.message} (asked ${attempts} times)`, {
    cause: error,
    retryable: error.retryable,
    attempts,
    ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    ...(error.status === undefined ? {} : { status: error.status }),
  })
}
