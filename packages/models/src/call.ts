import type { ModelRequest } from '@braid/core'
import type { Batches } from '@braid/stream'
import type { HttpRequest } from './transport/http-request.ts'

/** What stands behind an iModel: a provider over HTTP, or a function. */
export interface Caller {
  readonly provider: string
  readonly model: string
  /** How many answers it gives to one request. */
  readonly answers: number
  /** Checks the request and encodes it, so that misuse throws at the call. What it returns sends, when it is read. */
  prepare(request: ModelRequest): (signal: AbortSignal) => Batches
  close(): Promise<void>
}

/** One call to a provider over HTTP. */
export interface Call {
  /** For errors. */
  readonly provider: string
  readonly model: string
  readonly stream: boolean
  /** What is sent, with the key in it: asked for when it is sent, and not kept. */
  readonly request: () => Promise<HttpRequest>
}
