import type { ModelRequest } from '@braid/core'
import type { Batches } from '@braid/stream'
import type { ModelOptions } from './options.ts'
import type { OnHead } from './policies/policy.ts'
import type { Head, OnAnswer } from './transport/exchange.ts'
import type { HttpRequest } from './transport/http-request.ts'

/** What stands behind an iModel: a provider over HTTP, or a function. */
export interface Caller {
  readonly provider: string
  readonly model: string
  /** How many answers it gives to one request. */
  readonly answers: number
  /** Checks the request and encodes it, so that misuse throws at the call. */
  prepare(request: ModelRequest): Prepared
  /** The same with other options. Throws `unsupported_parameter` for those that it cannot have. */
  with(options: ModelOptions): Caller
  close(): Promise<void>
}

/** A request that is ready to be sent, as often as it takes. */
export interface Prepared {
  /** What tells it from any other: where it goes, and what is sent. No key is in it. Absent where there is no such thing. */
  readonly identity?: string
  /** How many requests one sending makes. */
  readonly requests: number
  /** Sends it, when what it returns is read. */
  send(signal: AbortSignal, onHead?: OnHead): Batches
}

/** One call to a provider over HTTP. */
export interface Call {
  /** For errors. */
  readonly provider: string
  readonly model: string
  readonly stream: boolean
  /** What is sent, with the key in it: asked for when it is sent, and not kept. */
  readonly request: () => Promise<HttpRequest>
  /** Told of the answer's head, whatever it is. */
  readonly onHead?: ((head: Head) => void) | undefined
  /** Told of what goes over the wire. */
  readonly onWire?: OnWire | undefined
}

/** Told of one exchange: what is sent, what the answer begins with, and its bytes. */
export interface OnWire extends OnAnswer {
  readonly request: (request: HttpRequest) => void
}
