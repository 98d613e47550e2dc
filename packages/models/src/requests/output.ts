import { BraidError, type Schema } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import type { ModelOptions } from '../options.ts'
import { type JsonSchema, jsonSchemaOf } from './schemas/json-schema.ts'
import { type Subset, within } from './schemas/subset.ts'
import { anthropicOutput, geminiJson, openaiStrict } from './schemas/subsets.ts'
import type { Turn } from './turn.ts'

/** How a request says what its answer has to be. */
export interface Wanted {
  /** Merged into the body. */
  readonly body: Readonly<Record<string, unknown>>
  /** Added to the system's words. */
  readonly prompt: string | undefined
}

const NOTHING: Wanted = { body: {}, prompt: undefined }

/**
 * The provider's own mode where it has one and can be told this schema; else its mode for JSON of any form, if it has that, and in any case the schema in
 * the prompt.
 */
export function wantedOf(
  schema: Schema | undefined,
  {
    data,
    model,
    withTools,
    mode,
  }: { data: ManifestData; model: string; withTools: boolean; mode: ModelOptions['outputMode'] },
): Wanted {
  if (schema === undefined) return NOTHING
  const said = jsonSchemaOf(schema, '`output`')
  const rule = data.structured_output
  if (rule.mode === 'none' || mode === 'prompt') return { body: {}, prompt: promptFor(said) }
  const models = withTools ? (rule.models_with_tools ?? rule.models) : rule.models
  if (mode !== 'native' && models !== undefined && !new RegExp(models).test(model))
    return { body: {}, prompt: promptFor(said) }
  if (rule.mode === 'json_object') return { body: rule.body, prompt: promptFor(said) }
  const told = toldTo(data, said)
  if (told === undefined) return { body: {}, prompt: promptFor(said) }
  return { body: filled(rule.body, { ...told, name: nameOf(said) }), prompt: undefined }
}

/** Throws `unsupported_parameter` where the mode that was asked for is none of the provider's. */
export function checkOutputMode(data: ManifestData, mode: ModelOptions['outputMode']): void {
  if (mode === undefined || mode === 'prompt' || (mode === 'native' && data.structured_output.mode !== 'none')) return
  throw new BraidError(
    'unsupported_parameter',
    `expected \`outputMode\` as ${data.structured_output.mode === 'none' ? `'prompt', since ${data.id} has no mode of its own` : "'native' or 'prompt'"}; got ${JSON.stringify(mode)}`,
  )
}

interface Told {
  readonly schema: JsonSchema
  readonly strict: boolean
}

/** Undefined where the provider takes no such schema. */
function toldTo(data: ManifestData, schema: JsonSchema): Told | undefined {
  switch (data.payload_format) {
    case 'openai_style':
    case 'openai_responses_style': {
      if (!JSON.stringify(data.structured_output.body).includes('"{strict}"')) return { schema, strict: false }
      if (schema['type'] !== 'object') return undefined
      const strict = within(openaiStrict, schema)
      return strict === undefined ? { schema, strict: false } : { schema: strict, strict: true }
    }
    case 'cohere_style':
      return schema['type'] === 'object' ? { schema, strict: true } : undefined
    case 'ollama_style':
      return { schema, strict: true }
    case 'anthropic_style':
    case 'bedrock_converse_style':
      return schema['type'] === 'object' ? strictly(anthropicOutput, schema) : undefined
    case 'gemini_style':
      return strictly(geminiJson, schema)
    case undefined:
      return undefined
    default:
      return data.payload_format satisfies never
  }
}

function strictly(subset: Subset, schema: JsonSchema): Told | undefined {
  const told = within(subset, schema)
  return told && { schema: told, strict: true }
}

function nameOf({ title }: JsonSchema): string {
  const name = typeof title === 'string' ? title.replace(/[^a-zA-Z0-9_-]+/g, '_').slice(0, 64) : ''
  return name === '' ? 'answer' : name
}

/** A body with gaps: a text that is `{schema}`, `{schema_text}`, `{name}` or `{strict}` and nothing else. */
function filled(body: unknown, values: Told & { readonly name: string }): Readonly<Record<string, unknown>> {
  const fill = (value: unknown): unknown => {
    if (value === '{schema}') return values.schema
    if (value === '{schema_text}') return JSON.stringify(values.schema)
    if (value === '{name}') return values.name
    if (value === '{strict}') return values.strict
    if (Array.isArray(value)) return value.map(fill)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fill(each)]))
  }
  return fill(body) as Readonly<Record<string, unknown>>
}

function promptFor(schema: JsonSchema): string {
  return `Your answer has to be JSON, and nothing but JSON: no words before or after it, and no code fence around it. It has to be valid by this JSON Schema:\n${JSON.stringify(schema)}`
}

/** Says more to the model, in the system's words, which come first. */
export function instructed(turns: readonly Turn[], prompt: string | undefined): readonly Turn[] {
  if (prompt === undefined) return turns
  const first = turns.findIndex(({ role }) => role !== 'system')
  const at = (first === -1 ? turns.length : first) - 1
  const before = turns[at]
  if (before?.role !== 'system') return [{ role: 'system', text: prompt }, ...turns]
  return turns.with(at, { role: 'system', text: `${before.text}\n\n${prompt}` })
}
