import type { Schema } from '@braid/core'

/** A JSON Schema, or a part of one. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** A schema does not change, and is asked at each answer. */
const told = new WeakMap<Schema, JsonSchema | undefined>()

/** What a schema says of itself as JSON Schema, of what it takes; undefined where it says nothing. */
export function wordsOf(schema: Schema): JsonSchema | undefined {
  if (!told.has(schema)) told.set(schema, tell(schema))
  return told.get(schema)
}

function tell(schema: Schema): JsonSchema | undefined {
  try {
    return schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    // A schema that has no words for a part of itself, such as a date, throws; it validates all the same.
    return undefined
  }
}

/** What kind of value is wanted, as far as that is known. */
export type Root = 'object' | 'array' | 'string' | undefined

/** What a value has to be at its root, where the words say so. */
export function rootOf(words: JsonSchema | undefined): Root {
  const type = words && resolved(words, words)?.['type']
  return type === 'object' || type === 'array' || type === 'string' ? type : undefined
}

/** A schema without its `$ref`: only those within the document are followed, and not in circles. */
export function resolved(schema: unknown, root: JsonSchema): JsonSchema | undefined {
  let at = schema
  for (let steps = 0; steps < 32; steps++) {
    if (!isRecord(at)) return undefined
    const { $ref } = at
    if (typeof $ref !== 'string') return at
    if ($ref !== '#' && !$ref.startsWith('#/')) return undefined
    at = $ref
      .split('/')
      .slice(1)
      .reduce<unknown>((place, step) => (isRecord(place) ? own(place, unescaped(step)) : undefined), root)
  }
  return undefined
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function own(record: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** One step of a JSON pointer in a fragment (RFC 6901, sections 4 and 6). */
function unescaped(step: string): string {
  const plain = step.includes('%') ? decoded(step) : step
  return plain.replaceAll('~1', '/').replaceAll('~0', '~')
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}
