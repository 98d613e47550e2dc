import { BraidError, type ModelRequest, newId } from '@braid/core'
import { type Batches, type Manifest, type Timeouts, timeoutsOf, withinTimeouts } from '@braid/stream'
import { type Address, addressOf } from './address.ts'
import { allowancesOf } from './allowances.ts'
import { Answer } from './answer.ts'
import type { Call, Caller, Prepared } from './call.ts'
import { candidates, type Fan, fanOf } from './candidates.ts'
import { wireOf } from './debug.ts'
import { type KeySource, keyPlace, keySource } from './key.ts'
import type { ModelOptions } from './options.ts'
import type { OnHead } from './policies/policy.ts'
import { bodyOf, parametersOf } from './requests/body.ts'
import { signed } from './sign.ts'
import type { HttpRequest } from './transport/http-request.ts'
import { routeOf } from './transport/network.ts'
import { Pool } from './transport/pool.ts'

/** A model of a provider that is called over HTTP, as its manifest says. */
export class HttpCaller implements Caller {
  readonly provider: string
  readonly model: string
  readonly answers: number
  readonly manifest: Manifest
  readonly #options: ModelOptions
  readonly #pool: Pool
  readonly #address: Address
  readonly #key: KeySource
  readonly #parameters: Record<string, unknown>
  readonly #fan: Fan
  readonly #timeouts: Required<Timeouts>

  constructor(manifest: Manifest, model: string, options: ModelOptions, pool: Pool) {
    this.provider = manifest.id
    this.model = model
    this.answers = options.n ?? 1
    this.manifest = manifest
    this.#options = options
    this.#pool = pool
    const { data } = manifest
    // First: who lacks a key for a provider that cannot be called should not look for one.
    this.#parameters = parametersOf(data, model, options)
    this.#fan = fanOf(data, options.n)
    this.#address = addressOf(data.endpoint, model, options.stream !== false, options.baseUrl, manifest.id)
    this.#key = keySource(data.auth, options.apiKey, manifest.id)
    this.#timeouts = timeoutsOf(options.timeout)
  }

  /** The same model with other options, on the same connections. */
  with(options: ModelOptions): HttpCaller {
    const pool = options.network === undefined ? this.#pool : new Pool(routeOf(options.network))
    return new HttpCaller(this.manifest, this.model, { ...this.#options, ...options }, pool)
  }

  prepare(request: ModelRequest): Prepared {
    const body = encode(bodyOf(this.manifest.data, this.model, this.#parameters, request, this.#options))
    const { origin, path } = this.#address
    const once = newId()
    return {
      identity: JSON.stringify([this.provider, origin, path, this.#options.headers, this.answers, body]),
      requests: this.#fan.requests,
      send: (signal, onHead) => this.#send(body, once, signal, onHead),
    }
  }

  #send(body: string, once: string, signal: AbortSignal, onHead: OnHead | undefined): Batches {
    const names = this.manifest.data.rate_limit_headers
    const one = (timeouts: Required<Timeouts>, signal: AbortSignal, of = ''): Batches => {
      const call: Call = {
        provider: this.provider,
        model: this.model,
        stream: this.#options.stream !== false,
        request: () => this.#request(body, `${once}${of}`),
        onHead: onHead && names && ((head) => onHead(allowancesOf(names, head, Date.now()))),
        onWire: this.#options.debug && wireOf(this.#options.debug),
      }
      return new Answer(this.manifest, this.#pool, call, timeouts, signal)
    }
    if (this.#fan.requests === 1) return one(this.#timeouts, signal)
    // Each request has limits of its own; `total` is the whole call's.
    const each = { ...this.#timeouts, total: 0 }
    const whole = { connect: 0, first: 0, idle: 0, total: this.#timeouts.total }
    let asked = 0
    const ask = (own: AbortSignal): Batches => one(each, own, `-${asked++}`)
    const all = (linked: AbortSignal): Batches => candidates(this.#fan, ask, linked)
    return withinTimeouts(whole, `${this.provider}/${this.model}`, all, signal)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }

  async #request(body: string, once: string): Promise<HttpRequest> {
    const { data } = this.manifest
    const { idempotencyHeader } = this.#options
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
        ...(idempotencyHeader === undefined ? {} : { [idempotencyHeader.toLowerCase()]: once }),
        ...lowerCase(this.#options.headers ?? {}),
      },
      body,
      connectTimeout: this.#timeouts.connect,
    }
    return typeof given === 'object' ? signed(request, given, data.auth) : request
  }
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
