import type { JsonSchema } from './json-schema.ts'
import { isRecursive } from './recursion.ts'

/** What of JSON Schema an API takes. */
export interface Subset {
  /** Keywords that are sent as they are. A limit that is not among them goes into the description: a model reads it there. */
  readonly keywords: ReadonlySet<string>
  /** Values of `format`, where not all. */
  readonly formats?: ReadonlySet<string>
  /** Objects are closed: `additionalProperties` is false, everywhere. One that is open cannot be said. */
  readonly closed: boolean
  /** Every property is required. One that may be missing cannot be said: a model would write null, which is something else. */
  readonly required: boolean
  /** How many properties may be left out, in all of it. */
  readonly optional?: number
  /** A schema may refer to itself. */
  readonly recursive: boolean
  /** A keyword for a structure that the API does not know is left out, which lets more pass, instead of making the schema unsayable. */
  readonly lenient: boolean
}

/** Keywords that make another structure, and do not only limit one. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  'then',
  'else',
  'prefixItems',
  'patternProperties',
  'contains',
  'dependentSchemas',
  'dependentRequired',
  'unevaluatedProperties',
  'unevaluatedItems',
  '$ref',
  '$defs',
  'definitions',
  '$dynamicRef',
])

/** Say nothing that a model needs to read. */
const SILENT: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$comment',
  '$anchor',
  'title',
  'default',
  'examples',
  'readOnly',
  'writeOnly',
  'deprecated',
  'propertyNames',
])

const cache = new WeakMap<JsonSchema, Map<Subset, JsonSchema | undefined>>()

/**
 * A schema as an API takes it: what it says more goes into descriptions, and what comes back is validated against all of it anyhow.
 * Undefined where the API cannot be told what this schema says.
 */
export function within(subset: Subset, schema: JsonSchema): JsonSchema | undefined {
  const known = cache.get(schema) ?? new Map<Subset, JsonSchema | undefined>()
  cache.set(schema, known)
  if (!known.has(subset)) known.set(subset, narrowed(subset, schema))
  return known.get(subset)
}

function narrowed(subset: Subset, schema: JsonSchema): JsonSchema | undefined {
  if (!subset.recursive && isRecursive(schema)) return undefined
  try {
    return new Narrower(subset).schema(schema)
  } catch (error) {
    if (error === UNSAYABLE) return undefined
    throw error
  }
}

const UNSAYABLE = Symbol('the API cannot be told this')

class Narrower {
  readonly #subset: Subset
  #optional = 0

  constructor(subset: Subset) {
    this.#subset = subset
  }

  schema(value: unknown): JsonSchema {
    // `true`: anything at all.
    if (!isObject(value)) return this.#subset.lenient && value !== false ? {} : unsayable()
    const made: Record<string, unknown> = {}
    const notes: string[] = []
    // Nothing may stand beside a reference but definitions.
    const isReference = typeof value['$ref'] === 'string'
    for (const [keyword, said] of Object.entries(value)) {
      if (!isReference || keyword.startsWith('$')) this.#keyword(keyword, said, value, made, notes)
    }
    const typed = withType(made)
    if (this.#subset.closed && !sayable(typed)) unsayable()
    if (isObjectType(typed)) this.#object(value, typed)
    if (notes.length === 0) return typed
    const text = typeof typed['description'] === 'string' ? `${typed['description']} ` : ''
    return { ...typed, description: `${text}(${notes.join('; ')})` }
  }

  #keyword(keyword: string, said: unknown, from: JsonSchema, made: Record<string, unknown>, notes: string[]): void {
    const { keywords, lenient } = this.#subset
    switch (keyword) {
      case 'properties':
      case '$defs':
      case 'definitions':
        made[keyword] = isObject(said) ? mapValues(said, (each) => this.schema(each)) : said
        return
      case 'items':
        if (said === false) return
        made[keyword] = this.schema(said)
        return
      case 'additionalProperties':
        if (!keywords.has(keyword)) return
        made[keyword] = isObject(said) ? this.schema(said) : said
        return
      case 'anyOf':
      case 'oneOf':
      case 'allOf':
      case 'prefixItems': {
        const name = keyword === 'oneOf' && !keywords.has('oneOf') ? 'anyOf' : keyword
        if (keywords.has(name) && Array.isArray(said)) made[name] = said.map((each) => this.schema(each))
        else if (!lenient) unsayable()
        return
      }
      case 'const':
        if (keywords.has(keyword)) made[keyword] = said
        else if (typeof said === 'string' || typeof said === 'number') made['enum'] = [said]
        else notes.push(`always ${JSON.stringify(said)}`)
        return
      case 'format': {
        const known = keywords.has(keyword) && (this.#subset.formats?.has(String(said)) ?? true)
        if (known) made[keyword] = said
        else notes.push(`format: ${String(said)}`)
        return
      }
      case 'pattern':
        // A format that the API knows says it better; and what looks around is in no API's regular expressions.
        if (typeof from['format'] === 'string') return
        if (keywords.has(keyword) && typeof said === 'string' && !/\(\?(?!:)|\\[1-9bB]/.test(said)) made[keyword] = said
        else notes.push(`pattern: ${String(said)}`)
        return
      case 'minimum':
      case 'maximum':
        // How a library says that an integer is one: no news.
        if (Math.abs(Number(said)) === Number.MAX_SAFE_INTEGER) return
        break
      default:
    }
    if (keywords.has(keyword)) made[keyword] = said
    else if (STRUCTURE.has(keyword)) {
      if (!lenient) unsayable()
    } else if (!SILENT.has(keyword)) notes.push(`${keyword}: ${JSON.stringify(said)}`)
  }

  #object(from: JsonSchema, made: Record<string, unknown>): void {
    const { closed, required } = this.#subset
    if (!closed) return
    const open = from['additionalProperties']
    if (open !== undefined && open !== false) unsayable()
    made['additionalProperties'] = false
    const names = Object.keys(isObject(made['properties']) ? made['properties'] : {})
    const needed = new Set(Array.isArray(made['required']) ? made['required'] : [])
    const optional = names.filter((name) => !needed.has(name)).length
    this.#optional += optional
    if (this.#optional > (this.#subset.optional ?? Infinity)) unsayable()
    if (!required) return
    if (optional > 0) unsayable()
    made['properties'] ??= {}
    made['required'] = names
  }
}

/** The APIs want a type beside each list of values. */
function withType(schema: Record<string, unknown>): Record<string, unknown> {
  if (schema['type'] !== undefined) return schema
  const values: readonly unknown[] | undefined =
    'const' in schema ? [schema['const']] : Array.isArray(schema['enum']) ? schema['enum'] : undefined
  if (values === undefined) return schema
  const types = [...new Set(values.map((value) => (value === null ? 'null' : typeof value)))]
  return { type: types.length === 1 ? types[0] : types, ...schema }
}

function sayable(schema: JsonSchema): boolean {
  return ['type', '$ref', 'anyOf', 'allOf'].some((keyword) => schema[keyword] !== undefined)
}

function isObjectType({ type }: JsonSchema): boolean {
  return type === 'object' || (Array.isArray(type) && type.includes('object'))
}

function mapValues(object: JsonSchema, map: (value: unknown) => unknown): JsonSchema {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, map(value)]))
}

function unsayable(): never {
  throw UNSAYABLE
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
