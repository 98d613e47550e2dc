import { BraidError, type MessageLike, type ModelRequest, tool, toMessage } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flow, flowStream, Session } from '../../src/index.ts'
import { endsOf, gate, read, saidBy, thrown } from '../material.ts'
import { add, call, cameTo, finish, only, reply, tell, told } from './material.ts'

function sent(request: ModelRequest | undefined): readonly unknown[] {
  return (request?.messages ?? []).map((like: MessageLike) => tell(toMessage(like)))
}

test('a model is asked again with what its calls came to, until it answers; each step is in the stream', async () => {
  const usage = { inputTokens: 2, outputTokens: 3 }
  const model = scriptedModel([reply('let me see', call('c1', 'add', { a: 1, b: 2 })), ['it is 3']], { usage })
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const agent = builder.react({ name: 'agent', instruction: '1 + 2?', tools: [add], branch: 'sums' })
  const stream = flowStream(builder)
  const { tuples, error } = await read(stream)
  expect(error).toBeUndefined()
  expect(await stream.result(agent)).toBe('it is 3')
  expect(saidBy(tuples, 'agent')).toEqual([
    'operation-start',
    'start-step',
    'message-start',
    'text-start',
    'let me see',
    'text-end',
    'tool-input-start',
    'tool-input-delta',
    'tool-input-end',
    'tool-call',
    'finish',
    'tool-result',
    'finish-step',
    'start-step',
    'message-start',
    'text-start',
    'it is 3',
    'text-end',
    'finish',
    'finish-step',
    'operation-end',
  ])
  expect(only(tuples, 'finish-step')).toMatchObject([
    { step: 1, outcomes: [{ toolCallId: 'c1', toolName: 'add', input: { a: 1, b: 2 }, output: 3 }], usage },
    { step: 2, outcomes: [], usage },
  ])
  expect(endsOf(tuples).get('agent')).toMatchObject({ usage: { inputTokens: 4, outputTokens: 6 } })
  expect(model.calls.map((request) => request.tools?.map(({ name }) => name))).toEqual([['add'], ['add']])
  expect(sent(model.calls[1])).toEqual([
    'user: 1 + 2?',
    'assistant: let me see',
    'calls: add {"a":1,"b":2}',
    'came to: 3',
  ])
  expect(await told(await session.branch('sums'))).toEqual([
    'user: 1 + 2?',
    'assistant: let me see',
    'calls: add {"a":1,"b":2}',
    'came to: 3',
    'assistant: it is 3',
  ])
})

test('the next turn sends what was called and what it came to', async () => {
  const model = scriptedModel([reply(call('c1', 'add', { a: 1, b: 2 })), '3', 'yes'])
  const session = new Session({ imodel: model })
  await session.conduct('react', 'sums', { instruction: '1 + 2?', tools: [add] })
  expect(await session.conduct('communicate', 'sums', { instruction: 'sure?' })).toBe('yes')
  expect(sent(model.calls[2])).toEqual([
    'user: 1 + 2?',
    'assistant: ',
    'calls: add {"a":1,"b":2}',
    'came to: 3',
    'assistant: 3',
    'user: sure?',
  ])
  expect(model.calls[2]?.tools).toBeUndefined()
})

test('calls of one message run side by side, also of the same tool, and what they came to is in the order of the calls', async () => {
  const both = gate()
  const order: number[] = []
  const wait = tool({
    name: 'wait',
    description: '',
    input: z.object({ n: z.number() }),
    async run({ n }) {
      order.push(n)
      if (n === 3) both.open()
      await both.opened
      // The last one ends first.
      for (let turns = 0; turns < 3 - n; turns += 1) await new Promise(setImmediate)
      return n
    },
  })
  const model = scriptedModel([reply(...[1, 2, 3].map((n) => call(`c${n}`, 'wait', { n }))), 'done'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [wait], branch: 'b' })
  const { tuples } = await read(flowStream(builder))
  expect(order).toEqual([1, 2, 3])
  expect(only(tuples, 'tool-result').map(({ output }) => output)).toEqual([3, 2, 1])
  expect(only(tuples, 'finish-step')[0]?.outcomes.map(cameTo)).toEqual([1, 2, 3])
  expect((await told(await session.branch('b')))[3]).toBe('came to: 1, 2, 3')
})

test('no more than eight tools of one operation run at once', async () => {
  let running = 0
  let most = 0
  const busy = tool({
    name: 'busy',
    description: '',
    input: z.object({ n: z.number() }),
    async run() {
      running += 1
      most = Math.max(most, running)
      await new Promise(setImmediate)
      running -= 1
    },
  })
  const model = scriptedModel([reply(...Array.from({ length: 30 }, (_, n) => call(`c${n}`, 'busy', { n }))), 'done'])
  expect(await new Session({ imodel: model }).conduct('react', 'b', { instruction: 'x', tools: [busy] })).toBe('done')
  expect(most).toBe(8)
})

test('a tool that fails is a failed result for the model, and is kept as failed', async () => {
  const broken = tool({
    name: 'broken',
    description: '',
    input: z.object({}),
    run: () => {
      throw new RangeError('no such shelf')
    },
  })
  const rejecting = tool({
    name: 'rejecting',
    description: '',
    input: z.object({}),
    run: () => Promise.reject('just text'),
  })
  const odd = tool({ name: 'odd', description: '', input: z.object({}), run: () => 1n })
  const nothing = tool({ name: 'nothing', description: '', input: z.object({}), run: () => {} })
  const model = scriptedModel([
    reply(
      call('1', 'broken', {}),
      call('2', 'rejecting', {}),
      call('3', 'odd', {}),
      call('4', 'nothing', {}),
      call('5', 'add', { a: 1, b: 1 }),
    ),
    'done',
  ])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [broken, rejecting, odd, nothing, add], branch: 'b' })
  const { tuples, error } = await read(flowStream(builder))
  expect(error).toBeUndefined()
  const [outcomes] = only(tuples, 'finish-step').map((chunk) => chunk.outcomes)
  const errors = outcomes?.flatMap((each) => ('error' in each ? [each.error] : [])) ?? []
  expect(only(tuples, 'tool-error').map((chunk) => chunk.error)).toEqual(expect.arrayContaining(errors))
  expect(errors.map(({ code }) => code)).toEqual(['tool_failed', 'tool_failed', 'tool_failed'])
  expect(errors[0]?.message).toBe('the tool "broken" failed: no such shelf')
  expect(errors[0]?.cause).toBeInstanceOf(RangeError)
  expect(errors[1]?.message).toContain('just text')
  expect((await told(await session.branch('b')))[3]).toBe(
    'came to: "tool_failed", "tool_failed", "tool_failed", null, 2',
  )
})

test('a tool that throws an error of this house has failed all the same', async () => {
  const inner = tool({
    name: 'inner',
    description: '',
    input: z.object({}),
    run: () => Promise.reject(new BraidError('timeout', 'a server was slow')),
  })
  const model = scriptedModel([reply(call('1', 'inner', {})), 'done'])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  builder.react({ instruction: 'x', tools: [inner] })
  const { tuples } = await read(flowStream(builder))
  expect(only(tuples, 'tool-error')).toMatchObject([{ error: { code: 'tool_failed', cause: { code: 'timeout' } } }])
})

test('a tool that nobody knows is an error for the model to read, which lists those there are', async () => {
  const model = scriptedModel([reply(call('1', 'ad', { a: 1, b: 2 }), call('2', 'search', {})), 'sorry'])
  const session = new Session({ imodel: model })
  session.services.register(tool({ name: 'search', description: '', input: z.object({}), run: () => 'not offered' }))
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [add] })
  const stream = flowStream(builder)
  const { tuples } = await read(stream)
  expect(await stream.result(agent)).toBe('sorry')
  const [first, second] = only(tuples, 'tool-error').map(({ error }) => error)
  expect(first).toMatchObject({ code: 'unknown_tool' })
  expect(first?.message).toBe('no tool is called "ad" (did you mean "add"?); there are: add')
  expect(second).toMatchObject({ code: 'unknown_tool' })
})

test('a model that calls tools although it was offered none has answered, and its history stays valid', async () => {
  const model = scriptedModel([reply('Let me see.', call('1', 'add', { a: 1, b: 2 })), 'never asked for'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const asked = builder.communicate({ instruction: 'x', branch: 'b' })
  const stream = flowStream(builder)
  const { tuples } = await read(stream)
  expect(await stream.result(asked)).toBe('Let me see.')
  expect(only(tuples, 'tool-error')).toMatchObject([{ toolCallId: '1', error: { code: 'unknown_tool' } }])
  expect(model.calls).toHaveLength(1)
  expect((await told(await session.branch('b'))).slice(1)).toEqual([
    'assistant: Let me see.',
    'calls: add {"a":1,"b":2}',
    'came to: "unknown_tool"',
  ])
})

test('a tool that the branch forbids is not offered, and calling it is an error for the model to read', async () => {
  const ran: unknown[] = []
  const remove = tool({ name: 'remove', description: '', input: z.object({}), run: () => ran.push(1) })
  const model = scriptedModel([reply(call('1', 'remove', {}), call('2', 'add', { a: 1, b: 2 })), 'sorry'], {
    name: 'm',
  })
  const session = new Session({ imodel: model })
  await session.createBranch({ name: 'careful', resources: ['m', 'add'] })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [add, remove], branch: 'careful' })
  const { tuples, error } = await read(flowStream(builder))
  expect(error).toBeUndefined()
  expect(model.calls[0]?.tools?.map(({ name }) => name)).toEqual(['add'])
  expect(only(tuples, 'tool-error')).toMatchObject([{ toolCallId: '1', error: { code: 'access_denied' } }])
  expect(only(tuples, 'tool-result')).toMatchObject([{ output: 3 }])
  expect(ran).toEqual([])
})

test('tools are named by their registered name too; one that is not registered fails the operation before it asks', async () => {
  const model = scriptedModel([reply(call('1', 'add', { a: 1, b: 2 })), 'three'])
  const session = new Session({ imodel: model })
  session.services.register(add)
  expect(await session.conduct('react', 'b', { instruction: 'x', tools: ['add'] })).toBe('three')
  const error = await thrown('unknown_tool', () => session.conduct('react', 'b', { instruction: 'x', tools: ['ad'] }))
  expect(error.message).toContain('did you mean "add"?')
  expect(model.calls).toHaveLength(2)
})

test('after maxSteps requests the operation fails with max_steps, its last calls are not run, and what was said is kept', async () => {
  let ran = 0
  const count = tool({ name: 'count', description: '', input: z.object({}), run: () => ++ran })
  const model = scriptedModel(() => reply('again', call('c', 'count', {})))
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [count], maxSteps: 3, branch: 'b' })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(agent)).toMatchObject({
    status: 'failed',
    error: { code: 'max_steps', operationId: agent.id },
    partial: { text: 'again' },
  })
  expect(model.calls).toHaveLength(3)
  expect(ran).toBe(2)
  expect((await told(await session.branch('b'))).slice(-3)).toEqual([
    'assistant: again',
    'calls: count {}',
    'came to: "max_steps"',
  ])
})

test('without a limit of its own a turn asks ten times, in a communicate as well', async () => {
  for (const kind of ['react', 'communicate', 'generate'] as const) {
    const model = scriptedModel(() => reply(call('c', 'add', { a: 1, b: 2 })))
    const session = new Session({ imodel: model })
    await thrown('max_steps', () => session.conduct(kind, 'b', { instruction: 'x', tools: [add] }))
    expect(model.calls).toHaveLength(10)
  }
})

test('a generate with tools runs the same steps and leaves no history', async () => {
  const model = scriptedModel([reply(call('c1', 'add', { a: 1, b: 2 })), 'it is 3'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const one = builder.generate({ instruction: 'x', tools: [add] })
  const stream = flowStream(builder)
  const { tuples } = await read(stream)
  expect(await stream.result(one)).toBe('it is 3')
  expect(only(tuples, 'start-step').map(({ step }) => step)).toEqual([1, 2])
  expect(sent(model.calls[1]).slice(1)).toEqual(['assistant: ', 'calls: add {"a":1,"b":2}', 'came to: 3'])
  expect(await session.branches()).toEqual([])
})

test('a turn without tools has no steps', async () => {
  const builder = new Builder({ session: new Session({ imodel: scriptedModel('hi') }) })
  builder.communicate({ instruction: 'x' })
  const { tuples } = await read(flowStream(builder))
  expect(only(tuples, 'start-step', 'finish-step')).toEqual([])
})

test('with output, the last answer is what the schema makes of it', async () => {
  const output = z.object({ sum: z.number() })
  const model = scriptedModel([reply('thinking', call('c1', 'add', { a: 1, b: 2 })), '{"sum": 3}'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [add], output })
  const stream = flowStream(builder)
  const { tuples } = await read(stream)
  expect(await stream.result(agent)).toEqual({ sum: 3 })
  expect(only(tuples, 'object').at(-1)?.object).toEqual({ sum: 3 })
  expect(model.calls.map((request) => request.output)).toEqual([output, output])
})

test('an answer that does not fit is asked for again between steps, and only the last try is kept', async () => {
  const output = z.object({ sum: z.number() })
  const model = scriptedModel([
    reply(call('c1', 'add', { a: 1, b: 2 })),
    '{"sum": "three"}',
    reply(call('c2', 'add', { a: 2, b: 2 })),
    '{"sum": 4}',
  ])
  const session = new Session({ imodel: model })
  const sum = await session.conduct('operate', 'b', { instruction: 'x', tools: [add], output, repair: 1 })
  expect(sum).toEqual({ sum: 4 })
  expect(await told(await session.branch('b'))).toEqual([
    'user: x',
    'assistant: ',
    'calls: add {"a":1,"b":2}',
    'came to: 3',
    'assistant: ',
    'calls: add {"a":2,"b":2}',
    'came to: 4',
    'assistant: {"sum": 4}',
  ])
})

test('an answer that never fits is left marked partial', async () => {
  const output = z.object({ sum: z.number() })
  const session = new Session({ imodel: scriptedModel('three') })
  await thrown('invalid_output', () => session.conduct('operate', 'b', { instruction: 'x', tools: [add], output }))
  expect(await told(await session.branch('b'))).toEqual(['user: x', 'assistant?: three'])
})

test("a call keeps its provider's signature, in the history and in what is sent", async () => {
  const model = scriptedModel([reply(call('c1', 'add', { a: 1, b: 2 }, { signature: 'proof==' })), 'it is 3'])
  const session = new Session({ imodel: model })
  await session.conduct('react', 'b', { instruction: 'x', tools: [add] })
  const messages = [await (await session.branch('b')).messages(), model.calls[1]?.messages ?? []]
  for (const list of messages) {
    const contents = list.map((like) => toMessage(like).content)
    expect(contents.find(({ type }) => type === 'action-request')).toMatchObject({
      calls: [{ toolCallId: 'c1', signature: 'proof==' }],
    })
  }
})

test('calls that the provider runs itself are not run here', async () => {
  const model = scriptedModel([reply(call('c1', 'add', { a: 1, b: 2 }, { providerExecuted: true }), 'found it')])
  const session = new Session({ imodel: model })
  expect(await session.conduct('react', 'b', { instruction: 'x', tools: [add] })).toBe('found it')
  expect(await told(await session.branch('b'))).toEqual(['user: x', 'assistant: found it'])
})

test('a model that gives several answers is refused where there are tools, naming the option', async () => {
  const second = { ...finish('stop'), candidate: 1 }
  const session = new Session({ imodel: scriptedModel(() => reply('x', second)) })
  const error = await thrown('unsupported_parameter', () =>
    session.conduct('react', 'b', { instruction: 'x', tools: [add] }),
  )
  expect(error.message).toContain('`n`')
  await session.conduct('communicate', 'b', { instruction: 'x' })
})

test.each([
  [{ instruction: 'x', tools: add }, 'list'],
  [{ instruction: 'x', tools: [() => 1] }, 'Tool.fromFunction'],
  [{ instruction: 'x', tools: [add, 'add'] }, '"add"'],
  [{ instruction: 'x', maxSteps: 0 }, 'maxSteps'],
  [{ instruction: 'x', toolStreaming: 'yes' }, 'toolStreaming'],
  [{ instruction: 'x', maxstep: 1 }, 'maxSteps'],
] as const)('misuse is an error at the call: %#', (params, named) => {
  expect(() => new Builder().react(params as never)).toThrowError(
    expect.objectContaining({ message: expect.stringContaining(named) }),
  )
})
