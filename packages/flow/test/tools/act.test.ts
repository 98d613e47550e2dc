import { type ToolCall, tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flow, flowStream, Session } from '../../src/index.ts'
import { aborted, read, thrown } from '../material.ts'
import { add, cameTo, only, told } from './material.ts'

const calls: readonly ToolCall[] = [
  { toolCallId: '1', toolName: 'add', input: { a: 1, b: 2 } },
  { toolCallId: '2', toolName: 'add', input: { a: 'one', b: 2 } },
  { toolCallId: '3', toolName: 'broken', input: {} },
  { toolCallId: '4', toolName: 'add', input: { a: 3, b: 4 } },
]
const broken = tool({
  name: 'broken',
  description: '',
  input: z.object({}),
  run: () => Promise.reject(new Error('no')),
})

test('given calls run, each comes to something, in order; what fails fails no other; and it is on the branch', async () => {
  const session = new Session()
  session.services.register(add, broken)
  const builder = new Builder({ session })
  const acts = builder.act({ calls, branch: 'b' })
  const stream = flowStream(builder)
  const { tuples, error } = await read(stream)
  expect(error).toBeUndefined()
  const outcomes = await stream.result(acts)
  expect(outcomes.map(cameTo)).toEqual([3, 'invalid_tool_input', 'tool_failed', 7])
  expect(outcomes[0]).toEqual({ ...calls[0], output: 3 })
  expect(
    only(tuples, 'tool-result', 'tool-error')
      .map(({ toolCallId }) => toolCallId)
      .sort(),
  ).toEqual(['1', '2', '3', '4'])
  expect(await told(await session.branch('b'))).toEqual([
    'calls: add {"a":1,"b":2}, add {"a":"one","b":2}, broken {}, add {"a":3,"b":4}',
    'came to: 3, "invalid_tool_input", "tool_failed", 7',
  ])
})

test('calls may come from what the operation depends on, and without a branch nothing is kept', async () => {
  const session = new Session()
  const builder = new Builder({ session })
  const plan = builder.task({ run: () => [1, 2, 3] })
  const acts = builder.act({
    dependsOn: plan,
    tools: [add],
    calls: (results) => results.get(plan).map((n) => ({ toolCallId: `c${n}`, toolName: 'add', input: { a: n, b: n } })),
  })
  const none = builder.act({ calls: [] })
  const results = await flow(builder)
  expect(results.get(acts).map(cameTo)).toEqual([2, 4, 6])
  expect(results.get(none)).toEqual([])
  expect(await session.branches()).toEqual([])
})

test('a tool that nobody knows, and one that the branch forbids, fail the operation before any call runs', async () => {
  const ran: unknown[] = []
  const count = tool({ name: 'count', description: '', input: z.object({}), run: () => ran.push(1) })
  const session = new Session()
  session.services.register(count, add)
  await session.createBranch({ name: 'careful', resources: ['count'] })
  const both = ['count', 'ad'].map((toolName, index) => ({ toolCallId: `${index}`, toolName, input: {} }))
  const unknown = await thrown('unknown_tool', () => session.conduct('act', 'b', { calls: both }))
  expect(unknown.message).toContain('"ad"')
  await thrown('unknown_tool', () => session.conduct('act', 'b', { calls: both, tools: [count] }))
  const forbidden = [
    { toolCallId: '1', toolName: 'count', input: {} },
    { toolCallId: '2', toolName: 'add', input: { a: 1, b: 1 } },
  ]
  await thrown('access_denied', () => session.conduct('act', 'careful', { calls: forbidden }))
  expect(ran).toEqual([])
  expect(await told(await session.branch('b'))).toEqual([])
})

test('no more than `concurrency` calls run at once, and none before all were checked', async () => {
  const log: string[] = []
  let running = 0
  const slow = tool({
    name: 'slow',
    description: '',
    input: {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) => {
          await new Promise(setImmediate)
          log.push('checked')
          return { value }
        },
      },
    },
    async run() {
      running += 1
      log.push(`${running}`)
      await new Promise(setImmediate)
      running -= 1
    },
  })
  const many = [1, 2, 3, 4, 5].map((n) => ({ toolCallId: `${n}`, toolName: 'slow', input: {} }))
  const session = new Session()
  await session.conduct('act', 'b', { calls: many, tools: [slow], concurrency: 2 })
  expect(log.slice(0, 5)).toEqual(Array(5).fill('checked'))
  expect(log).toHaveLength(10)
  expect(log.slice(5).every((each) => Number(each) <= 2)).toBe(true)
})

test('a cancelled act tells its tools, and leaves an outcome for every call', async () => {
  let stopped = false
  const wait = tool({
    name: 'wait',
    description: '',
    input: z.object({}),
    run: async (_, { signal }) => {
      await aborted(signal)
      stopped = true
      throw signal.reason
    },
  })
  const session = new Session()
  const builder = new Builder({ session })
  builder.act({
    calls: [
      { toolCallId: '1', toolName: 'wait', input: {} },
      { toolCallId: '2', toolName: 'add', input: { a: 1, b: 1 } },
    ],
    tools: [wait, add],
    branch: 'b',
  })
  for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'tool-result') break
  expect(stopped).toBe(true)
  expect(await told(await session.branch('b'))).toEqual([
    'calls: wait {}, add {"a":1,"b":1}',
    'came to?: "cancelled", 2',
  ])
})

test('a model reads what an act left on its branch', async () => {
  const model = scriptedModel('I see')
  const session = new Session({ imodel: model })
  session.services.register(add)
  await session.conduct('act', 'b', { calls: calls.slice(0, 1) })
  await session.conduct('communicate', 'b', { instruction: 'and?' })
  expect(model.calls[0]?.messages).toHaveLength(3)
})

test.each<[object, string]>([
  [{}, '`calls`'],
  [{ calls: [{ toolName: 'add', input: {} }] }, '`toolCallId`'],
  [{ calls: [{ toolCallId: '1', input: {} }] }, '`toolName`'],
  [{ calls: [calls[0], calls[0]] }, '"1"'],
  [{ calls: [null] }, '`toolCallId`'],
  [{ calls: [], concurrency: 0 }, '`concurrency`'],
  [{ calls: [], output: z.string() }, '`output`'],
])('misuse is an error at the call: %#', (params, named) => {
  expect(() => new Builder().act(params as never)).toThrowError(
    expect.objectContaining({ code: 'invalid_plan', message: expect.stringContaining(named) }),
  )
})

test('calls that are none fail the operation that made them', async () => {
  const builder = new Builder()
  builder.act({ calls: () => [{ toolName: 'add' }] as never })
  await thrown('run_failed', () => flow(builder))
})
