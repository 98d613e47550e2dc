import type { Schema } from '@braid/core'

/** A JSON Schema, as far as it tells of fields. */
interface JsonSchema {
  readonly $ref?: unknown
  readonly properties?: unknown
  readonly patternProperties?: unknown
  readonly additionalProperties?: unknown
  readonly unevaluatedProperties?: unknown
  readonly items?: unknown
  readonly prefixItems?: unknown
  readonly type?: unknown
  readonly enum?: unknown
  readonly const?: unknown
  readonly anyOf?: unknown
  readonly oneOf?: unknown
  readonly allOf?: unknown
}

/**
 * The names of the top-level fields of what a schema puts out: those of every alternative, and of a list those of its items. Undefined
 * where the schema does not tell them, or allows fields of any name.
 */
export function fieldsOf(schema: Schema): readonly string[] | undefined {
  let root: unknown
  try {
    root = schema['~standard'].jsonSchema?.output({ target: 'draft-2020-12' })
  } catch {
    // What has no JSON Schema (a transformation, a date) says so by throwing.
    return undefined
  }
  const fields = new Set<string>()
  const seen = new Set<unknown>()

  /** Adds the fields of one schema; false where it may have others. `told` when the schema around it tells those of the same value. */
  const collect = (schema: unknown, told: boolean): boolean => {
    if (!isObject(schema)) return schema === false
    if (seen.has(schema)) return true
    seen.add(schema)
    const { $ref, properties, patternProperties, additionalProperties, unevaluatedProperties, ...rest } =
      schema as JsonSchema
    if ($ref !== undefined) return collect(resolved($ref, root), told)
    if (isObject(properties)) for (const name of Object.keys(properties)) fields.add(name)
    if (patternProperties !== undefined || isOpen(additionalProperties) || isOpen(unevaluatedProperties)) return false
    const tells = told || properties !== undefined || additionalProperties === false || hasNone(rest)
    const parts = [rest.anyOf, rest.oneOf, rest.allOf].flatMap(listed)
    const items = [...listed(rest.prefixItems), ...(rest.items === undefined ? [] : [rest.items])]
    if (!tells && parts.length === 0 && items.length === 0) return false
    return parts.every((part) => collect(part, tells)) && items.every((item) => collect(item, false))
  }
  return collect(root, false) ? [...fields] : undefined
}

const PLAIN: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null'])

/** Whether it is a value that has no fields. */
function hasNone({ type, enum: values, const: value }: JsonSchema): boolean {
  if (values !== undefined || value !== undefined) return true
  return Array.isArray(type) ? type.every((each) => PLAIN.has(each)) : PLAIN.has(type)
}

/** Not saying anything of other fields allows them by the letter of JSON Schema, and is how objects that have none are written all the same. */
function isOpen(others: unknown): boolean {
  return others !== undefined && others !== false
}

/** Within the document alone: `#`, `#/$defs/Name`. */
function resolved(reference: unknown, root: unknown): unknown {
  if (typeof reference !== 'string' || !reference.startsWith('#')) return undefined
  const steps = reference.split('/').slice(1)
  return steps
    .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((at, step) => (isObject(at) ? (at as Readonly<Record<string, unknown>>)[step] : undefined), root)
}

function listed(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
