import { BraidError, tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flow, flowStream, Session } from '../../src/index.ts'
import { aborted, gate, read, turns } from '../material.ts'
import { call, cameTo, only, told } from './material.ts'

const OVERLOADED = new BraidError('overloaded', 'too busy')

function looking(safe: boolean) {
  const started: number[] = []
  const first = gate()
  const look = tool({
    name: 'look',
    description: '',
    input: z.object({ n: z.number() }),
    safe,
    async *run({ n }) {
      started.push(n)
      first.open()
      yield `looking at ${n}`
      return n
    },
  })
  return { look, started, first }
}

test('a safe tool starts when its block closes, while the model is still talking; what it came to is in the order of the calls', async () => {
  const { look, started, first } = looking(true)
  const model = scriptedModel([
    async function* () {
      yield 'let me look'
      yield* call('1', 'look', { n: 1 })
      // The model goes on when the tool has begun, and not before.
      await first.opened
      yield* call('2', 'look', { n: 2 })
      yield ' and see'
    },
    'done',
  ])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [look], toolStreaming: true, branch: 'b' })
  const stream = flowStream(builder)
  const { tuples } = await read(stream)
  expect(await stream.result(agent)).toBe('done')
  expect(started).toEqual([1, 2])
  const types = tuples.map(([, { type }]) => type)
  expect(types.indexOf('tool-result')).toBeGreaterThan(types.indexOf('tool-call'))
  expect(types.indexOf('tool-result')).toBeLessThan(types.indexOf('finish'))
  expect(only(tuples, 'finish-step')[0]?.outcomes.map(cameTo)).toEqual([1, 2])
  expect((await told(await session.branch('b'))).slice(1, 4)).toEqual([
    'assistant: let me look and see',
    'calls: look {"n":1}, look {"n":2}',
    'came to: 1, 2',
  ])
})

test('without toolStreaming, and without being safe, a tool waits for the whole message', async () => {
  for (const [safe, toolStreaming] of [
    [true, false],
    [false, true],
  ] as const) {
    const { look, started } = looking(safe)
    const model = scriptedModel([
      async function* () {
        yield* call('1', 'look', { n: 1 })
        await turns(5)
        expect(started).toEqual([])
        yield 'all said'
      },
      'done',
    ])
    const builder = new Builder({ session: new Session({ imodel: model }) })
    builder.react({ instruction: 'x', tools: [look], toolStreaming })
    const { error } = await read(flowStream(builder))
    expect(error).toBeUndefined()
    expect(started).toEqual([1])
  }
})

test('of a message that does not reach its end, what tools came to is not kept, and those that run are told to stop', async () => {
  let stopped = false
  const quick = tool({
    name: 'quick',
    description: '',
    input: z.object({ n: z.number() }),
    safe: true,
    run: () => 'found',
  })
  const slow = tool({
    name: 'slow',
    description: '',
    input: z.object({ n: z.number() }),
    safe: true,
    run: async (_, { signal }) => {
      await aborted(signal)
      stopped = true
    },
  })
  const model = scriptedModel([
    async function* () {
      yield 'let me look'
      yield* call('1', 'quick', { n: 1 })
      yield* call('2', 'slow', { n: 1 })
      await turns(10)
      yield OVERLOADED
    },
  ])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [quick, slow], toolStreaming: true, branch: 'b' })
  const { tuples } = await read(flowStream(builder))
  expect(only(tuples, 'tool-result').map(({ output }) => output)).toEqual(['found'])
  expect(stopped).toBe(true)
  expect(await told(await session.branch('b'))).toEqual([
    'user: x',
    'assistant?: let me look',
    'calls?: quick {"n":1}, slow {"n":1}',
    'came to?: "cancelled", "cancelled"',
  ])
})

test('a call that is taken back while its tool runs is stopped, and not heard of', async () => {
  let stopped = false
  const begun = gate()
  const slow = tool({
    name: 'slow',
    description: '',
    input: z.object({ n: z.number() }),
    safe: true,
    run: async (_, { signal }) => {
      begun.open()
      await aborted(signal)
      stopped = true
      return 'secret'
    },
  })
  const model = scriptedModel([
    async function* () {
      yield* call('1', 'slow', { n: 1 })
      await begun.opened
      yield { type: 'redaction', id: '1', candidate: 0, metadata: {} }
      yield 'never mind'
    },
  ])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [slow], toolStreaming: true, branch: 'b' })
  const stream = flowStream(builder)
  const { tuples } = await read(stream)
  expect(await stream.result(agent)).toBe('never mind')
  expect(stopped).toBe(true)
  expect(only(tuples, 'tool-result', 'tool-error')).toEqual([])
  expect(await told(await session.branch('b'))).toEqual(['user: x', 'assistant: never mind'])
})

test('leaving while model and tools talk at once closes both', async () => {
  const closed: string[] = []
  const chatty = tool({
    name: 'chatty',
    description: '',
    input: z.object({ n: z.number() }),
    safe: true,
    async *run() {
      try {
        for (;;) yield 'more'
      } finally {
        closed.push('tool')
      }
    },
  })
  const model = scriptedModel([
    async function* () {
      try {
        yield* call('1', 'chatty', { n: 1 })
        for (;;) yield 'and '
      } finally {
        closed.push('model')
      }
    },
  ])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [chatty], toolStreaming: true, branch: 'b' })
  let results = 0
  for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'tool-result' && ++results === 3) break
  expect(closed.sort()).toEqual(['model', 'tool'])
  const history = await told(await session.branch('b'))
  expect(history.slice(2)).toEqual(['calls?: chatty {"n":1}', 'came to?: "cancelled"'])
})

test('while tools talk, no more of the model is read than is taken', async () => {
  let produced = 0
  const { look } = looking(true)
  const model = scriptedModel([
    async function* () {
      yield* call('1', 'look', { n: 1 })
      while (produced < 1_000) {
        produced += 1
        yield 'word '
      }
    },
    'done',
  ])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  builder.react({ instruction: 'x', tools: [look], toolStreaming: true })
  let taken = 0
  for await (const [, chunk] of flowStream(builder, { buffer: { chunks: 4 } })) {
    if (chunk.type !== 'text-delta') continue
    taken += 1
    if (taken % 100 !== 1) continue
    await turns(10)
    expect(produced).toBeLessThanOrEqual(taken + 4 + 3)
  }
})

test('an operate runs safe tools early too', async () => {
  const { look, first } = looking(true)
  const model = scriptedModel([
    async function* () {
      yield* call('1', 'look', { n: 1 })
      await first.opened
    },
    '{"n": 1}',
  ])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const value = builder.operate({
    instruction: 'x',
    tools: [look],
    toolStreaming: true,
    output: z.object({ n: z.number() }),
  })
  expect((await flow(builder)).get(value)).toEqual({ n: 1 })
})
