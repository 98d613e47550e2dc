import { Message, type Schema, tool } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iModel } from '../src/index.ts'
import '../../../test/support/seed.ts'

/*
 * Whatever JSON Schema there is, no provider refuses what becomes of it. The provider server knows what they refuse.
 */

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer({ reply: '{}' })
})
afterAll(() => server.close())

const words = fc.record({ description: fc.string(), title: fc.string(), default: fc.jsonValue() }, { requiredKeys: [] })
const leaf = fc.oneof(
  fc.record(
    {
      type: fc.constant('string'),
      minLength: fc.nat(9),
      maxLength: fc.nat(99),
      pattern: fc.constantFrom('^a+$', '^(?!b)', '(a)\\1', '(?<=x)y'),
      format: fc.constantFrom('email', 'uri', 'date-time', 'ulid', 'uuid'),
    },
    { requiredKeys: ['type'] },
  ),
  fc.record(
    {
      type: fc.constantFrom('number', 'integer'),
      minimum: fc.integer(),
      exclusiveMaximum: fc.integer(),
      multipleOf: fc.nat(),
    },
    { requiredKeys: ['type'] },
  ),
  fc.record({ enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { minLength: 1 }) }),
  fc.record({ const: fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)) }),
  fc.constantFrom<object>({}, { type: 'boolean' }, { type: ['string', 'null'] }, { $ref: '#' }, { not: {} }),
)
const { node, object } = fc.letrec<{ node: object; object: object }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.tuple(leaf, words).map(([schema, more]) => ({ ...more, ...schema })),
    tie('object'),
    fc.record(
      {
        type: fc.constant('array'),
        items: tie('node'),
        minItems: fc.nat(3),
        maxItems: fc.nat(9),
        uniqueItems: fc.boolean(),
        prefixItems: fc.array(tie('node'), { maxLength: 2 }),
      },
      { requiredKeys: ['type'] },
    ),
    fc
      .tuple(fc.constantFrom('anyOf', 'oneOf', 'allOf'), fc.array(tie('node'), { minLength: 1, maxLength: 3 }))
      .map(([keyword, options]) => ({ [keyword]: options })),
  ),
  object: fc
    .tuple(
      fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('node'), { maxKeys: 4 }),
      fc.constantFrom<unknown>(undefined, true, false, {}, { type: 'string' }),
      fc.nat(4),
      words,
    )
    .map(([properties, open, optional, more]) => ({
      ...more,
      type: 'object',
      properties,
      required: Object.keys(properties).slice(optional),
      ...(open === undefined ? {} : { additionalProperties: open }),
    })),
}))

/** What every provider can be told in its own mode: closed, without references, everything required. */
const { plain } = fc.letrec<{ inner: object; plain: object }>((tie) => ({
  inner: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.constantFrom<object>(
      { type: 'string', minLength: 1, pattern: '^(?!b)', description: 'a' },
      { type: 'string', format: 'ulid' },
      { type: 'integer', minimum: 0, multipleOf: 2 },
      { type: ['boolean', 'null'] },
      { enum: ['a', 1, null] },
      { const: 'a' },
    ),
    tie('plain'),
    tie('inner').map((items) => ({ type: 'array', items, minItems: 2, uniqueItems: true })),
    fc
      .tuple(fc.constantFrom('anyOf', 'oneOf'), fc.array(tie('inner'), { minLength: 1, maxLength: 3 }))
      .map(([keyword, options]) => ({ [keyword]: options })),
  ),
  plain: fc
    .dictionary(fc.stringMatching(/^[a-z]{1,5}$/), tie('inner'), { minKeys: 1, maxKeys: 3 })
    .map((properties) => ({
      type: 'object',
      properties,
      required: Object.keys(properties),
      minProperties: 1,
    })),
}))

function schemaOf(schema: object): Schema {
  const said = () => ({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema })
  const validate = (value: unknown) => ({ value })
  return { '~standard': { version: 1, vendor: 'any', validate, jsonSchema: { input: said, output: said } } }
}

describe.each([
  'openai/gpt-4o',
  'openai-responses/gpt-5',
  'anthropic/claude-sonnet-4-5',
  'gemini/gemini-3-pro',
] as const)('any schema, sent to %s', (id) => {
  it('of an answer and of a tool is one that is taken', async () => {
    const model = new iModel(id, { baseUrl: server.url, apiKey: 'k' })
    const messages = [Message.instruction('x')]
    await fc.assert(
      fc.asyncProperty(node, object, async (output, input) => {
        const tools = [tool({ name: 'f', description: 'f', input: schemaOf(input), run: () => 0 })]
        await model.invoke({ messages, output: schemaOf(output), tools }).response
        expect(server.requests.at(-1)?.status).toBe(200)
      }),
      { numRuns: 80 },
    )
  })

  it('that it can be told is told in its own mode', async () => {
    const model = new iModel(id, { baseUrl: server.url, apiKey: 'k' })
    await fc.assert(
      fc.asyncProperty(plain, async (output) => {
        await model.invoke({ messages: [Message.instruction('x')], output: schemaOf(output) }).response
        expect(server.requests.at(-1)).toMatchObject({ status: 200, schema: { type: 'object' } })
      }),
      { numRuns: 60 },
    )
  })
})
