import { BraidError, checkKnown, type Clock, type ErrorCode, type Known } from '@braid/core'
import { failing } from './begun.ts'
import type { Policy } from './policy.ts'
import { type Ended, watched } from './watched.ts'

/** When a model that fails is left alone, and for how long. */
export interface BreakerOptions {
  /** How many calls in a row have to fail, by the provider's fault. Default 5. */
  readonly failures?: number
  /** Milliseconds in which nobody asks it; then one call tries. Default 30,000. */
  readonly rest?: number
}

const BREAKER = { failures: true, rest: true } satisfies Known<BreakerOptions>

/** Throws `unsupported_parameter` for what are no {@link BreakerOptions}. */
export function checkBreaker(breaker: BreakerOptions): void {
  checkKnown(breaker, BREAKER, { of: '`breaker`', code: 'unsupported_parameter' })
  const { failures = 1, rest = 0 } = breaker
  if (Number.isInteger(failures) && failures >= 1 && typeof rest === 'number' && rest >= 0) return
  throw new BraidError(
    'unsupported_parameter',
    'expected `breaker` to have `failures` as a whole number from 1 and `rest` in milliseconds from 0; got something else',
  )
}

/** What says that a provider is not well, where another request would say that the request is not. */
const FAULTS: ReadonlySet<ErrorCode> = new Set([
  'server_error',
  'overloaded',
  'timeout',
  'connection_failed',
  'stream_truncated',
])

type State =
  | { readonly type: 'closed'; readonly failures: number }
  | { readonly type: 'open'; readonly until: number }
  /** One call is trying. */
  | { readonly type: 'half-open' }

const CLOSED: State = { type: 'closed', failures: 0 }

/** Whether one endpoint is worth asking. Closed: yes. Open: no. Half-open: one call tries, and its end says. */
export class Breaker {
  readonly #failures: number
  readonly #rest: number
  readonly #clock: Clock
  #state = CLOSED

  constructor({ failures = 5, rest = 30_000 }: BreakerOptions, clock: Clock) {
    this.#failures = failures
    this.#rest = rest
    this.#clock = clock
  }

  /** Milliseconds until a call may try; 0 when one may now; undefined while another one does. */
  get wait(): number | undefined {
    const state = this.#state
    switch (state.type) {
      case 'closed':
        return 0
      case 'open':
        return Math.max(0, state.until - this.#clock.now())
      case 'half-open':
        return undefined
      default:
        return state satisfies never
    }
  }

  /** A call is about to be sent. Returns whether it is the one that tries. */
  begin(): boolean {
    if (this.#state.type === 'closed') return false
    this.#state = { type: 'half-open' }
    return true
  }

  /** It answers. That closes the breaker, but what breaks off after all opens it again. */
  answering(): void {
    if (this.#state.type === 'half-open') this.#state = { type: 'closed', failures: this.#failures - 1 }
  }

  /** A call that was sent before it opened, and does not try, says nothing about now. */
  succeeded(tries: boolean): void {
    if (tries || this.#state.type === 'closed') this.#state = CLOSED
  }

  failed(tries: boolean): void {
    if (this.#state.type === 'closed') {
      const failures = this.#state.failures + 1
      if (failures < this.#failures) this.#state = { type: 'closed', failures }
      else this.#open(this.#rest)
    } else if (tries) this.#open(this.#rest)
  }

  /** The call that was to try ended without saying anything about the provider: the next one may try. */
  undecided(): void {
    if (this.#state.type === 'half-open') this.#open(0)
  }

  #open(rest: number): void {
    this.#state = { type: 'open', until: this.#clock.now() + rest }
  }
}

/** Policy: refuses at once what {@link breaking} would refuse in the end, before it waits for anything. */
export function refusing(breaker: Breaker): Policy {
  return (call, next, signal) => {
    const wait = breaker.wait
    return wait === 0 ? next(call, signal) : failing(atRest(call.name, wait))
  }
}

/** Policy: counts what fails in a row, and when it is too much, sends nothing for a while. */
export function breaking(breaker: Breaker): Policy {
  return (call, next, signal) => {
    const wait = breaker.wait
    // It may have opened while this call waited.
    if (wait !== 0) return failing(atRest(call.name, wait))
    const tries = breaker.begin()
    let answers = false
    return watched(next(call, signal), {
      onBatch(batch) {
        if (!answers && tries) breaker.answering()
        answers = true
        return batch
      },
      onEnd(ended) {
        const says = verdict(ended, signal)
        if (says === 'well') breaker.succeeded(tries)
        else if (says === 'unwell') breaker.failed(tries)
        else if (tries) breaker.undecided()
      },
    })
  }
}

/** What the end of a call says about the provider; undefined where it says nothing. */
function verdict(ended: Ended, signal: AbortSignal): 'well' | 'unwell' | undefined {
  if (ended.type === 'whole') return 'well'
  if (ended.type === 'left' || signal.aborted || !(ended.error instanceof BraidError)) return undefined
  if (FAULTS.has(ended.error.code)) return 'unwell'
  // It answered, if only that the request is wrong.
  return ended.error.status === undefined ? undefined : 'well'
}

/** Not worth asking again at once, so not `retryable`; but another model may be. */
function atRest(name: string, wait: number | undefined): BraidError {
  const when = wait === undefined ? 'one call is trying it now' : `in ${Math.ceil(wait)} ms one call will try`
  return new BraidError(
    'overloaded',
    `${name} has failed too often in a row and is not asked (its \`breaker\` is open): ${when}. Wait, or ask another model`,
    { retryable: false, ...(wait === undefined ? {} : { retryAfterMs: Math.ceil(wait) }) },
  )
}
