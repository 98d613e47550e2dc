import type { Segment } from './path.ts'
import { WILD } from './path.ts'

export type Getter = (value: unknown) => unknown

/**
 * Compiles definite steps to one closure. Missing links give `undefined`, never a throw. The short lengths are spelled out: they are
 * what runs for every frame, and a loop over the steps costs twice as much.
 */
export function getter(segments: readonly Segment[]): Getter {
  if (segments.includes(WILD)) return firstMatch(segments)
  const [a, b, c] = segments as readonly (string | number)[]
  if (a === undefined) return (value) => value
  if (b === undefined) return (value) => step(value, a)
  if (c === undefined) return (value) => step(step(value, a), b)
  if (segments.length === 3) return (value) => step(step(step(value, a), b), c)
  const rest = getter(segments.slice(3))
  return (value) => rest(step(step(step(value, a), b), c))
}

function step(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[key] : undefined
}

/** Where a wildcard stands outside any fan-out, the first element with a value counts. */
function firstMatch(segments: readonly Segment[]): Getter {
  const at = segments.indexOf(WILD)
  const list = getter(segments.slice(0, at))
  const rest = getter(segments.slice(at + 1))
  return (value) => {
    const elements = list(value)
    if (!Array.isArray(elements)) return undefined
    for (const element of elements) {
      const found = rest(element)
      if (found !== undefined && found !== null) return found
    }
    return undefined
  }
}
