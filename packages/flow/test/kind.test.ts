import { Message, type MessageQuery, type ModelChunk, NO_METADATA } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import {
  Builder,
  flow,
  flowStream,
  MemoryStore,
  type MessagesQuery,
  type OperationContext,
  Session,
} from '../src/index.ts'
import { endsOf, read, saidBy, thrown, turn } from './material.ts'

test('a kind may yield the chunks of a model, and its usage counts', async () => {
  const session = new Session({ imodel: scriptedModel('hello', { usage: { outputTokens: 2 } }) })
  const relay = session.registerOperation('relay', async function* (context: OperationContext, _: object) {
    yield* context.imodel().invoke('x', { signal: context.signal })
    return 'relayed'
  })
  const builder = new Builder({ session })
  builder.add('a', relay, {})
  const { tuples } = await read(flowStream(builder))
  expect(saidBy(tuples, 'a')).toEqual([
    'operation-start',
    'message-start',
    'text-start',
    'hello',
    'text-end',
    'finish',
    'operation-end',
  ])
  expect(endsOf(tuples).get('a')).toMatchObject({ status: 'completed', usage: { outputTokens: 2 } })
})

test('what a function says before it fails is the partial of its outcome', async () => {
  const builder = new Builder()
  const a = builder.task({
    async *run() {
      yield 'so '
      yield 'far'
      throw new RangeError('too much')
    },
  })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(a)).toMatchObject({
    status: 'failed',
    error: { code: 'operation_failed', message: 'too much', operationId: a.id },
    partial: { text: 'so far', status: 'partial', role: 'assistant' },
  })
})

test('what throws or rejects with no error at all is a failure like any other', async () => {
  const builder = new Builder()
  const a = builder.task({ run: () => Promise.reject('just text') })
  const b = builder.task({ run: () => Promise.reject(undefined) })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(a)).toMatchObject({ error: { code: 'operation_failed', message: 'just text' } })
  expect(results.outcome(b)).toMatchObject({ error: { code: 'operation_failed' } })
})

test('what is neither text nor a chunk fails the operation, and what it had opened is closed', async () => {
  for (const [said, named] of [
    [5, 'a number'],
    [null, 'null'],
    [undefined, 'undefined'],
    [{ text: 'secret' }, 'an object without a type'],
    [['secret'], 'an array'],
    [{ type: 'operation-end', status: 'completed' }, 'operation-end'],
    [{ type: 'operation-start' }, 'operation-start'],
  ] as const) {
    const builder = new Builder()
    let closed = false
    const a = builder.task({
      async *run() {
        try {
          yield said as never
        } finally {
          closed = true
        }
      },
    })
    const { tuples, error } = await read(flowStream(builder))
    expect(closed).toBe(true)
    expect(saidBy(tuples, a.id)).toEqual(['operation-start', 'operation-end'])
    expect(error).toMatchObject({ errors: [{ code: 'operation_failed', message: expect.stringContaining(named) }] })
    expect(String((error as AggregateError).errors[0])).not.toContain('secret')
  }
})

test('a chunk of a model passes as the object that it is', async () => {
  const delta: ModelChunk = {
    type: 'text-delta',
    id: '1',
    data: 'x',
    candidate: 0,
    metadata: NO_METADATA,
    rawResponse: 7,
  }
  const builder = new Builder()
  builder.task({
    async *run() {
      yield delta
    },
  })
  const { tuples } = await read(flowStream(builder))
  expect(tuples.find(([, chunk]) => chunk.type === 'text-delta')?.[1]).toBe(delta)
})

test('an operation is told its attempt, a key that is the same in each, and its own branch', async () => {
  const session = new Session()
  const builder = new Builder({ session })
  const seen: string[] = []
  const a = builder.task({
    name: 'a',
    branch: 'notes',
    run: async ({ operation, attempt, idempotencyKey, branch }) => {
      seen.push(operation.id, String(attempt), idempotencyKey, branch?.name ?? '')
      await branch?.append({ role: 'user', content: 'noted' })
    },
  })
  builder.task({
    name: 'b',
    dependsOn: a,
    run: async ({ branch }) => {
      seen.push(String(branch))
    },
  })
  const stream = flowStream(builder)
  await stream.results
  expect(seen).toEqual(['a', '1', `${stream.runId}/${a.id}`, 'notes', 'undefined'])
  expect(await (await session.branch('notes')).messages()).toHaveLength(1)
})

test('what an operation appends is on its branch when it has ended, not before, and reads its own writes', async () => {
  const session = new Session()
  const branch = await session.createBranch({ name: 'notes' })
  const builder = new Builder({ session })
  builder.task({
    branch,
    run: async (context) => {
      await context.branch?.append({ role: 'user', content: 'one' }, { role: 'assistant', content: 'two' })
      expect((await context.branch?.messages())?.map(({ text }) => text)).toEqual(['one', 'two'])
      expect((await context.branch?.messages({ last: 1 }))?.map(({ text }) => text)).toEqual(['two'])
      await turn()
      expect(await branch.messages()).toEqual([])
    },
  })
  await flow(builder)
  expect((await branch.messages()).map(({ text }) => text)).toEqual(['one', 'two'])
})

test('an operation that has ended can append nothing and fork nothing any more', async () => {
  const builder = new Builder()
  let context: OperationContext | undefined
  builder.task({
    branch: 'notes',
    run: (given) => {
      context = given
    },
  })
  await flow(builder)
  const error = await thrown('attempt_superseded', () => context?.branch?.append({ role: 'user', content: 'late' }))
  expect(error.message).toContain('notes')
  await thrown('attempt_superseded', () => context?.branch?.fork('late'))
  await thrown('unknown_branch', () => builder.session.branch('late'))
})

test('a kind that is registered twice is an error', async () => {
  const session = new Session()
  session.registerOperation('count', async () => 1)
  await thrown('duplicate_name', () => session.registerOperation('count', async () => 2))
})

test('an operation that reads the end of its branch reads no more than that, and still sees that somebody else wrote', async () => {
  const asked: unknown[] = []
  const store = new (class extends MemoryStore {
    override messages(branchId: string, query?: MessageQuery): Promise<readonly Message[]> {
      asked.push(query)
      return super.messages(branchId, query)
    }
  })()
  const session = new Session({}, { store })
  const branch = await session.createBranch({ name: 'notes', system: 'be brief' })
  const [one, two, three] = [Message.assistant('1'), Message.assistant('2'), Message.assistant('3')]
  await branch.append(one, two, three, two)
  const builder = new Builder({ session })
  const read = builder.task({
    branch,
    run: async ({ branch: own }) => {
      const texts = async (query: MessagesQuery): Promise<unknown> =>
        (await own?.messages(query))?.map(({ text }) => text)
      const before = [await texts({ last: 1 }), await texts({ after: two }), await texts({ before: two, last: 2 })]
      await own?.append(Message.assistant('4'))
      return [before, await texts({ after: two }), await texts({ before: two, last: 2 })]
    },
  })
  const reading = flow(builder)
  expect((await reading).get(read)).toEqual([[['2'], [], ['2', '3']], ['4'], ['2', '3']])
  expect(asked[0]).toEqual({ last: 1 })
  const moved = builder.task({
    branch,
    run: async ({ branch: own }) => {
      await own?.messages({ last: 1 })
      await branch.append(Message.assistant('somebody else'))
      await own?.append(Message.assistant('5'))
    },
  })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(moved)).toMatchObject({ error: { code: 'branch_moved' } })
})
