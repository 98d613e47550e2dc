import type { Schema } from '@braid/core'
import { isRecord, type JsonSchema, resolved, wordsOf } from '../answers/schema-words.ts'

/**
 * The names of the top-level fields of an answer that a schema takes: those of every alternative, and of a list those of its items. Undefined
 * where the schema does not tell them, or allows fields of any name.
 */
export function fieldsOf(schema: Schema): readonly string[] | undefined {
  const words = wordsOf(schema)
  if (!words) return undefined
  const fields = new Set<string>()
  const seen = new Set<unknown>()

  /** Adds the fields of one schema; false where it may have others. `told` when the schema around it tells those of the same value. */
  const collect = (schema: unknown, told: boolean): boolean => {
    const shape = resolved(schema, words)
    if (!shape) return schema === false
    if (seen.has(shape)) return true
    seen.add(shape)
    const { properties, patternProperties, additionalProperties, unevaluatedProperties, items } = shape
    if (isRecord(properties)) for (const name of Object.keys(properties)) fields.add(name)
    if (patternProperties !== undefined || isOpen(additionalProperties) || isOpen(unevaluatedProperties)) return false
    const tells = told || properties !== undefined || additionalProperties === false || hasNone(shape)
    const parts = ['anyOf', 'oneOf', 'allOf'].flatMap((word) => listed(shape[word]))
    const members = [...listed(shape['prefixItems']), ...(items === undefined ? [] : [items])]
    if (!tells && parts.length === 0 && members.length === 0) return false
    return parts.every((part) => collect(part, tells)) && members.every((member) => collect(member, false))
  }
  return collect(words, false) ? [...fields] : undefined
}

const PLAIN: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null'])

/** Whether it is a value that has no fields. */
function hasNone(shape: JsonSchema): boolean {
  if ('enum' in shape || 'const' in shape) return true
  const { type } = shape
  return Array.isArray(type) ? type.every((each) => PLAIN.has(each)) : PLAIN.has(type)
}

/** Not saying anything of other fields allows them by the letter of JSON Schema, and is how objects that have none are written all the same. */
function isOpen(others: unknown): boolean {
  return others !== undefined && others !== false
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
