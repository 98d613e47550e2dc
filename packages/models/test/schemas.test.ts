import type { Schema } from '@braid/core'
import { type } from 'arktype'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { jsonSchemaOf } from '../src/requests/schemas/json-schema.ts'

const EXPECTED = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'number' } },
  required: ['name'],
}

describe('the JSON Schema of a schema', () => {
  it.each<[string, Schema]>([
    ['zod', z.object({ name: z.string(), age: z.number().optional() })],
    ['arktype', type({ name: 'string', 'age?': 'number' })],
    ['valibot', v.object({ name: v.string(), age: v.optional(v.number()) })],
  ])('is told by %s', (_, schema) => {
    expect(jsonSchemaOf(schema, 'the tool "x"')).toEqual(EXPECTED)
    expect(jsonSchemaOf(schema, 'the tool "x"')).toBe(jsonSchemaOf(schema, 'another'))
  })

  it('is of what goes in, since that is what a model writes', () => {
    const schema = z.object({ n: z.string().transform(Number), of: z.string().default('x') })
    expect(jsonSchemaOf(schema, '`output`')).toMatchObject({ properties: { n: { type: 'string' } }, required: ['n'] })
  })

  it('is asked for in vain of a library that does not tell it, and the error says what to do', () => {
    const silent = (vendor: string): Schema => ({
      '~standard': { version: 1, vendor, validate: (value) => ({ value }) },
    })
    expect(() => jsonSchemaOf(silent('own'), 'the tool "x"')).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringMatching(/the tool "x".*jsonSchema\(/),
      }),
    )
    expect(() => jsonSchemaOf(silent('zod'), '`output`')).toThrowError(/zod 4\.2/)
  })

  it('that JSON Schema has no words for is an error, with the library’s reason', () => {
    expect(() => jsonSchemaOf(z.object({ at: z.date() }), '`output`')).toThrowError(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(/`output`.*Date cannot/) }),
    )
  })
})
