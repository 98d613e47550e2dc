import {
  BraidError,
  ChunkStream,
  Message,
  type MessageLike,
  type Model,
  type ModelChunk,
  type ModelRequest,
  toMessage,
} from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { nodeOf } from '../src/builder/node.ts'
import { type Branch, Builder, flow, flowStream, Session } from '../src/index.ts'
import { aborted, collect, gate, read, thrown } from './material.ts'

const OVERLOADED = new BraidError('overloaded', 'the model is overloaded')

async function texts(branch: Branch): Promise<string[]> {
  return (await branch.messages()).map(({ role, status, text }) => `${role}${status === 'partial' ? '?' : ''}: ${text}`)
}

function asked(request: ModelRequest | undefined): string[] {
  return (request?.messages ?? []).map((like: MessageLike) => {
    const message = toMessage(like)
    return `${message.role}: ${message.text}`
  })
}

test('a turn reads the conversation, and leaves instruction and answer on its branch', async () => {
  const model = scriptedModel(['first answer', 'second answer'])
  const session = new Session({ imodel: model })
  const branch = await session.createBranch({ name: 'chat', system: 'Be brief.' })
  const builder = new Builder({ session })
  builder.communicate({ instruction: 'one', branch: 'chat' })
  const second = builder.communicate({ instruction: 'two', branch })
  expect((await flow(builder)).get(second)).toBe('second answer')
  expect(await texts(branch)).toEqual([
    'system: Be brief.',
    'user: one',
    'assistant: first answer',
    'user: two',
    'assistant: second answer',
  ])
  expect(asked(model.calls[1])).toEqual(['system: Be brief.', 'user: one', 'assistant: first answer', 'user: two'])
})

test('without a branch, a turn is on a fresh one of its own, so that turns run side by side', async () => {
  const both = gate()
  let running = 0
  const model = scriptedModel(async function* () {
    running += 1
    if (running === 2) both.open()
    await both.opened
    yield 'answer'
  })
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.communicate({ name: 'a', instruction: 'x' })
  builder.communicate({ name: 'b', instruction: 'y' })
  await flow(builder)
  const branches = await session.branches()
  expect(branches.map(({ name }) => name.split('@')[0])).toEqual(['a', 'b'])
  for (const branch of branches) expect(await branch.messages()).toHaveLength(2)
})

test('context is shown under the instruction: the params first, then each result under the name of its operation', async () => {
  const model = scriptedModel(['bees dance', 'done'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const facts = builder.communicate({ name: 'facts', instruction: 'x' })
  const count = builder.task({ name: 'count', run: () => ({ bees: 3 }) })
  builder.communicate({ instruction: 'y', context: { tone: 'dry' }, contextFrom: [facts, count] })
  await flow(builder)
  const last = toMessage(model.calls[1]?.messages.at(-1) ?? { role: 'user', content: '' })
  expect(last.content).toMatchObject({
    type: 'instruction',
    instruction: 'y',
    context: '### tone\n\ndry\n\n### facts\n\nbees dance\n\n### count\n\n{\n  "bees": 3\n}',
  })
})

test("with join 'any', context is what has completed by then", async () => {
  const model = scriptedModel((request) => JSON.stringify(toMessage(request.messages[0] as MessageLike).content))
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const hold = gate()
  const quick = builder.task({ name: 'quick', run: () => 'here' })
  const slow = builder.task({ name: 'slow', run: () => hold.opened })
  const first = builder.generate({ instruction: 'x', contextFrom: [slow, quick], join: 'any' })
  const stream = flowStream(builder)
  const answer = await stream.result(first)
  hold.open()
  await stream.results
  expect(answer).toContain('here')
  expect(answer).not.toContain('slow')
})

test('a late instruction is made from the results of the dependencies, and of no others', async () => {
  const model = scriptedModel((request) => toMessage(request.messages[0] as MessageLike).text)
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const n = builder.task({ name: 'n', run: () => 4 })
  const stranger = builder.task({ name: 'stranger', run: () => 5 })
  const ok = builder.generate({ instruction: (results) => `${results.get(n) + 1} facts`, dependsOn: n })
  const bad = builder.generate({ name: 'bad', instruction: (results) => `${results.get(stranger)}`, dependsOn: n })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.get(ok)).toBe('5 facts')
  expect(results.outcome(bad)).toMatchObject({ status: 'failed', error: { code: 'not_a_dependency' } })
})

test('a turn that fails leaves its instruction and its partial answer, marked, and its outcome has the same partial', async () => {
  const model = scriptedModel([['so ', 'far', OVERLOADED]])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const turn = builder.communicate({ instruction: 'x', branch: 'chat' })
  const { tuples, error } = await read(flowStream(builder))
  expect(await texts(await session.branch('chat'))).toEqual(['user: x', 'assistant?: so far'])
  expect(tuples.at(-1)?.[1]).toMatchObject({ status: 'failed', partial: { text: 'so far', status: 'partial' } })
  const [, kept] = await (await session.branch('chat')).messages()
  expect(tuples.at(-1)?.[1]).toMatchObject({ partial: { id: kept?.id } })
  expect(error).toMatchObject({ errors: [{ code: 'overloaded', operationId: turn.id, retryable: true }] })
})

test('a turn that fails before its first word leaves its instruction alone', async () => {
  const session = new Session({ imodel: scriptedModel(OVERLOADED) })
  const builder = new Builder({ session })
  const turn = builder.communicate({ instruction: 'x', branch: 'chat' })
  const results = await flow(builder, { onError: 'continue' })
  expect(await texts(await session.branch('chat'))).toEqual(['user: x'])
  expect(results.outcome(turn)).not.toHaveProperty('partial')
})

test('a turn that is cancelled leaves its instruction and its partial answer, marked', async () => {
  const model = scriptedModel(async function* (_, signal) {
    yield 'so far'
    await aborted(signal)
  })
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.communicate({ instruction: 'x', branch: 'chat' })
  for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'text-delta') break
  expect(await texts(await session.branch('chat'))).toEqual(['user: x', 'assistant?: so far'])
})

test('the next attempt adds no second instruction, and does not send the partial answer', async () => {
  for (const branch of ['chat', undefined]) {
    const model = scriptedModel([['so far', OVERLOADED], ['again', OVERLOADED], 'the whole answer', 'on it goes'])
    const session = new Session({ imodel: model })
    const builder = new Builder({ session })
    const shape = branch === undefined ? {} : { branch }
    const turn = builder.communicate({ name: 'turn', instruction: 'x', ...shape })
    await thrown('run_failed', () => flow(builder))
    await thrown('run_failed', () => flow(builder))
    expect((await flow(builder)).get(turn)).toBe('the whole answer')
    expect(model.calls.map(asked)).toEqual([['user: x'], ['user: x'], ['user: x']])
    const [only, ...more] = await session.branches()
    expect(more).toEqual([])
    expect(await texts(only as Branch)).toEqual([
      'user: x',
      'assistant?: so far',
      'assistant?: again',
      'assistant: the whole answer',
    ])
    await session.conduct('communicate', only as Branch, { instruction: 'y' })
    expect(asked(model.calls[3])).toEqual(['user: x', 'assistant: the whole answer', 'user: y'])
  }
})

test('a fresh run of a turn that completed is a new turn', async () => {
  const model = scriptedModel(['one', 'two'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.communicate({ instruction: 'x', branch: 'chat' })
  await flow(builder)
  await flow(builder, { fresh: true })
  expect(await texts(await session.branch('chat'))).toEqual(['user: x', 'assistant: one', 'user: x', 'assistant: two'])
})

test('a branch that somebody else writes in mid-turn fails the turn with branch_moved, and keeps what the other wrote', async () => {
  const session = new Session()
  const branch = await session.createBranch({ name: 'chat' })
  const model = scriptedModel(async function* () {
    yield 'mine'
    await branch.append(Message.instruction('theirs'))
  })
  session.services.register(model)
  const builder = new Builder({ session })
  const turn = builder.communicate({ instruction: 'x', branch })
  const next = builder.task({ name: 'next', dependsOn: turn, run: () => 1 })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(turn)).toMatchObject({
    status: 'failed',
    error: { code: 'branch_moved', operationId: turn.id },
    partial: { text: 'mine' },
  })
  expect(results.outcome(next)).toEqual({ status: 'skipped', because: turn.id })
  expect(await texts(branch)).toEqual(['user: theirs'])
})

test('runs of two builders that write one branch take turns', async () => {
  let running = 0
  const model = scriptedModel(async function* (request) {
    running += 1
    expect(running).toBe(1)
    yield `after ${request.messages.length - 1}`
    await new Promise(setImmediate)
    running -= 1
  })
  const session = new Session({ imodel: model })
  const builders = [0, 1, 2].map(() => new Builder({ session }))
  for (const builder of builders) {
    builder.communicate({ instruction: 'x', branch: 'chat' })
    builder.communicate({ instruction: 'y', branch: 'chat' })
  }
  await Promise.all(builders.map((builder) => flow(builder)))
  const answers = (await (await session.branch('chat')).messages()).filter(({ role }) => role === 'assistant')
  expect(answers.map(({ text }) => text)).toEqual([0, 2, 4, 6, 8, 10].map((before) => `after ${before}`))
})

test('a generate reads no history and writes none, and its answer is its text', async () => {
  const model = scriptedModel('answer')
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  await session.conduct('communicate', 'chat', { instruction: 'before' })
  const one = builder.generate({ instruction: 'x', branch: 'chat' })
  expect((await flow(builder)).get(one)).toBe('answer')
  expect(asked(model.calls[1])).toEqual(['user: x'])
  expect(await (await session.branch('chat')).messages()).toHaveLength(2)
})

test('the usage of an operation is that of its call, and the usage of a run is the sum', async () => {
  const usage = { inputTokens: 3, outputTokens: 5 }
  const builder = new Builder({ session: new Session({ imodel: scriptedModel('answer', { usage }) }) })
  const one = builder.generate({ instruction: 'x' })
  builder.generate({ instruction: 'y' })
  const results = await flow(builder)
  expect(results.outcome(one)).toMatchObject({ usage })
  expect(results.usage).toEqual({ inputTokens: 6, outputTokens: 10 })
})

test('operation-start names the model where the operation names one', async () => {
  const model = scriptedModel('answer', { name: 'writer' })
  const session = new Session({ imodel: scriptedModel('other') })
  session.services.register(model)
  const builder = new Builder({ session })
  builder.generate({ instruction: 'x', imodel: 'writer' })
  builder.generate({ instruction: 'x', imodel: model })
  const starts = (await collect(flowStream(builder))).flatMap(([, chunk]) =>
    chunk.type === 'operation-start' ? [chunk.imodel] : [],
  )
  expect(starts).toEqual(['writer', 'writer'])
  expect(model.calls).toHaveLength(2)
})

test('a model that nobody knows fails its operation, listing those there are', async () => {
  const session = new Session({ imodel: scriptedModel('x', { name: 'writer' }) })
  const error = await thrown('unknown_imodel', () =>
    session.conduct('communicate', 'chat', { instruction: 'x', imodel: 'wirter' }),
  )
  expect(error.message).toContain('"wirter"')
  expect(error.message).toContain('writer')
  await thrown('unknown_imodel', () => new Session().conduct('generate', 'chat', { instruction: 'x' }))
})

test('no error of a turn carries the prompt', async () => {
  const session = new Session({ imodel: scriptedModel([OVERLOADED]) })
  const builder = new Builder({ session })
  builder.communicate({ instruction: 'my secret question', branch: 'chat' })
  const error = await thrown('run_failed', () => flow(builder))
  const said = [error, ...(error.errors ?? [])].map(({ message, stack }) => `${message} ${stack}`).join()
  expect(said).not.toContain('secret')
})

test('a model that ignores its signal is fenced, and what it had said is on the branch, marked', async () => {
  const delta: ModelChunk = { type: 'text-delta', id: '1', data: 'so far', candidate: 0, metadata: {} }
  const deaf: Model = {
    name: 'deaf',
    provider: 'test',
    model: 'deaf',
    invoke: () => {
      let first = true
      const next = (): Promise<IteratorResult<readonly ModelChunk[], undefined>> => {
        if (!first) return new Promise(() => {})
        first = false
        return Promise.resolve({ value: [delta], done: false })
      }
      return new ChunkStream(() => ({ next }))
    },
  }
  const session = new Session({ imodel: deaf }, { grace: 1 })
  const builder = new Builder({ session })
  const turn = builder.communicate({ instruction: 'x', branch: 'chat' })
  const ended = builder.generate({ instruction: 'y', branch: 'notes' })
  const stream = flowStream(builder)
  let said = 0
  for await (const [, { type }] of stream) if (type === 'text-delta' && ++said === 2) break
  const branch = await session.branch('chat')
  expect(await texts(branch)).toEqual(['user: x', 'assistant?: so far'])
  const outcomes = [nodeOf(turn)?.outcome, nodeOf(ended)?.outcome]
  expect(outcomes).toMatchObject([
    { partial: { id: (await branch.messages()).at(-1)?.id } },
    { partial: { text: 'so far' } },
  ])
  // What writes no history leaves none when it is fenced either.
  expect(await texts(await session.branch('notes'))).toEqual([])
})

test('a branch of its own is not that of another run whose id begins alike', async () => {
  const session = new Session({ imodel: scriptedModel('answer') })
  const builder = new Builder({ session })
  const turn = builder.communicate({ name: 'turn', instruction: 'x' })
  const stream = flowStream(builder)
  await session.createBranch({ name: `turn@${stream.runId.slice(-8)}` })
  expect((await stream.results).get(turn)).toBe('answer')
  const [older, own] = await session.branches()
  expect(await older?.messages()).toEqual([])
  expect(await own?.messages()).toHaveLength(2)
})

test('a model of your own that cannot say what it has said fails its operation, and nothing else', async () => {
  const broken: Model = {
    name: 'broken',
    provider: 'test',
    model: 'broken',
    invoke: () => {
      const stream = new ChunkStream(() => ({ next: () => Promise.reject(OVERLOADED) }))
      return Object.defineProperty(stream, 'partial', {
        get: () => {
          throw new Error('no idea')
        },
      })
    },
  }
  const builder = new Builder({ session: new Session({ imodel: broken }) })
  builder.generate({ name: 'a', instruction: 'x' })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors).toMatchObject([{ code: 'overloaded', operationId: 'a' }])
})
