import type { ModelChunk } from '@braid/core'
import type { Batches } from '@braid/stream'
import type { Beginning } from './begun.ts'

type Batch = readonly ModelChunk[]

/** Batches that are held back at most, where nothing in them says anything: pings, for a provider that thinks for long. */
const MOST = 64

/**
 * Reads an answer until it says something. Before that another one can take its place, and nobody has seen two; whoever fails before that
 * throws here, and has closed.
 */
export async function opened(source: Batches): Promise<Beginning> {
  const held: Batch[] = []
  for (;;) {
    const next = await source.next()
    if (next.done) break
    held.push(next.value)
    if (held.length === MOST || next.value.some(isSaid)) break
  }
  const [first] = held
  if (first === undefined) return { source }
  return { held: held.length === 1 ? first : held.flat(), source }
}

/** That a message or a block of text has begun says nothing yet; what a provider sends to keep a connection alive, or to count, never does. */
function isSaid({ type }: ModelChunk): boolean {
  switch (type) {
    case 'message-start':
    case 'text-start':
    case 'reasoning-start':
    case 'refusal-start':
    case 'usage':
    case 'raw':
      return false
    default:
      return true
  }
}
