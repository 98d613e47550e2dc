import type { ModelRequest } from '@braid/core'
import type { Batches } from '@braid/stream'
import type { Prepared } from '../call.ts'

/** One call of one model, on its way through the policies to whoever sends it. */
export interface ModelCall {
  /** `provider/model`, for errors. */
  readonly name: string
  readonly request: ModelRequest
  readonly prepared: Prepared
  /** Told the head of each answer to it. */
  readonly onHead?: OnHead | undefined
}

/** What a head says about how much may still be sent; undefined where it says nothing. */
export type OnHead = (allowances: Allowances | undefined) => void

/** What a provider says may still be sent. */
export interface Allowances {
  readonly requests?: Allowance
  readonly tokens?: Allowance
}

export interface Allowance {
  readonly remaining: number
  /** All of it, where the provider says it. */
  readonly limit?: number
  /** Milliseconds until all of it may be sent again. */
  readonly resetMs: number
}

/** Sends a call on. Nothing happens before what it gives is read; aborting `signal`, or leaving, ends everything behind it. */
export type Next = (call: ModelCall, signal: AbortSignal) => Batches

/** One thing to be done about a call: before it is sent on by `next`, while its answer comes, when it has ended. */
export type Policy = (call: ModelCall, next: Next, signal: AbortSignal) => Batches

/** The policies as one, the first of them outermost. */
export function composed(policies: readonly Policy[], send: Next): Next {
  return policies.reduceRight<Next>((next, policy) => (call, signal) => policy(call, next, signal), send)
}
