import { createRequire } from 'node:module'
import { BraidError, type Schema } from '@braid/core'

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>

const TARGET = { target: 'draft-2020-12' } as const

/** A schema does not change, and telling what it says costs more than sending it. */
const told = new WeakMap<Schema, JsonSchema>()

/**
 * What a schema takes in, as a JSON Schema: what a model writes goes into it. `whose` is for errors: `the tool "add"`.
 *
 * Schemas that tell it themselves (Standard JSON Schema: zod 4.2 and later, arktype, `jsonSchema({ … })`) are asked; valibot's are read by
 * `@valibot/to-json-schema`, where that is installed. Throws `invalid_request` for one that cannot be told, saying what to do.
 */
export function jsonSchemaOf(schema: Schema, whose: string): JsonSchema {
  const known = told.get(schema)
  if (known !== undefined) return known
  const { $schema: _, ...said } = tell(schema, whose)
  told.set(schema, said)
  return said
}

function tell(schema: Schema, whose: string): JsonSchema {
  const { jsonSchema, vendor } = schema['~standard']
  const say = jsonSchema === undefined ? foreign(schema, vendor) : () => jsonSchema.input(TARGET)
  if (say === undefined) throw silent(vendor, whose)
  let said: unknown
  try {
    said = say()
  } catch (cause) {
    throw new BraidError(
      'invalid_request',
      `expected the schema of ${whose} to have a JSON Schema, which is what a provider is sent; ${vendor} gives none: ${cause instanceof Error ? cause.message : String(cause)}. Use types that JSON has, or give jsonSchema({ … })`,
      { cause },
    )
  }
  if (typeof said === 'object' && said !== null && !Array.isArray(said)) return said as JsonSchema
  throw silent(vendor, whose)
}

/** Of the libraries whose schemas do not tell it in the standard's way. */
function foreign(schema: Schema, vendor: string): (() => unknown) | undefined {
  if (vendor === 'valibot') {
    const convert = valibotConverter()
    return convert && (() => convert(schema, { ...TARGET, typeMode: 'input' }))
  }
  const own = schema as { readonly toJsonSchema?: unknown; readonly in?: { readonly toJsonSchema?: unknown } }
  // arktype before 2.2: what goes in is a type of its own.
  const from = typeof own.in?.toJsonSchema === 'function' ? own.in : own
  const { toJsonSchema } = from
  return typeof toJsonSchema === 'function' ? () => toJsonSchema.call(from) as unknown : undefined
}

type Converter = (schema: unknown, options: object) => unknown

/** An optional peer, and wanted at once: a request that cannot be sent throws at the call. */
function valibotConverter(): Converter | undefined {
  try {
    const module: unknown = createRequire(import.meta.url)('@valibot/to-json-schema')
    return (module as { readonly toJsonSchema: Converter }).toJsonSchema
  } catch {
    return undefined
  }
}

function silent(vendor: string, whose: string): BraidError {
  return new BraidError(
    'invalid_request',
    `expected the schema of ${whose} to tell its JSON Schema, which is what a provider is sent; this one (${vendor}) does not. ${
      vendor === 'valibot'
        ? 'Install @valibot/to-json-schema'
        : vendor === 'zod'
          ? 'Take zod 4.2 or later'
          : 'Take a library with Standard JSON Schema, such as zod 4.2 or later'
    }, or give jsonSchema({ … })`,
  )
}
