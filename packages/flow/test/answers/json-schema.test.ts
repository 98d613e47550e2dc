import { describe, expect, test } from 'vitest'
import { readAnswer } from '../../src/answers/read-answer.ts'
import { jsonSchema } from '../../src/index.ts'
import { thrown } from '../material.ts'

const Ticket = jsonSchema<{ kind: string; tags?: string[] }>({
  type: 'object',
  properties: {
    kind: { enum: ['bug', 'question'] },
    tags: { type: 'array', items: { type: 'string' }, maxItems: 2 },
    stars: { type: 'integer', minimum: 1 },
    by: { $ref: '#/$defs/person' },
    at: {
      anyOf: [
        {
          type: 'object',
          properties: { type: { const: 'line' }, line: { type: 'number' } },
          required: ['type', 'line'],
        },
        {
          type: 'object',
          properties: { type: { const: 'file' }, file: { type: 'string' } },
          required: ['type', 'file'],
        },
        { type: 'null' },
      ],
    },
  },
  required: ['kind'],
  additionalProperties: false,
  $defs: {
    person: {
      type: 'object',
      properties: { email: { type: 'string', format: 'email' }, boss: { $ref: '#/$defs/person' } },
    },
  },
})

async function issues(value: unknown): Promise<string[]> {
  const read = await readAnswer(JSON.stringify(value), Ticket)
  return 'issues' in read ? read.issues.map(({ path, message }) => `${path}: ${message}`) : []
}

describe('a plain JSON Schema', () => {
  test.each([
    [{ kind: 'bug' }, []],
    [{ kind: 'bug', at: null, by: { email: 'a@b.example', boss: { email: 'c@d.example' } } }, []],
    [{}, ['kind: expected a value, got nothing']],
    [{ kind: 'secret' }, ['kind: expected any of ["bug","question"]']],
    [{ kind: 'bug', tags: ['a', 7] }, ['tags[1]: expected string, got a number']],
    [{ kind: 'bug', stars: 1.5 }, ['stars: expected integer, got a number']],
    [{ kind: 'bug', stars: -123456 }, ['stars: the number is less than 1']],
    [{ kind: 'bug', nonsense: 1 }, ['nonsense: no such field is expected']],
    [{ kind: 'bug', by: { boss: { email: 'secret' } } }, ['by.boss.email: String does not match format "email"']],
    [{ kind: 'bug', at: { type: 'line', line: 'secret' } }, ['at.line: expected number, got a string']],
    [{ kind: 'bug', at: { type: 'page' } }, ['at: expected one of several alternatives, and none of them fits']],
    [{ kind: 'bug', at: 'secret' }, ['at: expected one of several alternatives, and none of them fits']],
  ])('reads %j', async (value, expected) => {
    expect(await issues(value)).toEqual(expected)
  })

  test('tells its words, and is not changed by who reads them or by who wrote them', () => {
    const written = Object.freeze({ type: 'object', properties: { a: { type: 'string' } } })
    const schema = jsonSchema(written)
    const words = schema['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
    expect(words).toEqual({ type: 'object', properties: { a: { type: 'string' } } })
    delete words?.['properties']
    written.properties.a.type = 'number'
    expect(schema['~standard'].jsonSchema?.output({ target: 'draft-2020-12' })).toEqual({
      type: 'object',
      properties: { a: { type: 'string' } },
    })
    expect(schema['~standard'].validate({ a: 'x' })).toEqual({ value: { a: 'x' } })
  })

  test('may describe fields that are called like its own words', async () => {
    const schema = jsonSchema({
      type: 'object',
      properties: { type: { type: 'string' }, $ref: { type: 'string' }, pattern: { const: '(' } },
    })
    expect(await schema['~standard'].validate({ type: 'x', $ref: '#/x', pattern: '(' })).toHaveProperty('value')
  })

  test.each([
    [[], 'a list'],
    ['text', 'string'],
    [{ type: 'strnig' }, '`type`'],
    [{ properties: { a: { items: { type: 'text' } } } }, '#/properties/a/items'],
    [{ $ref: '#/$defs/none' }, '`$ref`'],
    [{ pattern: '(' }, '`pattern`'],
    [{ type: () => 'string' }, 'plain data'],
  ])('%j is refused at the call', async (schema, named) => {
    expect((await thrown('invalid_request', () => jsonSchema(schema as never))).message).toContain(named)
  })

  test('what is nested too deep, or named by half a character, is an answer that does not fit', async () => {
    const nested = jsonSchema({ $ref: '#/$defs/n', $defs: { n: { type: 'array', items: { $ref: '#/$defs/n' } } } })
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`
    expect(await nested['~standard'].validate(JSON.parse(deep))).toHaveProperty('issues')
    const named = jsonSchema({ additionalProperties: { type: 'string' } })
    expect(await named['~standard'].validate({ '\ud800': 1 })).toHaveProperty('issues')
  })
})
