import { BraidError, type ErrorCode } from './error.ts'
import { checkKnown, type Known } from './options.ts'

/** How often something is tried, and when once more. */
export interface Retry {
  /** How many tries in all, from 1. `1` means one try. */
  attempts: number
  /** Milliseconds: the longest wait before the second try; it doubles with each further one, up to 30 s. Default 500. */
  backoff?: number
  /** Whether this error is worth another try. Default: whether it is `retryable`, and no model with a `retry` of its own has given it up already. */
  on?: (error: BraidError) => boolean
}

const RETRY = { attempts: true, backoff: true, on: true } satisfies Known<Retry>

const BACKOFF_MS = 500
const LONGEST_MS = 30_000

/** Throws where this is neither a number of attempts nor a {@link Retry}; `of` says whose `retry` it is. */
export function checkRetry(
  retry: unknown,
  { of, code = 'invalid_request' }: { readonly of: string; readonly code?: ErrorCode },
): void {
  const given = typeof retry === 'object' && retry !== null ? retry : { attempts: retry }
  checkKnown(given, RETRY, { of: `${of}'s \`retry\``, code })
  const { attempts, backoff, on } = given as { readonly [K in keyof Retry]: unknown }
  const refuse = (wanted: string, value: unknown): never => {
    const shown = typeof value === 'number' ? value : `a ${typeof value}`
    throw new BraidError(code, `expected ${of}'s \`retry\` ${wanted}; got ${shown}`)
  }
  if (typeof attempts !== 'number' || !(Number.isInteger(attempts) || attempts === Infinity) || attempts < 1) {
    refuse('to say how many attempts there may be in all, from 1 (which is one try)', attempts)
  }
  if (backoff !== undefined && !(typeof backoff === 'number' && backoff >= 0)) {
    refuse('to have a `backoff` in milliseconds, from 0', backoff)
  }
  if (on !== undefined && typeof on !== 'function') {
    refuse('to have `on` as a function of an error that says whether to try again', on)
  }
}

/** A number is that many attempts. */
export function retryOf(retry: number | Retry): Retry {
  return typeof retry === 'number' ? { attempts: retry } : retry
}

/**
 * Milliseconds to wait after the try of this number, from 1: exponential with full jitter, so that those who failed together do not come
 * back together, and never before the time that the provider asked for. `random` is from 0 to below 1.
 */
export function delayAfter(
  attempt: number,
  { backoff = BACKOFF_MS }: Retry,
  error: BraidError,
  random: number,
): number {
  // No further than what any backoff reaches: 0 times infinity is no number.
  const longest = Math.min(LONGEST_MS, backoff * 2 ** Math.min(attempt - 1, 30))
  return (error.retryAfterMs ?? 0) + random * longest
}
