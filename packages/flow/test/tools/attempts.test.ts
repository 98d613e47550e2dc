import { BraidError, type MessageLike, type ModelRequest, tool, toMessage } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flow, flowStream, Session } from '../../src/index.ts'
import { aborted, FakeClock, read, turns } from '../material.ts'
import { call, cameTo, only, reply, tell, told } from './material.ts'

const OVERLOADED = new BraidError('overloaded', 'too busy')
const RETRY = { attempts: 3, backoff: 0 }

function sent(request: ModelRequest | undefined): readonly unknown[] {
  return (request?.messages ?? []).map((like: MessageLike) => tell(toMessage(like)))
}

function counting(more: object = {}) {
  const keys: string[] = []
  const count = tool({
    name: 'count',
    description: '',
    input: z.object({ n: z.number() }),
    run: ({ n }, { idempotencyKey }) => {
      keys.push(idempotencyKey)
      return n
    },
    ...more,
  })
  return { count, keys }
}

test.each(['react', 'generate'] as const)(
  'the next attempt of a %s goes on behind the steps that were finished, and does not send what was not',
  async (kind) => {
    const { count, keys } = counting()
    const model = scriptedModel([
      reply('first', call('1', 'count', { n: 1 })),
      reply('second', OVERLOADED),
      reply('again', call('2', 'count', { n: 2 })),
      'done',
    ])
    const session = new Session({ imodel: model })
    const builder = new Builder({ session })
    const agent = builder[kind]({ name: 'agent', instruction: 'x', tools: [count], branch: 'b', retry: RETRY })
    const stream = flowStream(builder)
    const { tuples } = await read(stream)
    expect(await stream.result(agent)).toBe('done')
    expect(keys).toHaveLength(2)
    const finished = ['user: x', 'assistant: first', 'calls: count {"n":1}', 'came to: 1']
    const added = ['assistant: again', 'calls: count {"n":2}', 'came to: 2']
    expect(model.calls.map(sent)).toEqual([['user: x'], finished, finished, [...finished, ...added]])
    expect(await told(await session.branch('b'))).toEqual(
      kind === 'generate' ? [] : [...finished, 'assistant?: second', ...added, 'assistant: done'],
    )
    // Whoever was told to forget is told again what counts.
    const types = tuples.map(([, { type }]) => type)
    const after = tuples.slice(types.indexOf('operation-reset') + 1)
    expect(only(after, 'start-step').map(({ step }) => step)).toEqual([1, 2, 3])
    expect(only(after, 'text-delta').map(({ data }) => data)).toEqual(['first', 'again', 'done'])
    expect(only(after, 'tool-call').map(({ toolCallId }) => toolCallId)).toEqual(['1', '2'])
    expect(only(after, 'tool-result').map(({ output }) => output)).toEqual([1, 2])
    expect(only(after, 'finish-step').map(({ outcomes }) => outcomes.map(cameTo))).toEqual([[1], [2], []])
  },
)

test('what earlier attempts used is counted once', async () => {
  const { count } = counting()
  const usage = { outputTokens: 1 }
  const model = scriptedModel([reply(call('1', 'count', { n: 1 })), reply(OVERLOADED), 'done'], { usage })
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const agent = builder.react({ instruction: 'x', tools: [count], retry: RETRY })
  expect((await flow(builder)).outcome(agent)).toMatchObject({ attempts: 2, usage: { outputTokens: 2 } })
})

/** A message with two calls, of which the second hangs until its operation has taken too long; and then the same again, with other ids. */
function interrupted(once: boolean) {
  const { count, keys } = counting({ once })
  const clock = new FakeClock()
  let hangs = true
  const hang = tool({
    name: 'hang',
    description: '',
    input: z.object({}),
    run: async (_, { signal }) => {
      if (!hangs) return 'in time'
      hangs = false
      await clock.pass(1_000)
      throw signal.reason
    },
  })
  const model = scriptedModel([
    reply(call('1', 'count', { n: 1 }), call('2', 'hang', {})),
    reply(call('3', 'count', { n: 1 }), call('4', 'hang', {})),
    'done',
  ])
  const session = new Session({ imodel: model }, { clock })
  const builder = new Builder({ session })
  const shape = { branch: 'b', timeout: 1_000, retry: RETRY }
  const agent = builder.react({ name: 'agent', instruction: 'x', tools: [count, hang], ...shape })
  return { keys, session, builder, agent, model }
}

test('a call of a step that is made again has the same key, and runs again', async () => {
  const { keys, session, builder, agent } = interrupted(false)
  expect((await flow(builder)).get(agent)).toBe('done')
  expect(keys).toHaveLength(2)
  expect(new Set(keys).size).toBe(1)
  expect(keys[0]).toContain('/agent/count-')
  expect(await told(await session.branch('b'))).toEqual([
    'user: x',
    'assistant: ',
    'calls: count {"n":1}, hang {}',
    'came to?: 1, "cancelled"',
    'assistant: ',
    'calls: count {"n":1}, hang {}',
    'came to: 1, "in time"',
    'assistant: done',
  ])
})

test('a tool that may run once has its result from the attempt that finished it', async () => {
  const { keys, session, builder, agent, model } = interrupted(true)
  expect((await flow(builder)).get(agent)).toBe('done')
  expect(keys).toHaveLength(1)
  expect(sent(model.calls[2])).toEqual([
    'user: x',
    'assistant: ',
    'calls: count {"n":1}, hang {}',
    'came to: 1, "in time"',
  ])
  expect((await told(await session.branch('b'))).slice(-3)).toEqual([
    'calls: count {"n":1}, hang {}',
    'came to: 1, "in time"',
    'assistant: done',
  ])
})

test('the same call made twice is two calls, each with a key of its own, also for a tool that may run once', async () => {
  const { count, keys } = counting({ once: true })
  const model = scriptedModel([
    reply(call('1', 'count', { n: 1 }), call('2', 'count', { n: 1 })),
    reply(call('3', 'count', { n: 1 }), call('4', 'count', { n: 2 })),
    'done',
  ])
  await new Session({ imodel: model }).conduct('react', 'b', { instruction: 'x', tools: [count] })
  expect(new Set(keys).size).toBe(4)
})

test('the next run of the same builder is an attempt too', async () => {
  const { count, keys } = counting()
  const model = scriptedModel([reply(call('1', 'count', { n: 1 })), OVERLOADED, 'done'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [count], branch: 'b' })
  await flow(builder, { onError: 'continue' })
  expect((await flow(builder)).get(agent)).toBe('done')
  expect(keys).toHaveLength(1)
  expect(await told(await session.branch('b'))).toEqual([
    'user: x',
    'assistant: ',
    'calls: count {"n":1}',
    'came to: 1',
    'assistant: done',
  ])
})

test('an attempt after max_steps has all its steps again', async () => {
  const { count, keys } = counting()
  const model = scriptedModel((_) => (model.calls.length < 5 ? reply(call('1', 'count', { n: 1 })) : 'done'))
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [count], maxSteps: 3 })
  await flow(builder, { onError: 'continue' })
  expect((await flow(builder)).get(agent)).toBe('done')
  expect(model.calls).toHaveLength(5)
  // Of the first three steps the last was not run.
  expect(keys).toHaveLength(3)
})

test('a call that was approved in a step that is made again is asked for again', async () => {
  const { count, keys } = counting({ approval: true })
  const clock = new FakeClock()
  let first = true
  const hang = tool({
    name: 'hang',
    description: '',
    input: z.object({}),
    run: async (_, { signal }) => {
      if (!first) return
      first = false
      // While a person is asked, no time passes for the operation.
      await clock.pass(9_000)
      while (keys.length === 0) await turns(1)
      void clock.pass(1_000)
      await aborted(signal)
    },
  })
  const model = scriptedModel([
    reply(call('1', 'count', { n: 1 }), call('2', 'hang', {})),
    reply(call('3', 'count', { n: 1 }), call('4', 'hang', {})),
    'done',
  ])
  const builder = new Builder({ session: new Session({ imodel: model }, { clock }) })
  builder.react({ instruction: 'x', tools: [count, hang], timeout: 1_000, retry: RETRY })
  const stream = flowStream(builder)
  let asked = 0
  for await (const [, chunk] of stream) {
    if (chunk.type !== 'tool-approval-request') continue
    asked += 1
    await stream.approve(chunk.approvalId)
  }
  expect(asked).toBe(2)
  expect(keys).toHaveLength(2)
})
