import { isFan, type Segment, select } from './segment.ts'

export type Getter = (value: unknown) => unknown

/**
 * Compiles steps to one closure. Missing links give `undefined`, never a throw. Where several elements are meant outside any fan-out, the first with a
 * value counts.
 */
export function getter(segments: readonly Segment[]): Getter {
  const at = segments.findIndex(isFan)
  return at === -1 ? definite(segments as readonly (string | number)[]) : firstMatch(segments, at)
}

/** The short lengths are spelled out: they are what runs for every frame, and a loop over the steps costs twice as much. */
export function definite(segments: readonly (string | number)[]): Getter {
  const [a, b, c] = segments
  if (a === undefined) return (value) => value
  if (segments.some(isDelicate)) return delicate(segments)
  if (b === undefined) return (value) => step(value, a)
  if (c === undefined) return (value) => step(step(value, a), b)
  if (segments.length === 3) return (value) => step(step(step(value, a), b), c)
  const rest = definite(segments.slice(3))
  return (value) => rest(step(step(step(value, a), b), c))
}

function step(value: unknown, key: string | number): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[key] : undefined
}

/** A position, which objects do not have, or a name that objects or arrays have without being given it, such as `length`. */
function isDelicate(segment: string | number): boolean {
  return (
    typeof segment === 'number' || segment in Object.prototype || segment in Array.prototype || /^\d+$/.test(segment)
  )
}

function delicate(segments: readonly (string | number)[]): Getter {
  return (value) => segments.reduce(ownStep, value)
}

function ownStep(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === 'number' ? (value[key] as unknown) : undefined
  if (typeof value !== 'object' || value === null || typeof key === 'number' || !Object.hasOwn(value, key))
    return undefined
  return (value as Record<string, unknown>)[key]
}

function firstMatch(segments: readonly Segment[], at: number): Getter {
  const holder = getter(segments.slice(0, at))
  const elements = select(segments[at]!)
  const rest = getter(segments.slice(at + 1))
  return (value) => {
    for (const element of elements(holder(value))) {
      const found = rest(element)
      if (found !== undefined && found !== null) return found
    }
    return undefined
  }
}
