import { type Timeouts, withinTimeouts as within } from '@braid/stream'
import type { Batches, Call, Next } from './call.ts'

/** Policy: gives up a call that takes too long, with an error that names the limit. */
export function withinTimeouts(timeouts: Required<Timeouts>, call: Call, next: Next, signal: AbortSignal): Batches {
  return within(timeouts, `${call.provider}/${call.model}`, (linked) => next(call, linked), signal)
}
