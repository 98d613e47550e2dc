import { createHash } from 'node:crypto'
import { abortable, BraidError, decode, encode, type ModelChunk, NO_METADATA } from '@braid/core'
import { type Beginning, Begun, single } from './begun.ts'
import { folderCache } from './folder-cache.ts'
import type { Policy } from './policy.ts'
import { NOTHING_USED } from './said.ts'
import { watched } from './watched.ts'

/**
 * Where whole answers are kept, as text. A `Map` is one.
 *
 * @example
 * const cache = new Map<string, string>()
 */
export interface ResponseCache {
  get(key: string): string | undefined | null | Promise<string | undefined | null>
  set(key: string, answer: string): unknown
}

/** Throws `unsupported_parameter` for what is neither the name of a folder nor a {@link ResponseCache}. */
export function cacheOf(cache: unknown): ResponseCache {
  if (typeof cache === 'string' && cache !== '') return folderCache(cache)
  if (typeof cache === 'object' && cache !== null && 'get' in cache && 'set' in cache) return cache as ResponseCache
  throw new BraidError(
    'unsupported_parameter',
    `expected \`responseCache\` as the name of a folder, or as something with \`get\` and \`set\`, such as a Map; got ${typeof cache}`,
  )
}

/** Policy: answers the same request as before. What is kept are whole answers only, and what does not work about keeping them is a warning. */
export function caching(cache: ResponseCache): Policy {
  return (call, next, signal) => {
    const { identity } = call.prepared
    if (identity === undefined) return next(call, signal)
    return new Begun(async (): Promise<Beginning> => {
      const key = createHash('sha256').update(identity).digest('hex')
      const kept = await abortable(read(cache, key), signal)
      if (kept !== undefined) return { source: single(kept.flatMap(again)) }
      return { source: keeping(cache, key, next(call, signal)) }
    })
  }
}

function keeping(cache: ResponseCache, key: string, source: ReturnType<Policy>): ReturnType<Policy> {
  const said: ModelChunk[] = []
  return watched(source, {
    onBatch(batch) {
      for (const chunk of batch) {
        const { rawResponse: _, ...rest } = chunk
        said.push(rest as ModelChunk)
      }
      return batch
    },
    onEnd(ended) {
      if (ended.type === 'whole') void write(cache, key, encode(said).text)
    },
  })
}

async function read(cache: ResponseCache, key: string): Promise<readonly ModelChunk[] | undefined> {
  try {
    const text = await cache.get(key)
    if (typeof text !== 'string') return undefined
    const chunks = decode(text)
    return Array.isArray(chunks) ? (chunks as ModelChunk[]) : undefined
  } catch (error) {
    warn('read', error)
    return undefined
  }
}

async function write(cache: ResponseCache, key: string, text: string): Promise<void> {
  try {
    await cache.set(key, text)
  } catch (error) {
    warn('written', error)
  }
}

function again(chunk: ModelChunk): readonly ModelChunk[] {
  switch (chunk.type) {
    case 'usage':
      return []
    case 'message-start':
      return [{ ...chunk, metadata: { ...NO_METADATA, ...chunk.metadata, cached: true } }]
    case 'finish':
      return [{ ...chunk, usage: NOTHING_USED }]
    default:
      return [chunk]
  }
}

/** By its code alone: what a cache says may hold anything. */
function warn(what: 'read' | 'written', error: unknown): void {
  const code = typeof error === 'object' && error !== null && 'code' in error ? ` (${String(error.code)})` : ''
  process.emitWarning(`a model's cache could not be ${what}${code}; the model is asked, as without one`, {
    code: 'BRAID_CACHE',
  })
}
