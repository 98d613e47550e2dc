import { type JsonObject, object } from './json.ts'

/**
 * What OpenAI says of a schema that is to be held to and is not as it wants them: the words after "Invalid schema for …". Undefined where it is good.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */
export function strictProblem(schema: JsonObject): string | undefined {
  if (schema['type'] !== 'object') {
    return `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(schema['type'] ?? 'None')}"'.`
  }
  return problemAt(schema, [])
}

const NESTED = ['items'] as const
const NAMED = ['properties', '$defs', 'definitions'] as const
const REFUSED = [
  'oneOf',
  'allOf',
  'not',
  'if',
  'then',
  'else',
  'dependentRequired',
  'dependentSchemas',
  'patternProperties',
] as const

function problemAt(schema: JsonObject, path: readonly string[]): string | undefined {
  const context = `In context=(${path.map((name) => `'${name}'`).join(', ')}${path.length === 1 ? ',' : ''})`
  for (const keyword of REFUSED) if (schema[keyword] !== undefined) return `${context}, '${keyword}' is not permitted.`
  if (schema['type'] === undefined && schema['$ref'] === undefined && schema['anyOf'] === undefined)
    return `${context}, schema must have a 'type' key.`
  if (typeof schema['pattern'] === 'string' && schema['pattern'].includes('(?'))
    return `${context}, pattern is not a valid regular expression: look-around is not supported.`
  if (schema['type'] === 'object') {
    if (schema['additionalProperties'] !== false)
      return `${context}, 'additionalProperties' is required to be supplied and to be false.`
    const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : []
    const missing = Object.keys(object(schema['properties'])).find((name) => !required.includes(name))
    if (missing !== undefined)
      return `${context}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`
  }
  for (const keyword of NESTED) {
    if (schema[keyword] === undefined) continue
    const problem = problemAt(object(schema[keyword]), [...path, keyword])
    if (problem !== undefined) return problem
  }
  for (const keyword of NAMED) {
    for (const [name, each] of Object.entries(object(schema[keyword]))) {
      const problem = problemAt(object(each), [...path, keyword, name])
      if (problem !== undefined) return problem
    }
  }
  const options = Array.isArray(schema['anyOf']) ? schema['anyOf'] : []
  for (const [at, each] of options.entries()) {
    const problem = problemAt(object(each), [...path, 'anyOf', String(at)])
    if (problem !== undefined) return problem
  }
  return undefined
}
