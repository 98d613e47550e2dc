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
  const merge = MERGES[data.merge]
  return (object, before) => {
    const raw = before.raw === undefined ? object : merge(before.raw as object, object)
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

const MERGES = {
  replace: (_before, now) => now,
  overlay: (before, now) => ({ ...before, ...now }),
  largest: (before, now) => {
    const raw: Record<string, unknown> = { ...before }
    for (const [name, value] of Object.entries(now)) {
      const known = raw[name]
      if (typeof known !== 'number' || typeof value !== 'number' || value > known) raw[name] = value
    }
    return raw
  },
} as const satisfies Record<ManifestData['usage']['merge'], (before: object, now: object) => object>
