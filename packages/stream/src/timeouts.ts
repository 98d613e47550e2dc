import { BraidError } from '@braid/core'

/** Milliseconds; 0 is no limit. What runs out throws `timeout`, naming itself. */
export interface Timeouts {
  /** To a connection, TLS included. Default 10,000. */
  readonly connect?: number
  /** From the request to the first content. Default 600,000. */
  readonly first?: number
  /** Between one piece of content and the next, while somebody waits for it; keep-alives do not count. Default 600,000. */
  readonly idle?: number
  /** From the request to the end of the answer, however slowly it is read. Default: no limit. */
  readonly total?: number
}

/** Ten minutes is what the SDKs of OpenAI and Anthropic wait. */
const DEFAULTS: Required<Timeouts> = { connect: 10_000, first: 600_000, idle: 600_000, total: 0 }

/** The longest that a timer can be set for (Node's `TIMEOUT_MAX`), about 24 days: longer is no limit. */
const LONGEST = 2 ** 31 - 1

/** All four, in milliseconds; 0 is no limit; a number is `total`. Throws `invalid_request` for what is no time. */
export function timeoutsOf(timeout: number | Timeouts | undefined): Required<Timeouts> {
  const given: Timeouts = typeof timeout === 'number' ? { total: timeout } : (timeout ?? {})
  const limit = (name: keyof Timeouts) => {
    const ms = given[name] ?? DEFAULTS[name]
    if (ms >= 0) return ms > LONGEST ? 0 : ms
    throw new BraidError(
      'invalid_request',
      `expected \`timeout.${name}\` in milliseconds, or 0 for no limit; got ${ms}`,
    )
  }
  return { connect: limit('connect'), first: limit('first'), idle: limit('idle'), total: limit('total') }
}
