import { parsePath } from '../selector/path.ts'

interface PartialArgument {
  readonly jsonPath?: unknown
  readonly stringValue?: unknown
  readonly numberValue?: unknown
  readonly boolValue?: unknown
  readonly nullValue?: unknown
}

/**
 * Vertex AI's streamed arguments: each piece says where in the arguments it goes, and text is continued by the next piece for the
 * same place. Pieces that say neither where nor what are passed over.
 * Source: cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc
 */
export function applyPartialArguments(target: Record<string, unknown>, partial: unknown): void {
  if (!Array.isArray(partial)) return
  for (const piece of partial as PartialArgument[]) {
    const value = contentOf(piece)
    if (value === undefined || typeof piece.jsonPath !== 'string') continue
    const steps = stepsOf(piece.jsonPath)
    if (steps) put(target, steps, value)
  }
}

function contentOf(piece: PartialArgument | null): unknown {
  if (typeof piece !== 'object' || piece === null) return undefined
  return piece.stringValue ?? piece.numberValue ?? piece.boolValue ?? (piece.nullValue === undefined ? undefined : null)
}

/** Undefined for a path that is none: the wire is not to be trusted. */
function stepsOf(path: string): readonly (string | number)[] | undefined {
  try {
    const { segments } = parsePath(path)
    return segments.length > 0 && segments.every((segment) => typeof segment !== 'object' && safe(segment))
      ? (segments as (string | number)[])
      : undefined
  } catch {
    return undefined
  }
}

/** Names that would reach the prototype, and positions that would make a huge array, are refused. */
function safe(segment: string | number): boolean {
  return typeof segment === 'number' ? segment < 10_000 : segment !== '__proto__'
}

function put(target: Record<string, unknown>, steps: readonly (string | number)[], value: unknown): void {
  let holder = target as Record<string | number, unknown>
  for (const [at, step] of steps.entries()) {
    if (at === steps.length - 1) {
      const before = Object.hasOwn(holder, step) ? holder[step] : undefined
      holder[step] = typeof before === 'string' && typeof value === 'string' ? before + value : value
      return
    }
    const inside = Object.hasOwn(holder, step) ? holder[step] : undefined
    if (typeof inside === 'object' && inside !== null) holder = inside as typeof holder
    else {
      const made = typeof steps[at + 1] === 'number' ? [] : {}
      holder[step] = made
      holder = made as typeof holder
    }
  }
}
