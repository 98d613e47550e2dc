import type { Message } from '@braid/core'
import { lastFitting } from './turns.ts'

/** So many messages at most. */
export function last(talk: readonly Message[], window: { readonly last: number }): readonly Message[] {
  return lastFitting(talk, () => 1, window.last)
}
