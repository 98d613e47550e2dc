import type { ReceivedRequest } from '@braid/testing'

/** What is true of an example. */
export interface Example {
  /** Which models it asks, in the order in which the requests arrive; those that arrive at once, sorted. */
  readonly asks: readonly string[]
  /** How each request is answered, in the order in which they arrive. Default: 200, all of them. */
  readonly statuses?: readonly number[]
  /** What it prints without keys: exactly, or by whatever is true of it. */
  readonly prints: string | ((stdout: string, folder: string) => void | Promise<void>)
  /** Whether it needs the prepared answers, with a key as well: an echo is no structured answer. */
  readonly answered?: true
  /** What the provider was asked, where that is the point of the example. */
  readonly sends?: (requests: readonly ReceivedRequest[]) => void
}

export const roles = (request: ReceivedRequest | undefined): string[] | undefined =>
  request?.messages.map(({ role }) => role)
