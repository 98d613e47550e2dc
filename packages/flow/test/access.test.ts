import type { Schema } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Session } from '../src/index.ts'
import { accessDenied, checkOutputAccess, mayUse } from '../src/session/access.ts'
import { fieldsOf } from '../src/session/fields.ts'
import { thrown } from './material.ts'

/** A schema that tells this JSON Schema. */
function telling(output: () => Record<string, unknown>): Schema {
  return {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => ({ value }),
      jsonSchema: { input: output, output },
    },
  }
}

const text = { type: 'string' }
const risk = { type: 'object', properties: { risk: text }, required: ['risk'], additionalProperties: false }
const node = {
  $ref: '#/$defs/Node',
  $defs: { Node: { type: 'object', properties: { name: text, next: { $ref: '#/$defs/Node' } } } },
}

test.each([
  ['an object', risk, ['risk']],
  ['an object whose insides are open', { type: 'object', properties: { tags: { type: 'object' } } }, ['tags']],
  ['a list of objects', { type: 'array', items: risk }, ['risk']],
  ['alternatives', { anyOf: [risk, { type: 'object', properties: { why: text } }, { type: 'null' }] }, ['risk', 'why']],
  ['an intersection', { allOf: [risk, { type: 'object', properties: { why: text } }] }, ['risk', 'why']],
  ['one that says which fields go together', { ...risk, anyOf: [{ required: ['risk'] }, {}] }, ['risk']],
  ['one that refers to itself', node, ['name', 'next']],
  ['a tuple', { type: 'array', prefixItems: [text, risk], items: false }, ['risk']],
  ['a text', text, []],
  ['one of some values', { enum: ['a', 'b'] }, []],
  ['an object that has none', { type: 'object', additionalProperties: false }, []],
])('the fields of %s', (_, schema, fields) => {
  expect(fieldsOf(telling(() => schema))).toEqual(fields)
})

test.each([
  ['anything', {}],
  ['an object of any kind', { type: 'object' }],
  ['an object with others besides', { ...risk, additionalProperties: text }],
  ['a record', { type: 'object', additionalProperties: text }],
  ['fields by pattern', { ...risk, patternProperties: { '^x': text } }],
  ['a list of anything', { type: 'array' }],
  ['an alternative that is open', { anyOf: [risk, { type: 'object' }] }],
  ['a reference that leads nowhere', { $ref: '#/$defs/Nothing' }],
  ['a reference to elsewhere', { $ref: 'https://example.org/schema' }],
])('the fields of %s cannot be told', (_, schema) => {
  expect(fieldsOf(telling(() => schema))).toBeUndefined()
})

test('a schema that tells no JSON Schema, or throws when it is asked, tells no fields', () => {
  const mute: Schema = { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } }
  expect(fieldsOf(mute)).toBeUndefined()
  const throwing = telling(() => {
    throw new Error('a date has none')
  })
  expect(fieldsOf(throwing)).toBeUndefined()
})

test('the fields of a zod schema are told, whatever it makes of them', () => {
  const review = z.object({ risk: z.enum(['low', 'high']), at: z.string().transform((text) => new Date(text)) })
  expect(fieldsOf(review)).toEqual(['risk', 'at'])
  expect(fieldsOf(z.array(review))).toEqual(['risk', 'at'])
  expect(
    fieldsOf(z.discriminatedUnion('a', [z.object({ a: z.literal(1), b: z.string() }), z.object({ a: z.literal(2) })])),
  ).toEqual(['a', 'b'])
  expect(fieldsOf(z.record(z.string(), z.number()))).toBeUndefined()
  expect(fieldsOf(z.looseObject({ a: z.string() }))).toBeUndefined()
})

test('an operation whose answer would have a field that its branch does not allow asks nobody', async () => {
  const model = scriptedModel('{"risk":"low"}')
  const session = new Session({ imodel: model })
  const branch = await session.createBranch({ name: 'review', capabilities: ['risk'] })
  const fine = z.object({ risk: z.string() })
  const wide = z.object({ risk: z.string(), salary: z.number() })
  for (const kind of ['communicate', 'operate', 'react', 'generate'] as const) {
    const conduct = (output: Schema) => session.conduct(kind, branch, { instruction: 'x', output })
    const error = await thrown('access_denied', () => conduct(wide))
    expect(error.message).toContain('the output field "salary"')
    expect(await conduct(fine)).toEqual({ risk: 'low' })
  }
  await thrown('access_denied', () =>
    session.conduct('parse', branch, { text: '{"risk":"low","salary":1}', output: wide }),
  )
  expect(await session.conduct('parse', branch, { text: '{"risk":"low"}', output: fine })).toEqual({ risk: 'low' })
  expect(model.calls).toHaveLength(4)
  expect(await branch.messages()).toHaveLength(6)
})

test('a tool is allowed by its name, everywhere where nothing says otherwise', async () => {
  const session = new Session()
  const branch = await session.createBranch({ name: 'shop', resources: ['search'] })
  expect(mayUse(branch, 'search')).toBe(true)
  expect(mayUse(branch, 'buy')).toBe(false)
  expect(accessDenied(branch, 'tool', 'buy').message).toMatch(/"shop" does not allow the tool "buy".*: "search";/)
  expect(mayUse(await session.createBranch(), 'buy')).toBe(true)
  expect(mayUse(undefined, 'buy')).toBe(true)
})

test('an output field that the branch does not allow is refused, and so is what cannot be told', async () => {
  const session = new Session()
  const branch = await session.createBranch({ name: 'review', capabilities: ['risk'] })
  checkOutputAccess(
    branch,
    telling(() => risk),
  )
  const secret = telling(() => ({ type: 'object', properties: { risk: text, secret: text } }))
  const error = await thrown('access_denied', () => checkOutputAccess(branch, secret))
  expect(error.message).toContain('the output field "secret"')
  expect(error.message).toContain('"risk"')
  const open = telling(() => ({}))
  await thrown('access_denied', () => checkOutputAccess(branch, open))
  checkOutputAccess(await session.createBranch(), open)
  checkOutputAccess(undefined, open)
})
