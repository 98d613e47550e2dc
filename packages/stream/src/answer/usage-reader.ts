import type { Usage } from '@braid/core'
import type { ManifestData } from '../manifest-data.ts'
import { compilePath } from '../mapper/program.ts'

/** Makes one usage of what was known and the object that has come. */
export type UsageReader = (raw: object, before: Usage) => Usage

const FIELDS = [
  ['input', 'inputTokens'],
  ['output', 'outputTokens'],
  ['total', 'totalTokens'],
  ['cached', 'cachedTokens'],
  ['cache_write', 'cacheWriteTokens'],
  ['reasoning', 'reasoningTokens'],
] as const

/** Compiles where a provider keeps its counts. They are taken as given: a total that it does not give is not made up. */
export function compileUsage(data: ManifestData['usage']): UsageReader {
  const counts = FIELDS.flatMap(([field, name]) => {
    const paths = data[field]
    return paths === undefined ? [] : [{ name, getters: (Array.isArray(paths) ? paths : [paths]).map(compilePath) }]
  })
  const overlay = data.merge === 'overlay'
  return (object, before) => {
    const raw = overlay && before.raw !== undefined ? { ...(before.raw as object), ...object } : object
    const usage: { -readonly [K in keyof Usage]: Usage[K] } = {}
    for (const { name, getters } of counts) {
      for (const get of getters) {
        const count = get(raw)
        if (typeof count !== 'number') continue
        usage[name] = count
        break
      }
    }
    usage.raw = raw
    return usage
  }
}
