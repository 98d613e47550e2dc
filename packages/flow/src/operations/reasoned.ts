import { type Chunk, NO_METADATA, type Schema, type SchemaResult } from '@braid/core'
import { isRecord, type JsonSchema, resolved, wordsOf } from '../answers/schema-words.ts'

const WORDS = {
  type: 'string',
  description: 'Think here, step by step, before you fill in anything else. Nobody takes this for the answer.',
} as const

const BASE = { candidate: 0, metadata: NO_METADATA } as const

/** Where the reasoning stands: as the first field of the answer, or beside one that has no fields, which is then a field itself. */
type Place =
  | { readonly type: 'within'; readonly field: string }
  | { readonly type: 'beside'; readonly field: string; readonly answer: string }

/**
 * An output with a field for reasoning that the model fills before the others. Whoever reads has it as reasoning, and neither in the object as it grows
 * nor in the result.
 */
export class Reasoned<T> {
  readonly schema: Schema<T>
  readonly #place: Place
  /** What of the reasoning was shown already; undefined where none was. */
  #shown: string | undefined
  #open = false
  #blocks = 0

  constructor(output: Schema<T>) {
    const words = wordsOf(output)
    this.#place = placeIn(words)
    this.schema = withReasoning(output, this.#place)
  }

  /** What is shown of what an answer says. */
  shown(chunks: readonly Chunk[]): readonly Chunk[] {
    if (!chunks.some(({ type }) => type === 'object' || type === 'message-start' || type === 'finish')) return chunks
    return chunks.flatMap((chunk) => this.#of(chunk))
  }

  #of(chunk: Chunk): readonly Chunk[] {
    if (chunk.type === 'object') return this.#object(chunk.object)
    if (chunk.candidate !== 0) return [chunk]
    if (chunk.type === 'finish') return [...this.#close(), chunk]
    // Another answer reasons anew.
    if (chunk.type === 'message-start') this.#shown = undefined
    return [chunk]
  }

  #object(object: unknown): readonly Chunk[] {
    const field = isRecord(object) ? object[this.#place.field] : undefined
    const said = typeof field === 'string' ? this.#say(field) : []
    const rest = without(object, this.#place)
    const begun = rest !== undefined && !(isRecord(rest) && field !== undefined && Object.keys(rest).length === 0)
    if (!begun) return said
    return [...said, ...this.#close(), { ...BASE, type: 'object', object: rest }]
  }

  #say(reasoning: string): readonly Chunk[] {
    const before = this.#shown ?? ''
    const data = reasoning.startsWith(before) ? reasoning.slice(before.length) : ''
    if (data === '') return []
    this.#shown = reasoning
    if (this.#open) return [{ ...BASE, type: 'reasoning-delta', id: this.#id, data }]
    this.#open = true
    this.#blocks += 1
    return [
      { ...BASE, type: 'reasoning-start', id: this.#id },
      { ...BASE, type: 'reasoning-delta', id: this.#id, data },
    ]
  }

  #close(): readonly Chunk[] {
    if (!this.#open) return []
    this.#open = false
    return [{ ...BASE, type: 'reasoning-end', id: this.#id }]
  }

  get #id(): string {
    return `reason-${this.#blocks}`
  }
}

/** Within an object that says its fields; beside anything else, and beside what refers to itself, which would have to reason at every level. */
function placeIn(words: JsonSchema | undefined): Place {
  if (words === undefined) return { type: 'within', field: 'reasoning' }
  const root = resolved(words, words)
  const fields = root?.['type'] === 'object' && isRecord(root['properties']) ? root['properties'] : undefined
  const composed = ['allOf', 'anyOf', 'oneOf', 'not', 'if'].some((word) => root !== undefined && word in root)
  if (!fields || composed || words['$ref'] !== undefined || refersTo('#', words)) {
    return { type: 'beside', field: 'reasoning', answer: 'answer' }
  }
  let field = 'reasoning'
  while (Object.hasOwn(fields, field)) field += '_'
  return { type: 'within', field }
}

function refersTo(target: string, words: unknown): boolean {
  if (Array.isArray(words)) return words.some((each) => refersTo(target, each))
  if (!isRecord(words)) return false
  return words['$ref'] === target || Object.values(words).some((each) => refersTo(target, each))
}

function withReasoning<T>(output: Schema<T>, place: Place): Schema<T> {
  const { vendor, jsonSchema, validate } = output['~standard']
  return {
    '~standard': {
      version: 1,
      vendor,
      jsonSchema: {
        input: (options) => wordsFor(jsonSchema?.input(options), place),
        output: (options) => wordsFor(jsonSchema?.output(options), place),
      },
      validate: (value) => {
        if (place.type === 'within') return validate(without(value, place))
        if (!isRecord(value) || !Object.hasOwn(value, place.answer)) return validate(value)
        const result = validate(value[place.answer])
        return result instanceof Promise
          ? result.then((each) => under(each, place.answer))
          : under(result, place.answer)
      },
    },
  }
}

/** What is wrong with the answer, where it stands. */
function under<T>(result: SchemaResult<T>, field: string): SchemaResult<T> {
  if (!result.issues) return result
  return { issues: result.issues.map((issue) => ({ ...issue, path: [field, ...(issue.path ?? [])] })) }
}

function wordsFor(words: Record<string, unknown> | undefined, place: Place): Record<string, unknown> {
  if (words === undefined) {
    throw new Error(
      '`reason` needs an `output` that tells its own JSON Schema, such as one of zod 4.2 or later, toStandardJsonSchema of @valibot/to-json-schema, or jsonSchema({ … })',
    )
  }
  if (place.type === 'within') {
    const { properties, required, ...rest } = words
    return {
      ...rest,
      properties: { [place.field]: WORDS, ...(properties as object) },
      required: [place.field, ...(Array.isArray(required) ? (required as unknown[]) : [])],
    }
  }
  const { $schema: _, ...answer } = words
  return {
    type: 'object',
    properties: { [place.field]: WORDS, [place.answer]: moved(answer, `#/properties/${place.answer}`) },
    required: [place.field, place.answer],
    additionalProperties: false,
  }
}

/** A schema that stands elsewhere in its document now: what it refers to within itself is there too. */
function moved(words: unknown, to: string): unknown {
  if (Array.isArray(words)) return words.map((each) => moved(each, to))
  if (!isRecord(words)) return words
  return Object.fromEntries(
    Object.entries(words).map(([name, value]) =>
      name === '$ref' && typeof value === 'string' && value.startsWith('#')
        ? [name, `${to}${value.slice(1)}`]
        : [name, moved(value, to)],
    ),
  )
}

/** The answer without its reasoning; undefined where it stands beside it and has not begun. */
function without(value: unknown, place: Place): unknown {
  if (!isRecord(value)) return place.type === 'within' ? value : undefined
  if (place.type === 'beside') return Object.hasOwn(value, place.answer) ? value[place.answer] : undefined
  if (!Object.hasOwn(value, place.field)) return value
  const { [place.field]: _, ...rest } = value
  return rest
}
