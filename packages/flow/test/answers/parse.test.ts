import { type MessageLike, toMessage } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flow, flowStream, jsonSchema, Session } from '../../src/index.ts'
import { collect, read, saidBy, thrown } from '../material.ts'

const Ticket = z.object({ kind: z.enum(['bug', 'question']), summary: z.string() })
const TICKET = { kind: 'bug', summary: 'The export crashes' }
const TEXT = 'The export crashes when a name has an emoji in it'

test('a text that is the value needs no model', async () => {
  const builder = new Builder()
  const ticket = builder.parse({ text: "```\n{'Kind': 'bug', 'summary': 'The export crashes',}\n```", output: Ticket })
  const { tuples } = await read(flowStream(builder))
  expect(saidBy(tuples, ticket.id)).toEqual(['operation-start', 'object', 'operation-end'])
  expect(tuples.at(-1)?.[1]).toMatchObject({ status: 'completed', result: TICKET, usage: {} })
})

test('a text that is not is read by a model, once unless told otherwise', async () => {
  const model = scriptedModel([
    JSON.stringify(TICKET),
    '{"kind":"praise"}',
    '{"kind":"praise"}',
    JSON.stringify(TICKET),
  ])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const first = builder.parse({ text: TEXT, output: Ticket })
  expect((await flow(first)).get(first)).toEqual(TICKET)
  const asked = toMessage(model.calls[0]?.messages[0] as MessageLike)
  expect(asked.content).toMatchObject({ type: 'instruction', context: TEXT })
  const second = builder.parse({ text: TEXT, output: Ticket })
  const error = await thrown('run_failed', () => flow(second))
  expect(error.errors?.[0]).toMatchObject({ code: 'invalid_output', issues: [{ path: 'kind' }, { path: 'summary' }] })
  expect(model.calls).toHaveLength(2)
  const third = builder.parse({ text: TEXT, output: Ticket, repair: 2 })
  expect((await flow(third)).get(third)).toEqual(TICKET)
  expect(model.calls).toHaveLength(4)
})

test.each([
  ['repair is 0', { repair: 0 }, scriptedModel([])],
  ['there is none', {}, undefined],
])('no model is asked where %s', async (_, params, imodel) => {
  const builder = new Builder({ session: new Session(imodel ? { imodel } : {}) })
  const ticket = builder.parse({ text: TEXT, output: Ticket, ...params })
  const error = await thrown('run_failed', () => flow(ticket))
  expect(error.errors?.[0]).toMatchObject({ code: 'invalid_output', message: expect.stringContaining('`imodel`') })
})

test('a model that is named has to be there, and what it throws is not an answer to try again', async () => {
  const session = new Session({ imodel: scriptedModel([new Error('no'), JSON.stringify(TICKET)]) })
  const builder = new Builder({ session })
  const named = builder.parse({ text: TEXT, output: Ticket, imodel: 'nobody' })
  expect((await thrown('run_failed', () => flow(named))).errors?.[0]?.code).toBe('unknown_imodel')
  const failing = builder.parse({ text: TEXT, output: Ticket, repair: 5 })
  expect((await thrown('run_failed', () => flow(failing))).errors?.[0]?.code).toBe('unknown')
})

test('a text may come from an operation, and a value may be conducted', async () => {
  const session = new Session({ imodel: scriptedModel([JSON.stringify(TICKET)]) })
  const builder = new Builder({ session })
  const letter = builder.generate({ instruction: 'Write a ticket' })
  const ticket = builder.parse({ text: (results) => results.get(letter), dependsOn: letter, output: Ticket })
  expect((await flow(builder)).get(ticket)).toEqual(TICKET)
  const output = jsonSchema<{ a: number }>({ type: 'object', properties: { a: { type: 'number' } }, required: ['a'] })
  expect((await session.conduct('parse', 'b', { text: '{"a": 1}', output })).a).toBe(1)
})

test('a request is rewritten into a prompt, which streams and is the result', async () => {
  const model = scriptedModel([['Explain ', 'compound interest.']])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const prompt = builder.interpret({ text: 'how money grow??', domain: 'saving', style: 'short' })
  const stream = flowStream(prompt)
  expect(await collect(stream.text(prompt))).toEqual(['Explain ', 'compound interest.'])
  expect(await stream.result(prompt)).toBe('Explain compound interest.')
  const asked = toMessage(model.calls[0]?.messages[0] as MessageLike)
  expect(asked.content).toMatchObject({ context: 'how money grow??' })
  expect(asked.text).toContain('saving')
  expect(asked.text).toContain('short')
})

test.each([
  ['no text', () => new Builder().parse({ output: Ticket } as never), '`text`'],
  ['an empty text', () => new Builder().interpret({ text: '' }), '`text`'],
  ['no output', () => new Builder().parse({ text: 'x' } as never), '`output`'],
  ['a domain that is none', () => new Builder().interpret({ text: 'x', domain: 5 } as never), '`domain`'],
  ['an output for a prompt', () => new Builder().interpret({ text: 'x', output: Ticket } as never), '`output`'],
  ['an instruction', () => new Builder().parse({ instruction: 'x', output: Ticket } as never), '`instruction`'],
])('%s is an error at the call', async (_, call, named) => {
  expect((await thrown('invalid_plan', call)).message).toContain(named)
})
