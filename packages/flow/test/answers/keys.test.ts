import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { spelt } from '../../src/answers/keys.ts'
import { wordsOf } from '../../src/answers/schema-words.ts'

const Person = z.object({ firstName: z.string(), email: z.string().optional(), tel: z.string().optional() })
interface Tree {
  label: string
  children: Tree[]
}
const Tree: z.ZodType<Tree> = z.lazy(() => z.object({ label: z.string(), children: z.array(Tree) }))

function keysOf(value: unknown, schema: z.ZodType): unknown {
  return spelt(value, wordsOf(schema) ?? {})
}

describe('keys are put right', () => {
  test.each<[string, z.ZodType, unknown, unknown]>([
    ['case and underscores', Person, { FIRST_NAME: 'A', 'e-mail': 'b' }, { firstName: 'A', email: 'b' }],
    ['a typo in one that has to be there', Person, { fisrtName: 'A' }, { firstName: 'A' }],
    ['in a list', z.array(Person), [{ FirstName: 'A' }], [{ firstName: 'A' }]],
    ['in a record', z.record(z.string(), Person), { Anna: { first_name: 'A' } }, { Anna: { firstName: 'A' } }],
    ['in a tuple', z.tuple([z.string(), Person]), ['x', { first_name: 'A' }], ['x', { firstName: 'A' }]],
    ['in what may be null', Person.nullable(), { first_name: 'A' }, { firstName: 'A' }],
    [
      'in itself',
      Tree,
      { Label: 'a', Children: [{ LABEL: 'b', children: [] }] },
      { label: 'a', children: [{ label: 'b', children: [] }] },
    ],
    [
      'in the alternative that is meant',
      z.union([
        z.object({ type: z.literal('a'), xValue: z.string() }),
        z.object({ type: z.literal('b'), yValue: z.string() }),
      ]),
      { type: 'b', y_value: 'x' },
      { type: 'b', yValue: 'x' },
    ],
    [
      'in what is two at once',
      z.intersection(Person, z.object({ age: z.number() })),
      { first_name: 'A', Age: 3 },
      { firstName: 'A', age: 3 },
    ],
  ])('%s', (_, schema, value, expected) => {
    expect(keysOf(value, schema)).toEqual(expected)
  })

  test.each<[string, z.ZodType, unknown]>([
    ['they are right', Person, { firstName: 'A', email: 'b', more: 1 }],
    ['two would do for one', Person, { first_name: 'A', FirstName: 'B' }],
    ['it has its own already', Person, { firstName: 'A', first_name: 'B' }],
    ['a typo is in one that may be missing', Person, { firstName: 'A', emial: 'b' }],
    ['they are too short to be sure', z.object({ to: z.string(), by: z.string() }), { tp: 'a', bx: 'b' }],
    ['any key is welcome and none is missing', z.looseObject({ email: z.string().optional() }), { Email: 'b' }],
    [
      'it could be either alternative',
      z.union([z.object({ aB: z.string() }), z.object({ aC: z.string() })]),
      { a_b: 'x' },
    ],
    ['it is no object', Person, ['x', 1, null]],
  ])('and left alone where %s', (_, schema, value) => {
    expect(keysOf(value, schema)).toBe(value)
  })

  test('whatever the value is, its values stay what they are, in their order', () => {
    const schema = z.object({
      firstName: z.string(),
      last_name: z.string(),
      age: z.number(),
      inner: Person,
      list: z.array(Person),
    })
    const key = fc.constantFrom(
      'firstName',
      'first_name',
      'FIRSTNAME',
      'lastname',
      'Age',
      'aeg',
      'inner',
      'Inner',
      'list',
      '__proto__',
      'x',
    )
    const value = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, fc.integer(), fc.string(), fc.array(tie('value')), tie('object')),
      object: fc.dictionary(key, tie('value')),
    }))
    const leaves = (each: unknown): unknown[] =>
      typeof each === 'object' && each !== null ? Object.values(each).flatMap(leaves) : [each]
    fc.assert(
      fc.property(value.object, (given) => {
        const before = structuredClone(given)
        const now = keysOf(given, schema)
        expect(leaves(now)).toEqual(leaves(given))
        expect(given).toEqual(before)
      }),
    )
  })

  test('a schema that refers to itself and nothing else ends', () => {
    const words = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } }
    expect(spelt({ a: 1 }, words)).toEqual({ a: 1 })
  })
})
