import type { Subset } from './subset.ts'

const BASIC = ['type', 'description', 'enum', 'properties', 'required', 'items', '$ref', '$defs', 'anyOf'] as const
const LIMITS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
] as const

/**
 * `strict: true`, where the model's words are held to the schema.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export const openaiStrict: Subset = {
  keywords: new Set([...BASIC, ...LIMITS, 'const', 'additionalProperties', 'pattern', 'format', 'definitions']),
  formats: new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid']),
  closed: true,
  required: true,
  recursive: true,
  lenient: false,
}

/** https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations */
export const anthropicOutput: Subset = {
  keywords: new Set([...BASIC, 'const', 'allOf', 'additionalProperties', 'pattern', 'format', 'definitions']),
  formats: new Set(['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid']),
  closed: true,
  required: false,
  // 24 by its documents; as they add up, compiling them takes too long from half of that on.
  optional: 12,
  recursive: false,
  lenient: false,
}

/** https://ai.google.dev/api/generate-content#generationconfig, `responseJsonSchema`; of calls, `parametersJsonSchema`. */
export const geminiJson: Subset = {
  keywords: new Set([
    ...BASIC,
    'title',
    'format',
    'prefixItems',
    'minItems',
    'maxItems',
    'minimum',
    'maximum',
    'oneOf',
    'additionalProperties',
  ]),
  closed: false,
  required: false,
  recursive: true,
  lenient: true,
}
