import { type SchemaDraft, Validator } from '@cfworker/json-schema'
import { BraidError, type Schema } from '@braid/core'
import { issuesIn } from './json-schema-issues.ts'
import { isRecord, resolved } from './schema-words.ts'

/**
 * A plain JSON Schema as a {@link Schema}; `T` is your word for what it describes. Drafts 4, 7, 2019-09 and 2020-12, as its `$schema` says;
 * without one, 2020-12. Formats are checked. Throws `invalid_request` for a schema that could never be used.
 *
 * @example
 * const Verdict = jsonSchema<{ ship: boolean }>({ type: 'object', properties: { ship: { type: 'boolean' } }, required: ['ship'] })
 * const verdict = builder.generate({ instruction: 'Do we ship?', output: Verdict })
 */
export function jsonSchema<T>(schema: object): Schema<T> {
  if (!isRecord(schema)) {
    throw new BraidError(
      'invalid_request',
      `expected a JSON Schema as an object; got ${Array.isArray(schema) ? 'a list' : typeof schema}`,
    )
  }
  // The validator writes into what it is given; and what is changed afterwards is another schema.
  const own = copyOf(schema)
  check(own, own, '#')
  const validator = new Validator(copyOf(own), draftOf(own), false)
  const words = (): Record<string, unknown> => copyOf(own)
  return {
    '~standard': {
      version: 1,
      vendor: 'braid',
      jsonSchema: { input: words, output: words },
      validate(value) {
        try {
          const { valid, errors } = validator.validate(value)
          return valid ? { value: value as T } : { issues: issuesIn(errors) }
        } catch {
          // Nested deeper than the validator walks, or a name with half a character in it.
          return { issues: [{ message: 'expected what a JSON Schema can describe' }] }
        }
      },
    },
  }
}

function copyOf(schema: Record<string, unknown>): Record<string, unknown> {
  try {
    return structuredClone(schema)
  } catch (cause) {
    throw new BraidError(
      'invalid_request',
      'expected a JSON Schema, which is plain data; got one with a function in it',
      { cause },
    )
  }
}

function draftOf({ $schema }: Record<string, unknown>): SchemaDraft {
  if (typeof $schema !== 'string') return '2020-12'
  if ($schema.includes('draft-04')) return '4'
  if ($schema.includes('draft-06') || $schema.includes('draft-07')) return '7'
  return $schema.includes('2019-09') ? '2019-09' : '2020-12'
}

const TYPES: ReadonlySet<unknown> = new Set(['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'])
/** What is under these is data, whatever it looks like. */
const DATA: ReadonlySet<string> = new Set(['const', 'default', 'enum', 'example', 'examples'])

/** What would otherwise fail at the first answer, or let everything pass. */
function check(schema: unknown, root: Record<string, unknown>, place: string): void {
  const refuse = (wanted: string): never => {
    throw new BraidError('invalid_request', `expected ${wanted} in a JSON Schema; got something else at ${place}`)
  }
  if (Array.isArray(schema)) {
    for (const [index, each] of schema.entries()) check(each, root, `${place}/${index}`)
    return
  }
  if (!isRecord(schema)) return
  const { type, $ref, pattern } = schema
  const types = Array.isArray(type) ? type : [type]
  // Under the name `type`, `properties` has a schema.
  if (type !== undefined && !isRecord(type) && !types.every((each) => TYPES.has(each)))
    refuse(`a \`type\` among ${[...TYPES].join(', ')}`)
  if (typeof $ref === 'string' && $ref.startsWith('#/') && !resolved(schema, root))
    refuse('a `$ref` to something that is there')
  if (typeof pattern === 'string' && !isPattern(pattern)) refuse('a regular expression as `pattern`')
  for (const [name, each] of Object.entries(schema)) if (!DATA.has(name)) check(each, root, `${place}/${name}`)
}

function isPattern(pattern: string): boolean {
  try {
    return Boolean(new RegExp(pattern, 'u'))
  } catch {
    return false
  }
}
