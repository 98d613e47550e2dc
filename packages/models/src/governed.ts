import { CLOCK, type Clock, type ModelRequest } from '@braid/core'
import type { Batches } from '@braid/stream'
import type { Caller, Prepared } from './call.ts'
import { HttpCaller } from './http-caller.ts'
import type { ModelOptions } from './options.ts'
import { Breaker, breaking, refusing } from './policies/breaker.ts'
import { caching, cacheOf } from './policies/cache.ts'
import { fallingBack } from './policies/fallback.ts'
import { guarding } from './policies/guard.ts'
import { hooked } from './policies/hooks.ts'
import { limiting, Queue } from './policies/limits.ts'
import { composed, type ModelCall, type Next, type Policy } from './policies/policy.ts'
import { priced, priceOf, type Prices } from './policies/prices.ts'
import { retrying } from './policies/retry.ts'

/** What the models that are made of one another share: what they wait in, and what they know of their endpoint. */
interface Shared {
  readonly queue: Queue | undefined
  readonly breaker: Breaker | undefined
}

/** A caller with policies around it: what is done about a call, whoever answers it. */
export class Governed implements Caller {
  readonly provider: string
  readonly model: string
  readonly answers: number
  readonly #caller: Caller
  readonly #options: ModelOptions
  readonly #clock: Clock
  readonly #shared: Shared
  readonly #next: Next

  constructor(caller: Caller, options: ModelOptions, clock: Clock = CLOCK, shared = sharedOf(options, clock)) {
    this.provider = caller.provider
    this.model = caller.model
    this.answers = caller.answers
    this.#caller = caller
    this.#options = options
    this.#clock = clock
    this.#shared = shared
    this.#next = composed(this.#policies(), (call, signal) => call.prepared.send(signal, call.onHead))
  }

  /** Whether its breaker lets calls through. */
  get available(): boolean {
    return (this.#shared.breaker?.wait ?? 0) === 0
  }

  prepare(request: ModelRequest): Prepared {
    const call = this.#call(request)
    return { ...call.prepared, send: (signal): Batches => this.#next(call, signal) }
  }

  /** In the same line, and with the same breaker, unless it is given others. */
  with(options: ModelOptions): Governed {
    const own = sharedOf(options, this.#clock)
    const shared = { queue: own.queue ?? this.#shared.queue, breaker: own.breaker ?? this.#shared.breaker }
    return new Governed(this.#caller.with(options), { ...this.#options, ...options }, this.#clock, shared)
  }

  async close(): Promise<void> {
    await Promise.all([this.#caller.close(), ...(this.#options.fallback ?? []).map((model) => model.close?.())])
  }

  /**
   * In their order, from the outside in. Hooks see what the user sees. A kept answer needs none of what follows. A breaker that is open says so
   * before anything is waited for, and again when a call that waited is about to be sent. Every attempt of a retry waits for its turn like
   * any other call.
   */
  #policies(): readonly Policy[] {
    const { hooks, validate, responseCache, fallback, retry, prices = pricesOf(this.#caller) } = this.#options
    const { queue, breaker } = this.#shared
    const price = prices && priceOf(prices, this.provider, this.model)
    const policies = [
      hooks && hooked(hooks, (request) => this.#call(request), this.#clock),
      validate && guarding(validate),
      responseCache !== undefined && caching(cacheOf(responseCache)),
      fallback !== undefined && fallback.length > 0 && fallingBack(fallback),
      breaker && refusing(breaker),
      retry !== undefined && retrying(retry, this.#clock),
      queue && limiting(queue),
      breaker && breaking(breaker),
      price && priced(price, cachedBeside(this.#caller)),
    ]
    return policies.filter((policy) => typeof policy === 'function')
  }

  #call(request: ModelRequest): ModelCall {
    return { name: `${this.provider}/${this.model}`, request, prepared: this.#caller.prepare(request) }
  }
}

const GOVERNING = [
  'hooks',
  'validate',
  'responseCache',
  'fallback',
  'breaker',
  'retry',
  'limits',
  'prices',
] as const satisfies (keyof ModelOptions)[]

/** The caller itself where nothing is asked for that a policy does: such a call costs nothing more. */
export function governed(caller: Caller, options: ModelOptions): Caller {
  const asked = GOVERNING.some((name) => options[name] !== undefined) || pricesOf(caller) !== undefined
  return asked ? new Governed(caller, options) : caller
}

function sharedOf({ limits, breaker }: ModelOptions, clock: Clock): Shared {
  return { queue: limits && new Queue(limits, clock), breaker: breaker && new Breaker(breaker, clock) }
}

function pricesOf(caller: Caller): Prices | undefined {
  return caller instanceof HttpCaller ? (caller.manifest.data.prices as Prices | undefined) : undefined
}

function cachedBeside(caller: Caller): boolean {
  return caller instanceof HttpCaller && caller.manifest.data.usage.cached_beside
}
