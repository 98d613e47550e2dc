import { BraidError } from '@braid/core'
import type { Manifest } from '@braid/stream'
import type { ProviderName } from './catalogue/provider.ts'

/** How a model is called. A parameter that its provider does not take throws `unsupported_parameter` when the model is made. */
export interface ModelOptions {
  /** What operations call it. Default: the model's own name. */
  readonly name?: string
  readonly temperature?: number
  readonly topP?: number
  /** Tokens of the answer, at most. Default: the provider's, and 4096 where it has none (Anthropic). */
  readonly maxTokens?: number
  readonly stop?: string | readonly string[]
  readonly seed?: number
  /** How many answers to one request; each is a `candidate` of the stream. Default 1. */
  readonly n?: number
  /** `false` makes one plain request; the chunks are the same. Default true. */
  readonly stream?: boolean
  /** Where the provider is, as its own SDK takes it. Default: the environment variable that its manifest names, then its public address. */
  readonly baseUrl?: string
  /** A key, or what gives one for each call. Default: the environment variable that the manifest names. */
  readonly apiKey?: string | (() => string | Promise<string>)
  /** Sent as they are, over Braid's own. */
  readonly headers?: Readonly<Record<string, string>>
  /** Merged into the request body as it is, object by object; `undefined` takes a field out. */
  readonly providerOptions?: Readonly<Record<string, unknown>>
  /** A number is `total`. */
  readonly timeout?: number | Timeouts
}

export interface ModelConfig extends ModelOptions {
  readonly provider: ProviderName | Manifest
  readonly model: string
}

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

/** All four, in milliseconds; 0 is no limit. Throws `invalid_request` for what is no time. */
export function timeoutsOf(timeout: ModelOptions['timeout']): Required<Timeouts> {
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
