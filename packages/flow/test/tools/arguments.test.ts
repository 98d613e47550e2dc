import { BraidError, type ModelChunk, type Schema, tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flowStream, Session } from '../../src/index.ts'
import { read } from '../material.ts'
import { call, cameTo, finish, only, redaction, reply, told } from './material.ts'

const refunds: unknown[] = []
const refund = tool({
  name: 'refund',
  description: '',
  input: z.object({ order: z.string(), lines: z.array(z.object({ cents: z.number().int() })).default([]) }),
  safe: true,
  run: (input) => {
    refunds.push(input)
    return 'done'
  },
})
const ping = tool({ name: 'ping', description: '', input: z.object({}), safe: true, run: () => refunds.push('ping') })

type Items = readonly (ModelChunk | readonly ModelChunk[])[]

/** One react with this reply, then a last word; and what its first step came to. */
async function once(items: Items, more: object = {}) {
  refunds.length = 0
  const model = scriptedModel([reply(...items), 'done'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [refund, ping], branch: 'b', ...more })
  const { tuples, error } = await read(flowStream(builder))
  expect(error).toBeUndefined()
  const [first] = only(tuples, 'finish-step')
  return { outcomes: first?.outcomes ?? [], tuples, history: await told(await session.branch('b')), model }
}

const both = [{ toolStreaming: false }, { toolStreaming: true }]

test.each(both)('a tool is given what its schema puts out: %j', async (more) => {
  const { outcomes } = await once([call('1', 'refund', { order: 'a', noise: 1 })], more)
  expect(refunds).toEqual([{ order: 'a', lines: [] }])
  expect(outcomes).toEqual([{ toolCallId: '1', toolName: 'refund', input: { order: 'a', noise: 1 }, output: 'done' }])
})

test.each(both)('arguments that do not fit never run, and the error names where: %j', async (more) => {
  const { outcomes, tuples, history } = await once(
    [call('1', 'refund', { order: 4711, lines: [{ cents: 1.5 }] }), call('2', 'refund', { order: 'b' })],
    more,
  )
  expect(refunds).toEqual([{ order: 'b', lines: [] }])
  expect(outcomes.map(cameTo)).toEqual(['invalid_tool_input', 'done'])
  const [error] = only(tuples, 'tool-error')
  expect(error).toMatchObject({ toolCallId: '1', toolName: 'refund', error: { code: 'invalid_tool_input' } })
  expect(error?.error.message).toContain('`order`')
  expect(error?.error.message).toContain('`lines[0].cents`')
  expect(history[3]).toBe('came to: "invalid_tool_input", "done"')
})

test.each(both)('arguments that did not parse never run: %j', async (more) => {
  const invalid = new BraidError('invalid_tool_input', 'its arguments are not a JSON object')
  const { outcomes, history } = await once(
    [call('1', 'refund', { order: 'a' }, { input: '{"order": "a', rawInput: '{"order": "a', invalid })],
    more,
  )
  expect(refunds).toEqual([])
  expect(outcomes).toMatchObject([{ input: '{"order": "a', error: invalid }])
  expect(history.slice(2, 4)).toEqual([String.raw`calls: refund "{\"order\": \"a"`, 'came to: "invalid_tool_input"'])
})

test.each(both)('a schema that waits is waited for, and one that breaks has not said yes: %j', async (more) => {
  const ran: unknown[] = []
  const make = (name: string, validate: Schema<unknown>['~standard']['validate']) =>
    tool({
      name,
      description: '',
      input: { '~standard': { version: 1, vendor: 'test', validate } },
      safe: true,
      run: (input) => {
        ran.push(input)
        return 'ran'
      },
    })
  const tools = [
    make('late', async () => ({ value: 'in time' })),
    make('broken', () => Promise.reject(new Error('oops'))),
  ]
  const { outcomes } = await once([call('1', 'late', { a: 1 }), call('2', 'broken', { a: 1 })], { ...more, tools })
  expect(ran).toEqual(['in time'])
  expect(outcomes.map(cameTo)).toEqual(['ran', 'invalid_tool_input'])
})

test.each(both)('a message cut off at its limit runs no call that may have been cut with it: %j', async (more) => {
  const cut: ModelChunk[] = [...call('2', 'ping', {})]
  const { outcomes } = await once([call('1', 'refund', { order: 'a' }), cut, finish('length')], more)
  expect(outcomes.map(cameTo)).toEqual(['done', 'invalid_tool_input'])
  expect(refunds).toEqual([{ order: 'a', lines: [] }])
  // Without the cut, no arguments are arguments.
  const whole = await once([call('1', 'ping', {})], more)
  expect(whole.outcomes.map(cameTo)).toEqual([1])
})

test.each(both)('a call that the provider takes back is neither run nor remembered: %j', async (more) => {
  const { outcomes, tuples, history } = await once(
    [
      call('1', 'ping', {}),
      redaction('1'),
      // Said once more by a provider that does not know what it took back.
      call('1', 'ping', {}).slice(-1),
      call('2', 'refund', { order: 'a' }),
    ],
    more,
  )
  expect(refunds).toEqual([{ order: 'a', lines: [] }])
  expect(outcomes.map(({ toolCallId }) => toolCallId)).toEqual(['2'])
  expect(only(tuples, 'tool-result', 'tool-error').map(({ toolCallId }) => toolCallId)).toEqual(['2'])
  expect(history[2]).toBe('calls: refund {"order":"a"}')
})

test('a message that is taken back as a whole leaves no calls, and its text is the answer', async () => {
  const model = scriptedModel([reply(call('1', 'ping', {}), redaction('scripted-1'), 'never mind')])
  refunds.length = 0
  const session = new Session({ imodel: model })
  expect(await session.conduct('react', 'b', { instruction: 'x', tools: [ping] })).toBe('never mind')
  expect(refunds).toEqual([])
})

test.each(both)('of a message that the provider filtered, no call is run: %j', async (more) => {
  const { outcomes } = await once([call('1', 'ping', {}), finish('content-filter')], more)
  expect(outcomes.map(cameTo)).toEqual(['content_rejected'])
  expect(refunds).toEqual([])
})

test('calls whose blocks interleave come to something in the order in which their blocks began', async () => {
  const [startA, deltaA, endA, callA] = call('a', 'refund', { order: 'a' }) as ModelChunk[]
  const [startB, deltaB, endB, callB] = call('b', 'refund', { order: 'b' }) as ModelChunk[]
  const mixed = [startA, startB, deltaA, deltaB, endB, callB, endA, callA] as ModelChunk[]
  const { outcomes } = await once([mixed])
  expect(outcomes.map(({ toolCallId }) => toolCallId)).toEqual(['a', 'b'])
})

test('a call without a name is an error for the model to read, under a name that providers take back', async () => {
  const invalid = new BraidError('invalid_tool_input', 'it has no name')
  const { outcomes } = await once([call('1', '', { a: 1 }, { invalid })])
  expect(outcomes).toMatchObject([{ toolName: 'unnamed', error: { code: 'invalid_tool_input' } }])
})
