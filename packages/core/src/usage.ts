/** Token counts as the provider gave them, and what they cost. A field is absent where the provider gave none. */
export interface Usage {
  readonly inputTokens?: number
  readonly outputTokens?: number
  readonly totalTokens?: number
  readonly cachedTokens?: number
  readonly cacheWriteTokens?: number
  readonly reasoningTokens?: number
  /** What it cost by the model's `prices`, in their currency. Absent where the model has none. */
  readonly cost?: number
  /** Set where the provider gave no count and this is a guess. */
  readonly estimated?: boolean
  /** The provider's own object, merged over the stream. */
  readonly raw?: unknown
}

const COUNTS = [
  'inputTokens',
  'outputTokens',
  'totalTokens',
  'cachedTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'cost',
] as const satisfies readonly (keyof Usage)[]

export const NO_USAGE: Usage = Object.freeze({})

/** The sum of several usages. `raw` is left out: providers' objects do not add up. */
export function sumUsage(usages: Iterable<Usage>): Usage {
  const sum: { -readonly [K in keyof Usage]: Usage[K] } = {}
  for (const usage of usages) {
    for (const count of COUNTS) {
      const value = usage[count]
      if (value !== undefined) sum[count] = (sum[count] ?? 0) + value
    }
    if (usage.estimated) sum.estimated = true
  }
  return sum
}
