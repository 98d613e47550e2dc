import type { ModelRequest, Schema } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flowStream, jsonSchema, Session } from '../../src/index.ts'
import { read, thrown } from '../material.ts'
import { add, call, only, reply, told } from './material.ts'

const Review = z.strictObject({ risk: z.enum(['low', 'high']), findings: z.array(z.string()) })

function toldTo(request: ModelRequest | undefined): Record<string, unknown> {
  return request?.output?.['~standard'].jsonSchema?.input({ target: 'draft-2020-12' }) ?? {}
}

async function operated(output: Schema, answers: Parameters<typeof scriptedModel>[0], more: object = {}) {
  const model = scriptedModel(answers)
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const one = builder.operate({ instruction: 'x', output, reason: true, branch: 'b', ...more })
  const stream = flowStream(builder)
  const { tuples, error } = await read(stream)
  if (error) throw error
  return { result: await stream.result(one), tuples, model, session }
}

test('an operate gives a value, and leaves its turn on the branch', async () => {
  const session = new Session({ imodel: scriptedModel('{"risk": "low", "findings": []}') })
  expect(await session.conduct('operate', 'b', { instruction: 'x', output: Review })).toEqual({
    risk: 'low',
    findings: [],
  })
  expect(await told(await session.branch('b'))).toEqual(['user: x', 'assistant: {"risk": "low", "findings": []}'])
  expect(() => new Builder().operate({ instruction: 'x' } as never)).toThrowError(
    expect.objectContaining({ code: 'invalid_plan' }),
  )
})

test('with `reason` the model thinks in a first field, which is shown as reasoning and is not in the result', async () => {
  const said = ['{"reasoning": "it touches ', 'the lock", "risk": "hi', 'gh", "findings": ["a race"]}']
  const { result, tuples, model, session } = await operated(Review, [said])
  expect(result).toEqual({ risk: 'high', findings: ['a race'] })
  const words = toldTo(model.calls[0])
  expect(Object.keys(words['properties'] as object)).toEqual(['reasoning', 'risk', 'findings'])
  expect(words['required']).toEqual(['reasoning', 'risk', 'findings'])
  expect(
    only(tuples, 'reasoning-delta')
      .map(({ data }) => data)
      .join(''),
  ).toBe('it touches the lock')
  expect(only(tuples, 'reasoning-start', 'reasoning-end')).toHaveLength(2)
  const objects = only(tuples, 'object').map(({ object }) => object)
  expect(objects.at(-1)).toEqual(result)
  expect(JSON.stringify(objects)).not.toContain('reasoning')
  const types = tuples.map(([, { type }]) => type)
  expect(types.indexOf('reasoning-end')).toBeLessThan(types.indexOf('object'))
  // The branch has what the model said.
  expect(await told(await session.branch('b'))).toEqual(['user: x', `assistant: ${said.join('')}`])
})

test('a model that does not reason is not held to it', async () => {
  expect((await operated(Review, '{"risk": "low", "findings": []}')).result).toEqual({ risk: 'low', findings: [] })
})

test('a field of the same name is the output’s own', async () => {
  const output = z.object({ reasoning: z.string() })
  const { result, model } = await operated(output, '{"reasoning_": "hm", "reasoning": "because"}')
  expect(result).toEqual({ reasoning: 'because' })
  expect(Object.keys(toldTo(model.calls[0])['properties'] as object)).toEqual(['reasoning_', 'reasoning'])
})

const Tree: z.ZodType = z.object({
  name: z.string(),
  get children() {
    return z.array(Tree)
  },
})

test.each<[string, Schema, string, unknown]>([
  ['a list', z.array(z.number()), '[1, 2]', [1, 2]],
  ['a union', z.union([z.object({ a: z.number() }), z.object({ b: z.number() })]), '{"b": 1}', { b: 1 }],
  ['a text', z.string(), '"yes"', 'yes'],
  ['what refers to itself', Tree, '{"name": "a", "children": []}', { name: 'a', children: [] }],
])('beside %s the reasoning is a field, and the answer another', async (_, output, json, value) => {
  const { result, tuples, model } = await operated(output, `{"reasoning": "hm", "answer": ${json}}`)
  expect(result).toEqual(value)
  expect(Object.keys(toldTo(model.calls[0])['properties'] as object)).toEqual(['reasoning', 'answer'])
  expect(
    only(tuples, 'reasoning-delta')
      .map(({ data }) => data)
      .join(''),
  ).toBe('hm')
  expect(only(tuples, 'object').at(-1)?.object).toEqual(value)
  // And where the model leaves the wrapping out.
  expect((await operated(output, json)).result).toEqual(value)
})

test('what a schema refers to within itself is still there where it is moved', async () => {
  const output = jsonSchema({
    $defs: { point: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] } },
    type: 'array',
    items: { $ref: '#/$defs/point' },
  })
  const { model, result } = await operated(output, '{"reasoning": "hm", "answer": [{"x": 1}]}')
  expect(result).toEqual([{ x: 1 }])
  const whole = jsonSchema(toldTo(model.calls[0]))
  const check = whole['~standard'].validate
  expect(await check({ reasoning: 'x', answer: [{ x: 1 }] })).not.toHaveProperty('issues')
  expect(await check({ reasoning: 'x', answer: [{ x: 'one' }] })).toHaveProperty('issues')
})

test('what is wrong with an answer is told where it stands, and another try reasons anew', async () => {
  const bad = '{"reasoning": "first", "risk": "none", "findings": []}'
  const good = '{"reasoning": "second", "risk": "low", "findings": []}'
  const { result, tuples } = await operated(Review, [bad, good], { repair: 1 })
  expect(result).toEqual({ risk: 'low', findings: [] })
  expect(
    only(tuples, 'reasoning-delta')
      .map(({ data }) => data)
      .join('|')
      .replaceAll('|', ''),
  ).toBe('firstsecond')
  expect(only(tuples, 'reasoning-start', 'reasoning-end').map(({ id }) => id)).toEqual([
    'reason-1',
    'reason-1',
    'reason-2',
    'reason-2',
  ])
  const error = await thrown('run_failed', () => operated(z.array(z.number()), '{"reasoning": "x", "answer": ["one"]}'))
  expect(error.errors?.[0]?.message).toContain('answer[0]')
})

test('nothing of the reasoning is shown before the answer is valid, where that is asked for', async () => {
  const { tuples } = await operated(Review, [['{"reasoning": "hm", ', '"risk": "low", "findings": []}']], {
    show: 'valid',
  })
  const types = tuples.map(([, { type }]) => type)
  expect(types.indexOf('reasoning-start')).toBeGreaterThan(types.indexOf('message-start'))
  expect(
    only(tuples, 'reasoning-delta')
      .map(({ data }) => data)
      .join(''),
  ).toBe('hm')
  const bad = await thrown('run_failed', () => operated(Review, '{"reasoning": "secret"}', { show: 'valid' }))
  expect(JSON.stringify(bad.errors)).not.toContain('secret')
})

test('it reasons after its tools, too', async () => {
  const answer = '{"reasoning": "3 it is", "risk": "low", "findings": []}'
  const { result, tuples } = await operated(Review, [reply(call('1', 'add', { a: 1, b: 2 })), answer], { tools: [add] })
  expect(result).toEqual({ risk: 'low', findings: [] })
  expect(only(tuples, 'tool-result').map(({ output }) => output)).toEqual([3])
})

test('a schema that does not tell its JSON Schema can still take the reasoning away', async () => {
  const output = v.object({ risk: v.string() })
  expect((await operated(output, '{"reasoning": "hm", "risk": "low"}')).result).toEqual({ risk: 'low' })
})
