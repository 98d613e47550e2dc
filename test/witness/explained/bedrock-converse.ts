import type { Explanation } from '../witness.ts'

export const explained: readonly Explanation[] = []
