import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { readAnswer } from '../../src/answers/read-answer.ts'
import { jsonSchema } from '../../src/index.ts'

const Order = z.object({
  orderNumber: z.number(),
  shipTo: z.object({ fullName: z.string(), zipCode: z.string().optional() }),
  lineItems: z.array(z.object({ itemName: z.string(), inStock: z.boolean() })),
})

const words = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9 ]{0,12}$/)
const order = fc.record({
  orderNumber: fc.integer(),
  shipTo: fc.record({ fullName: words, zipCode: words }, { requiredKeys: ['fullName'] }),
  lineItems: fc.array(fc.record({ itemName: words, inStock: fc.boolean() }), { maxLength: 4 }),
})

/** What models do to JSON; none of it loses anything. */
const DAMAGE: readonly ((text: string) => string)[] = [
  (text) => text.replaceAll('}', ',}'),
  (text) => text.replaceAll(/"(\w+)":/g, '$1:'),
  (text) =>
    text.replaceAll(
      /"(\w+)":/g,
      (_, key: string) => `"${key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`,
    ),
  (text) => text.replaceAll(/"(\w+)":/g, (_, key: string) => `"${key.slice(0, 1).toUpperCase()}${key.slice(1)}":`),
  (text) => text.replaceAll('"', "'"),
  (text) => text.replaceAll('true', 'True').replaceAll('false', 'False'),
  (text) => text.replaceAll(',', ',\n// next\n'),
  (text) => text.replaceAll('"orderNumber"', '"ordreNumber"'),
]
const AROUND: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `\`\`\`json\n${text}\n\`\`\``,
  (text) => `Certainly! Here is the [order]:\n\n${text}\n\nAnything else?`,
  (text) => `<think>An order {of what?}</think>\`\`\`\n${text}`,
  (text) => `[${text}]`,
]

test('whatever models do to JSON without losing any of it, it is read as what it was', async () => {
  await fc.assert(
    fc.asyncProperty(
      order,
      fc.uniqueArray(fc.constantFrom(...DAMAGE), { maxLength: 3 }),
      fc.constantFrom(...AROUND),
      async (value, damage, around) => {
        const text = around(damage.reduce((damaged, by) => by(damaged), JSON.stringify(value)))
        const read = await readAnswer(text, Order)
        expect('issues' in read ? read.issues : read.value, text).toEqual(value)
      },
    ),
    { numRuns: 300 },
  )
})

test('an answer never throws anything but what a schema throws, and its error says nothing of what was answered', async () => {
  const schemas = [
    Order,
    v.object({ orderNumber: v.number(), shipTo: v.object({ fullName: v.pipe(v.string(), v.maxLength(3)) }) }),
    jsonSchema({
      type: 'object',
      properties: {
        orderNumber: { type: 'number', minimum: 10 },
        shipTo: { enum: ['home'] },
        lineItems: { items: { const: 1 } },
      },
      required: ['orderNumber'],
    }),
  ]
  const secret = fc.constantFrom('SECRET', 'a "SECRET"', 424242, ['SECRET'], { is: 'SECRET' })
  const marks = fc.stringMatching(/^[{}[\]",:' a1\n]{0,10}$/)
  await fc.assert(
    fc.asyncProperty(
      fc.record({ orderNumber: secret, shipTo: secret, lineItems: fc.array(secret) }),
      marks,
      marks,
      async (value, before, after) => {
        for (const schema of schemas) {
          for (const text of [JSON.stringify(value), `${before}${JSON.stringify(value)}${after}`]) {
            const read = await readAnswer(text, schema)
            if ('issues' in read) expect(JSON.stringify([read.issues, read.error.message])).not.toMatch(/SECRET|424242/)
          }
        }
      },
    ),
  )
})
