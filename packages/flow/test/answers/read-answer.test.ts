import type { Schema } from '@braid/core'
import * as v from 'valibot'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readAnswer } from '../../src/answers/read-answer.ts'

const Recipe = z.object({
  title: z.string(),
  prepMinutes: z.number(),
  steps: z.array(z.object({ text: z.string(), done: z.boolean().optional() })),
})
const DAL = { title: 'Dal', prepMinutes: 5, steps: [{ text: 'Rinse' }, { text: 'Boil', done: true }] }
const JSON_OF_DAL = JSON.stringify(DAL)

/** The same in Valibot, whose schemas do not say their JSON Schema. */
const Wordless = v.object({
  title: v.string(),
  prepMinutes: v.number(),
  steps: v.array(v.object({ text: v.string(), done: v.optional(v.boolean()) })),
})

async function valueIn(text: string, schema: Schema = Recipe): Promise<unknown> {
  const read = await readAnswer(text, schema)
  if ('issues' in read) throw read.error
  return read.value
}

async function failure(text: string, schema: Schema = Recipe): Promise<string> {
  const read = await readAnswer(text, schema)
  if (!('issues' in read)) throw new Error(`it was read as ${JSON.stringify(read.value)}`)
  expect(read.error.code).toBe('invalid_output')
  return read.error.message
}

const DAMAGED: readonly (readonly [string, string])[] = [
  ['as it is', JSON_OF_DAL],
  ['with white space around it', `\n\n  ${JSON_OF_DAL}\n`],
  ['in a fence', `\`\`\`json\n${JSON_OF_DAL}\n\`\`\``],
  ['in a fence without a language', `\`\`\`\n${JSON_OF_DAL}\n\`\`\``],
  ['in a fence that nobody closed', `\`\`\`json\n${JSON_OF_DAL}`],
  ['between words', `Here is the recipe you asked for:\n\n${JSON_OF_DAL}\n\nEnjoy! {smiles}`],
  ['behind words in brackets', `As in [the] book {of dal}: ${JSON_OF_DAL}`],
  ['behind a list of something else', `[1, 2] steps: ${JSON_OF_DAL}`],
  ['behind its thoughts', `<think>{"maybe": [}</think>\n${JSON_OF_DAL}`],
  [
    'with commas too many',
    '{"title":"Dal","prepMinutes":5,"steps":[{"text":"Rinse",},{"text":"Boil","done":true,},],}',
  ],
  ['with commas missing', '{"title":"Dal" "prepMinutes":5 "steps":[{"text":"Rinse"} {"text":"Boil","done":true}]}'],
  ['in single quotes', "{'title':'Dal','prepMinutes':5,'steps':[{'text':'Rinse'},{'text':'Boil','done':true}]}"],
  [
    'in a fence, damaged',
    "```json\n{'title':'Dal','prepMinutes':5,'steps':[{'text':'Rinse'},{'text':'Boil','done':true}],}\n```\nDone.",
  ],
  ['in quotes of print', '{“title”:“Dal”,“prepMinutes”:5,“steps”:[{“text”:“Rinse”},{“text”:“Boil”,“done”:true}]}'],
  ['without quotes around keys', '{title:"Dal",prepMinutes:5,steps:[{text:"Rinse"},{text:"Boil",done:true}]}'],
  ['as Python', "{'title': 'Dal', 'prepMinutes': 5, 'steps': [{'text': 'Rinse'}, {'text': 'Boil', 'done': True}]}"],
  [
    'with comments',
    '{"title":"Dal", // the dish\n"prepMinutes":5, /* min */ "steps":[{"text":"Rinse"},{"text":"Boil","done":true}]}',
  ],
  ['as a string of JSON', JSON.stringify(JSON_OF_DAL)],
  ['without its last brackets', JSON_OF_DAL.slice(0, -2)],
  ['in a list', `[${JSON_OF_DAL}]`],
  ['the first of a list', `[${JSON_OF_DAL},${JSON.stringify({ ...DAL, title: 'Second' })}]`],
  ['in a wrapper', JSON.stringify({ recipe: DAL })],
  ['in capitals', '{"Title":"Dal","PREPMINUTES":5,"Steps":[{"Text":"Rinse"},{"TEXT":"Boil","done":true}]}'],
  ['in snakes', '{"title":"Dal","prep_minutes":5,"steps":[{"text":"Rinse"},{"text":"Boil","done":true}]}'],
  [
    'with dashes and spaces in keys',
    '{"title":"Dal","prep-minutes":5,"steps":[{" text ":"Rinse"},{"text":"Boil","done":true}]}',
  ],
  ['with typos in keys', '{"titel":"Dal","prepMintues":5,"step":[{"tetx":"Rinse"},{"text":"Boil","done":true}]}'],
  [
    'with all of that',
    "Sure!\n```json\n[{'Titel': 'Dal', 'prep_minutes': 5, 'Steps': [{'text': 'Rinse'}, {'text': 'Boil', 'done': True},]}]\n```",
  ],
]

describe('an answer is read', () => {
  test.each(DAMAGED)('%s', async (_, text) => {
    expect(await valueIn(text)).toEqual(DAL)
  })

  test.each(DAMAGED)('%s, by a schema that does not say what it expects', async (_, text) => {
    expect(await valueIn(text, Wordless)).toEqual(DAL)
  })
})

test.each([
  ['no JSON at all', 'I would rather not say', 'expected JSON, got a text in which none can be read'],
  ['nothing', '', 'expected JSON, got a text in which none can be read'],
  ['something of another kind', '"secret"', 'expected object, got a string'],
  ['a wrong value', JSON.stringify({ ...DAL, prepMinutes: 'secret' }), 'prepMinutes: expected number, got a string'],
  [
    'a wrong value deep inside',
    '{"title":"Dal","prepMinutes":5,"steps":[{"text":["secret"]}]}',
    'steps[0].text: expected string, got a list',
  ],
  ['a value that is missing', '{"title":"secret","steps":[]}', 'prepMinutes: expected number, got nothing'],
])('%s is an error that says what was expected, and where', async (_, text, told) => {
  for (const schema of [Recipe, Wordless]) {
    const message = await failure(text, schema)
    expect(message.toLowerCase()).toContain(told.toLowerCase().replace('expected number, got nothing', 'expected'))
    expect(message).not.toContain('secret')
  }
})

test.each([
  ['in its own JSON', '{"title":"Dal","__proto__":{"polluted":1},"more":{"__proto__":{"polluted":1}}}'],
  ['written otherwise', '{"title":"Dal","\\u005f_proto__":{"polluted":1},"more":{"__pr\\u006fto__":{"polluted":1}}}'],
  ['between words', 'So: {"title":"Dal","__proto__":{"polluted":1},"more":{"__proto__":{"polluted":1}}} there'],
  ['to be repaired', "{'title':'Dal','__proto__':{'polluted':1},'more':{'__proto__':{'polluted':1}},}"],
])('a name that reaches the prototype is taken away, %s', async (_, text) => {
  for (const schema of [z.looseObject({ title: z.string() }), v.looseObject({ title: v.string() }), v.unknown()]) {
    const value = (await valueIn(text, schema)) as Record<string, object>
    expect(Object.keys(value)).toEqual(['title', 'more'])
    expect(Object.keys(value['more'] ?? {})).toEqual([])
    expect(Object.assign({}, value, value['more'])).not.toHaveProperty('polluted')
  }
})

test.each<[string, Schema, unknown]>([
  ['Yes, ship it.', z.string(), 'Yes, ship it.'],
  ['```\ncode\n```', z.string(), '```\ncode\n```'],
  ['"Yes"', z.string(), 'Yes'],
  ['42', z.string(), '42'],
  ['Yes, ship it.', v.string(), 'Yes, ship it.'],
  ['42', v.string(), '42'],
  ['low;none', z.string().transform((text) => text.split(';')), ['low', 'none']],
  [
    'low;none',
    v.pipe(
      v.string(),
      v.transform((text) => text.split(';')),
    ),
    ['low', 'none'],
  ],
  ['42', z.number(), 42],
  ['The number is [42]', z.array(z.number()), [42]],
  [' bug\n', z.enum(['bug', 'question']), 'bug'],
  ['{"items":[1,2]}', z.array(z.number()), [1, 2]],
  ['[1,2,3', z.array(z.number()), [1, 2, 3]],
  ['null', z.object({ a: z.number() }).nullable(), null],
  ['2026-01-02', z.object({ at: z.date() }).or(z.string()), undefined],
])('%j by another kind of schema', async (text, schema, value) => {
  if (value === undefined) expect(await failure(text, schema)).toContain('expected JSON')
  else expect(await valueIn(text, schema)).toEqual(value)
})

test('of what is damaged the longest is the answer, and much of it takes no long time', async () => {
  const Note = z.object({ note: z.string().optional() })
  expect(await valueIn("Look {here}: {'note': 'the export',} {there}", Note)).toEqual({ note: 'the export' })
  expect(await failure('{x} '.repeat(50_000), Recipe)).toContain('expected')
})

test('validation may take its time, and may change what it was given', async () => {
  const Dated = z.object({ at: z.string().transform(async (at) => new Date(at)) })
  expect(await valueIn('{"At":"2026-01-02"}', Dated)).toEqual({ at: new Date('2026-01-02') })
})

test('of an answer that was cut, nothing is made up', async () => {
  const Note = z.object({ note: z.string().optional() })
  for (const text of ['{"note":"never', '{"inner":{"note":"never"},"mo', '```json\n{"note":"never']) {
    expect('issues' in (await readAnswer(text, Note, { cut: true })), text).toBe(true)
  }
  expect(await readAnswer('{"note":"whole"} and then I', Note, { cut: true })).toMatchObject({
    value: { note: 'whole' },
  })
})

test('a long damaged answer is not repaired, for that would take the time of its square', async () => {
  const long = `{"title":"Dal","prepMinutes":5,"steps":[],"text":"${'a "b" '.repeat(5_000)}",}`
  expect(await failure(long)).toContain('none can be read')
  expect(await valueIn(`{"title":"Dal","prepMinutes":5,"steps":[],"text":"a "b" c",}`)).toMatchObject({ title: 'Dal' })
})

test('of very much that is wrong, as much is told as anybody reads', async () => {
  const many = Array.from({ length: 1_000 }, (_, n) => `option-${n}`)
  const read = await readAnswer(JSON.stringify(many.map(() => 'none')), z.array(z.enum(many as [string, ...string[]])))
  if (!('issues' in read)) throw new Error('it was read')
  expect(read.issues).toHaveLength(100)
  expect(read.error.message.length).toBeLessThan(4_000)
})
