import { BraidError, type ModelRequest } from '@braid/core'
import { type Batches, type Manifest, type Timeouts, timeoutsOf, withinTimeouts } from '@braid/stream'
import { type Address, addressOf } from './address.ts'
import { Answer } from './answer.ts'
import type { Call, Caller } from './call.ts'
import { candidates, type Fan, fanOf } from './candidates.ts'
import { guarded } from './guard.ts'
import { type KeySource, keyPlace, keySource } from './key.ts'
import type { ModelOptions } from './options.ts'
import { limited, Places } from './places.ts'
import { bodyOf, parametersOf } from './requests/body.ts'
import { signed } from './sign.ts'
import type { HttpRequest } from './transport/http-request.ts'
import type { Pool } from './transport/pool.ts'

/** A model of a provider that is called over HTTP, as its manifest says. */
export class HttpCaller implements Caller {
  readonly provider: string
  readonly model: string
  readonly answers: number
  readonly #manifest: Manifest
  readonly #options: ModelOptions
  readonly #pool: Pool
  readonly #address: Address
  readonly #key: KeySource
  readonly #parameters: Record<string, unknown>
  readonly #fan: Fan
  readonly #timeouts: Required<Timeouts>
  readonly #places: Places | undefined

  constructor(manifest: Manifest, model: string, options: ModelOptions, pool: Pool, places = placesOf(options)) {
    this.provider = manifest.id
    this.model = model
    this.answers = options.n ?? 1
    this.#manifest = manifest
    this.#options = options
    this.#pool = pool
    const { data } = manifest
    // First: who lacks a key for a provider that cannot be called should not look for one.
    this.#parameters = parametersOf(data, model, options)
    this.#fan = fanOf(data, options.n)
    this.#address = addressOf(data.endpoint, model, options.stream !== false, options.baseUrl, manifest.id)
    this.#key = keySource(data.auth, options.apiKey, manifest.id)
    this.#timeouts = timeoutsOf(options.timeout)
    this.#places = places
  }

  /** The same model with other options, on the same connections, and in the same line unless it is given other limits. */
  with(options: ModelOptions): HttpCaller {
    const places = options.limits === undefined ? this.#places : placesOf(options)
    return new HttpCaller(this.#manifest, this.model, { ...this.#options, ...options }, this.#pool, places)
  }

  prepare(request: ModelRequest): (signal: AbortSignal) => Batches {
    const ask = this.#limited(this.#prepared(request))
    const { validate } = this.#options
    return validate === undefined ? ask : (signal) => guarded(ask(signal), validate)
  }

  #limited(ask: (signal: AbortSignal) => Batches): (signal: AbortSignal) => Batches {
    const places = this.#places
    return places === undefined ? ask : (signal) => limited(places, `${this.provider}/${this.model}`, ask, signal)
  }

  #prepared(request: ModelRequest): (signal: AbortSignal) => Batches {
    const body = encode(bodyOf(this.#manifest.data, this.model, this.#parameters, request, this.#options))
    const call: Call = {
      provider: this.provider,
      model: this.model,
      stream: this.#options.stream !== false,
      request: () => this.#request(body),
    }
    const one = (timeouts: Required<Timeouts>, signal: AbortSignal): Batches =>
      new Answer(this.#manifest, this.#pool, call, timeouts, signal)
    if (this.#fan.requests === 1) return (signal) => one(this.#timeouts, signal)
    // Each request has limits of its own; `total` is the whole call's.
    const each = { ...this.#timeouts, total: 0 }
    const whole = { connect: 0, first: 0, idle: 0, total: this.#timeouts.total }
    const all = (linked: AbortSignal): Batches => candidates(this.#fan, (own) => one(each, own), linked)
    return (signal) => withinTimeouts(whole, `${this.provider}/${this.model}`, all, signal)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #request(body: string): Promise<HttpRequest> {
    const { data } = this.#manifest
    const given = await this.#key()
    const key = keyPlace(data.auth, given)
    const query = new URLSearchParams({ ...this.#address.query, ...key.query }).toString()
    const request: HttpRequest = {
      origin: this.#address.origin,
      path: query === '' ? this.#address.path : `${this.#address.path}?${query}`,
      headers: {
        'content-type': 'application/json',
        accept: this.#options.stream === false ? 'application/json' : 'text/event-stream, application/json',
        'user-agent': 'braid',
        ...lowerCase(data.request.headers),
        ...key.headers,
        ...lowerCase(this.#options.headers ?? {}),
      },
      body,
      connectTimeout: this.#timeouts.connect,
    }
    return typeof given === 'object' ? signed(request, given, data.auth) : request
  }
}

function placesOf({ limits }: ModelOptions): Places | undefined {
  return limits?.concurrency === undefined ? undefined : new Places(limits.concurrency)
}

function encode(body: Record<string, unknown>): string {
  try {
    return JSON.stringify(body)
  } catch (cause) {
    throw new BraidError(
      'invalid_request',
      'expected the request to be JSON; its `providerOptions`, or the input of a tool call, holds what JSON cannot',
      { cause },
    )
  }
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
