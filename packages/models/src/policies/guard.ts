import { type Batches, StreamingMessage, type Validator } from '@braid/stream'
import type { Policy } from './policy.ts'

/** Policy: only what `validate` allows is shown; what it refuses is a `redaction` in its place. */
export function guarding(validate: Validator): Policy {
  return (call, next, signal) => guarded(next(call, signal), validate)
}

async function* guarded(source: Batches, validate: Validator): Batches {
  const message = new StreamingMessage({ validate })
  for await (const batch of source) {
    const shown = batch.flatMap((chunk) => message.push(chunk) ?? [])
    if (shown.length > 0) yield shown
  }
}
