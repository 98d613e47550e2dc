import { BraidError, tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flow, flowStream, Session } from '../../src/index.ts'
import { aborted, endsOf, gate, read, turns } from '../material.ts'
import { add, call, cameTo, only, reply, told } from './material.ts'

const warnings: string[] = []
const hear = ({ message, code }: Error & { code?: string }): void => void warnings.push(`${code}: ${message}`)
beforeEach(() => {
  warnings.length = 0
  process.on('warning', hear)
})
afterEach(() => void process.off('warning', hear))

const OVERLOADED = new BraidError('overloaded', 'too busy')

test('a tool that takes longer than it may is told so by its signal, and is a failed result for the model', async () => {
  let reason: unknown
  const slow = tool({
    name: 'slow',
    description: '',
    input: z.object({}),
    timeout: 1,
    async run(_, { signal }) {
      await aborted(signal)
      reason = signal.reason
      return 'too late'
    },
  })
  const session = new Session({
    imodel: scriptedModel([reply(call('1', 'slow', {}), call('2', 'add', { a: 1, b: 1 })), 'done']),
  })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [slow, add] })
  const stream = flowStream(builder)
  const { tuples } = await read(stream)
  expect(await stream.result(agent)).toBe('done')
  expect(reason).toMatchObject({ code: 'timeout' })
  const [step] = only(tuples, 'finish-step')
  expect(step?.outcomes.map(cameTo)).toEqual(['timeout', 2])
  expect(only(tuples, 'tool-error')[0]?.error.message).toContain('"slow"')
})

test('a tool that ignores its signal is fenced: the operation goes on without it, and nothing that it says is heard', async () => {
  const free = gate()
  let later = false
  const deaf = tool({
    name: 'deaf',
    description: '',
    input: z.object({}),
    timeout: 1,
    async *run() {
      await free.opened
      later = true
      yield 'too late'
      return 'much too late'
    },
  })
  const session = new Session({ imodel: scriptedModel([reply(call('1', 'deaf', {})), 'done']) }, { grace: 5 })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [deaf], branch: 'b' })
  const after = builder.task({
    name: 'after',
    dependsOn: agent,
    run: async () => {
      free.open()
      await turns(5)
    },
  })
  const stream = flowStream(builder)
  const { tuples } = await read(stream)
  expect(endsOf(tuples).get(after.id)).toMatchObject({ status: 'completed' })
  expect(later).toBe(true)
  expect(only(tuples, 'tool-error')).toMatchObject([{ error: { code: 'timeout' } }])
  expect(only(tuples, 'tool-result')).toEqual([])
  expect(warnings).toEqual([expect.stringContaining('BRAID_FENCED: the tool "deaf" did not stop within 4 ms')])
  expect((await told(await session.branch('b'))).slice(-2)).toEqual(['came to: "timeout"', 'assistant: done'])
})

test('a turn that is left while tools run signals them, and leaves a history in which every call came to something', async () => {
  const stopped: string[] = []
  const make = (name: string) =>
    tool({
      name,
      description: '',
      input: z.object({}),
      async *run(_, { signal }) {
        yield 'begun'
        await aborted(signal)
        stopped.push(name)
        throw signal.reason
      },
    })
  const model = scriptedModel([
    reply('on it', call('1', 'add', { a: 1, b: 2 }), call('2', 'one', {}), call('3', 'two', {})),
    'and on',
  ])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [add, make('one'), make('two')], branch: 'b' })
  let begun = 0
  for await (const [, chunk] of flowStream(builder)) {
    if (chunk.type === 'tool-result') begun += 1
    if (begun === 3) break
  }
  expect(stopped.sort()).toEqual(['one', 'two'])
  const branch = await session.branch('b')
  expect(await told(branch)).toEqual([
    'user: x',
    'assistant: on it',
    'calls: add {"a":1,"b":2}, one {}, two {}',
    'came to?: 3, "cancelled", "cancelled"',
  ])
  expect(warnings).toEqual([])
  // What a later turn sends is valid: every call has an outcome.
  await session.conduct('communicate', branch, { instruction: 'y' })
  expect(model.calls[1]?.messages).toHaveLength(5)
  expect(agent.branch).toBe('b')
})

test('what a tool did although it was told to stop, it did', async () => {
  const refund = tool({
    name: 'refund',
    description: '',
    input: z.object({}),
    async run(_, { signal }) {
      await aborted(signal)
      return 'refunded'
    },
  })
  const model = scriptedModel([reply(call('1', 'refund', {}), call('2', 'add', { a: 1, b: 1 }))])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [refund, add], branch: 'b' })
  for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'tool-result') break
  expect((await told(await session.branch('b'))).at(-1)).toBe('came to?: "refunded", 2')
})

test('a turn that is cancelled between its message and its calls begins none of them', async () => {
  const ran: unknown[] = []
  const count = tool({ name: 'count', description: '', input: z.object({}), run: () => ran.push(1) })
  const session = new Session({ imodel: scriptedModel([reply(call('1', 'count', {}))]) })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [count], branch: 'b' })
  for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'finish') break
  expect(ran).toEqual([])
  expect((await told(await session.branch('b'))).at(-1)).toBe('came to?: "cancelled"')
  expect(warnings).toEqual([])
})

test('a deaf tool of a turn that is cancelled is fenced before its operation is, so that the history is whole', async () => {
  const never = tool({ name: 'never', description: '', input: z.object({}), run: () => new Promise<never>(() => {}) })
  const session = new Session(
    { imodel: scriptedModel([reply(call('1', 'never', {}), call('2', 'add', { a: 1, b: 1 }))]) },
    { grace: 20 },
  )
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [never, add], branch: 'b' })
  for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'tool-result') break
  expect(warnings).toEqual([expect.stringContaining('BRAID_FENCED: the tool "never"')])
  expect((await told(await session.branch('b'))).at(-1)).toBe('came to?: "cancelled", 2')
})

test('a generator that is waiting to be heard when its turn is left is closed', async () => {
  let closed = false
  const chatty = tool({
    name: 'chatty',
    description: '',
    input: z.object({}),
    async *run() {
      try {
        for (;;) yield 'more'
      } finally {
        closed = true
      }
    },
  })
  const session = new Session({ imodel: scriptedModel([reply(call('1', 'chatty', {}))]) })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [chatty] })
  for await (const [, chunk] of flowStream(builder, { buffer: { chunks: 1 } })) if (chunk.type === 'tool-result') break
  expect(closed).toBe(true)
  expect(warnings).toEqual([])
})

test('a model that fails after it called leaves the calls marked and not run, and they came to something', async () => {
  let ran = 0
  const count = tool({ name: 'count', description: '', input: z.object({}), run: () => ++ran })
  const session = new Session({ imodel: scriptedModel([reply('let me', call('1', 'count', {}), OVERLOADED)]) })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [count], branch: 'b' })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(agent)).toMatchObject({
    status: 'failed',
    error: { code: 'overloaded' },
    partial: { text: 'let me' },
  })
  expect(ran).toBe(0)
  expect(await told(await session.branch('b'))).toEqual([
    'user: x',
    'assistant?: let me',
    'calls?: count {}',
    'came to?: "cancelled"',
  ])
})

test('a cancelled operation leaves no listener on a shared signal', async () => {
  const controller = new AbortController()
  const wait = tool({ name: 'wait', description: '', input: z.object({}), run: (_, { signal }) => aborted(signal) })
  const session = new Session({ imodel: scriptedModel(() => reply(call('1', 'wait', {}))) })
  const builder = new Builder({ session })
  for (let index = 0; index < 20; index += 1) builder.react({ instruction: 'x', tools: [wait] })
  const stream = flowStream(builder, { signal: controller.signal })
  let calls = 0
  const { error } = await read(
    (async function* () {
      for await (const tuple of stream) {
        yield tuple
        if (tuple[1].type === 'tool-call' && ++calls === 20) controller.abort(new Error('enough'))
      }
    })(),
  )
  expect(error).toMatchObject({ message: 'enough' })
  expect(warnings).toEqual([])
})
