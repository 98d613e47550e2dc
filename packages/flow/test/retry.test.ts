import { BraidError, type Change, type MessageLike, toMessage } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { type Branch, Builder, flow, flowStream, MemoryStore, type OperationContext, Session } from '../src/index.ts'
import { endsOf, FakeClock, gate, read, saidBy, thrown, turn, turns } from './material.ts'

const OVERLOADED = new BraidError('overloaded', 'the model is overloaded')

function ground(): { readonly clock: FakeClock; readonly session: Session; readonly builder: Builder } {
  const clock = new FakeClock()
  const session = new Session({}, { clock })
  return { clock, session, builder: new Builder({ session }) }
}

/** Fails so often, and says before what it is the attempt of. */
function fails(times: number, error: unknown = OVERLOADED) {
  return async function* ({ attempt }: OperationContext) {
    yield `attempt ${attempt}`
    if (attempt <= times) throw error
    return attempt
  }
}

async function texts(branch: Branch): Promise<string[]> {
  return (await branch.messages()).map(({ role, status, text }) => `${role}${status === 'partial' ? '?' : ''}: ${text}`)
}

test('after a retryable error a new attempt begins, and says so before anything else', async () => {
  const { builder } = ground()
  const a = builder.task({ name: 'a', retry: { attempts: 3, backoff: 0 }, run: fails(2) })
  const { tuples, error } = await read(flowStream(builder))
  expect(error).toBeUndefined()
  expect(saidBy(tuples, 'a')).toEqual([
    ...['operation-start', 'text-start', 'attempt 1', 'text-end'],
    ...['operation-reset', 'text-start', 'attempt 2', 'text-end'],
    ...['operation-reset', 'text-start', 'attempt 3', 'text-end', 'operation-end'],
  ])
  const resets = tuples.flatMap(([, chunk]) => (chunk.type === 'operation-reset' ? [chunk] : []))
  expect(resets).toMatchObject([
    { attempt: 2, error: { code: 'overloaded', operationId: 'a' } },
    { attempt: 3, error: { code: 'overloaded', operationId: 'a' } },
  ])
  expect(endsOf(tuples).get('a')).toMatchObject({ status: 'completed', result: 3, attempts: 3 })
  expect((await flow(builder)).get(a)).toBe(3)
})

test('what a model has given up after attempts of its own is not tried again, unless `on` says so', async () => {
  const { builder } = ground()
  const givenUp = new BraidError('overloaded', 'asked 3 times', { attempts: 3 })
  let attempts = 0
  const run = async (): Promise<never> => {
    attempts += 1
    throw givenUp
  }
  const a = builder.task({ retry: { attempts: 4, backoff: 0 }, run })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(a)).toMatchObject({ status: 'failed', error: { code: 'overloaded', attempts: 3 } })
  expect(attempts).toBe(1)
  const { builder: another } = ground()
  another.task({ retry: { attempts: 4, backoff: 0, on: ({ retryable }) => retryable }, run })
  await flow(another, { onError: 'continue' })
  expect(attempts).toBe(5)
})

test('without `retry`, with `retry: 1`, and after an error that is not retryable there is one attempt', async () => {
  const { builder } = ground()
  let attempts = 0
  const run = (error: unknown) => async (): Promise<never> => {
    attempts += 1
    throw error
  }
  builder.task({ run: run(OVERLOADED) })
  builder.task({ retry: 1, run: run(OVERLOADED) })
  builder.task({ retry: 3, run: run(new BraidError('invalid_output', 'no')) })
  builder.task({ retry: 3, run: run(new Error('of the function itself')) })
  const results = await flow(builder, { onError: 'continue' })
  expect([...results].map(([, { status }]) => status)).toEqual(['failed', 'failed', 'failed', 'failed'])
  expect(attempts).toBe(4)
})

test('`on` says itself what is worth another attempt, and what it throws is what the operation fails with', async () => {
  const { builder } = ground()
  const mine = new Error('mine')
  const again = builder.task({
    retry: { attempts: 2, backoff: 0, on: ({ cause }) => cause === mine },
    run: fails(1, mine),
  })
  const not = builder.task({ retry: { attempts: 2, on: () => false }, run: fails(1) })
  const broken = builder.task({
    retry: {
      attempts: 2,
      on: () => {
        throw new Error('on is broken')
      },
    },
    run: fails(1),
  })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.get(again)).toBe(2)
  expect(results.outcome(not)).toMatchObject({ status: 'failed', error: { code: 'overloaded' } })
  expect(results.outcome(broken)).toMatchObject({ error: { code: 'operation_failed', message: 'on is broken' } })
})

test('the last error is the one that counts, with what its attempt had said, and with the usage of all attempts', async () => {
  const usage = { inputTokens: 2, outputTokens: 1 }
  const model = scriptedModel([['one', OVERLOADED], ['two', OVERLOADED], 'three'], { usage })
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const relay = session.registerOperation('relay', async function* ({ imodel, attempt }, _: object) {
    const whole = scriptedModel(`attempt ${attempt}`, { usage }).invoke('x')
    yield* whole
    yield* imodel().invoke('x')
  })
  const a = builder.add('a', relay, {}, { retry: { attempts: 2, backoff: 0 } })
  const results = await flow(builder, { onError: 'continue' })
  const outcome = results.outcome(a)
  expect(outcome).toMatchObject({ status: 'failed', error: { code: 'overloaded' } })
  expect(outcome.status === 'failed' && outcome.partial?.text).toContain('attempt 2')
  expect(outcome.usage).toMatchObject({ inputTokens: 4, outputTokens: 2 })
  expect(results.usage).toMatchObject({ inputTokens: 4, outputTokens: 2 })
})

test('it waits longer each time, as chance has it, and never less than the provider asked for', async () => {
  const { clock, builder } = ground()
  let failures = 0
  const errors = [OVERLOADED, OVERLOADED, new BraidError('rate_limited', 'x', { retryAfterMs: 9_000 })]
  const a = builder.task({
    retry: { attempts: 9, backoff: 100 },
    run: async () => {
      const error = errors[failures]
      failures += 1
      if (error) throw error
      return failures
    },
  })
  const results = flow(builder)
  for (const wait of [50, 100, 9_200]) {
    await turns(5)
    expect(clock.waits.at(-1)).toBe(wait)
    await clock.pass(wait - 1)
    expect(clock.running).toBe(1)
    await clock.pass(1)
  }
  expect((await results).get(a)).toBe(4)
  expect((await results).outcome(a)).toMatchObject({ attempts: 4, durationMs: 9_350 })
  expect(clock.running).toBe(0)
})

test('one that waits for its next attempt keeps its slot and its branch', async () => {
  const { clock, session, builder } = ground()
  const seen: string[] = []
  const notes = { branch: 'notes' }
  builder.task({ ...notes, name: 'first', retry: 2, run: ({ attempt }) => fail(attempt, seen) })
  builder.task({ ...notes, name: 'second', run: () => void seen.push('second') })
  const results = flow(builder, { concurrency: 1 })
  await turns(9)
  expect(seen).toEqual(['first'])
  await clock.pass(1_000)
  await results
  expect(seen).toEqual(['first', 'first', 'second'])
  expect(session).toBeDefined()
})

async function fail(attempt: number, seen: string[]): Promise<void> {
  seen.push('first')
  if (attempt === 1) throw OVERLOADED
}

test.each(['cancel()', 'cancelOperation()', 'break'])('%s ends the wait at once, and leaves no timer', async (way) => {
  const { clock, builder } = ground()
  const a = builder.task({ name: 'a', retry: 5, run: fails(9) })
  const stream = flowStream(builder, { onError: 'continue' })
  const tuples = stream[Symbol.asyncIterator]()
  const seen = [await tuples.next(), await tuples.next(), await tuples.next(), await tuples.next()]
  expect(seen.at(-1)?.value?.[1].type).toBe('text-end')
  await turns(3)
  expect(clock.running).toBe(1)
  if (way === 'break') await tuples.return?.()
  else {
    const reading = read({ [Symbol.asyncIterator]: () => tuples })
    await (way === 'cancel()' ? stream.cancel() : stream.cancelOperation(a))
    expect(endsOf((await reading).tuples).get('a')).toMatchObject({
      status: 'cancelled',
      partial: { text: 'attempt 1' },
    })
  }
  expect(clock.running).toBe(0)
})

test.each([{ branch: 'chat' }, {}])(
  'a turn that is tried again adds no second instruction and does not send the partial answer: %j',
  async (shape) => {
    const model = scriptedModel([['so ', 'far', OVERLOADED], 'the whole answer', 'and another'])
    const session = new Session({ imodel: model })
    const builder = new Builder({ session })
    const a = builder.communicate({ instruction: 'x', retry: { attempts: 2, backoff: 0 }, ...shape })
    expect((await flow(builder)).get(a)).toBe('the whole answer')
    const [branch] = await session.branches()
    if (!branch) throw new Error('no branch')
    expect(await texts(branch)).toEqual(['user: x', 'assistant?: so far', 'assistant: the whole answer'])
    expect(await session.branches()).toHaveLength(1)
    await session.conduct('communicate', branch, { instruction: 'y' })
    expect(model.calls.map(({ messages }) => messages.map((each: MessageLike) => toMessage(each).text))).toEqual([
      ['x'],
      ['x'],
      ['x', 'the whole answer', 'y'],
    ])
  },
)

test('what a function of your own appended in an attempt that failed is on the branch once', async () => {
  const { session, builder } = ground()
  builder.task({
    branch: 'notes',
    retry: { attempts: 2, backoff: 0 },
    run: async ({ attempt, branch }) => {
      await branch?.append({ role: 'user', content: 'noted' })
      if (attempt === 1) throw OVERLOADED
    },
  })
  await flow(builder)
  expect(await texts(await session.branch('notes'))).toEqual(['user: noted'])
})

test('each attempt has the same key, a context of its own, and what the one before still wants to write is refused', async () => {
  const { builder } = ground()
  const contexts: OperationContext[] = []
  builder.task({
    branch: 'notes',
    retry: { attempts: 2, backoff: 0 },
    run: async (context) => {
      contexts.push(context)
      if (context.attempt === 1) throw OVERLOADED
      const [first] = contexts
      await thrown('attempt_superseded', () => first?.branch?.append({ role: 'user', content: 'late' }))
    },
  })
  await flow(builder)
  expect(contexts.map(({ attempt }) => attempt)).toEqual([1, 2])
  expect(contexts[0]?.idempotencyKey).toBe(contexts[1]?.idempotencyKey)
  expect(await texts(await builder.session.branch('notes'))).toEqual([])
})

test('where what an attempt leaves cannot be stored, there is no other', async () => {
  class Full extends MemoryStore {
    override async write(changes: readonly Change[]): Promise<void> {
      if (changes.some(({ type }) => type === 'append')) throw new BraidError('disk_full', 'the disk is full')
      return super.write(changes)
    }
  }
  const model = scriptedModel([['so far', OVERLOADED], 'never asked'])
  const builder = new Builder({ session: new Session({ imodel: model }, { store: new Full() }) })
  const a = builder.communicate({ instruction: 'x', branch: 'chat', retry: { attempts: 2, backoff: 0 } })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(a)).toMatchObject({ status: 'failed', error: { code: 'overloaded' } })
  expect(model.calls).toHaveLength(1)
})

test('a model is asked again after it broke off, and the reader is told to forget what came', async () => {
  const open = gate()
  const model = scriptedModel([
    async function* () {
      yield 'half an '
      await open.opened
      throw OVERLOADED
    },
    'a whole answer',
  ])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const a = builder.generate({ name: 'a', instruction: 'x', retry: { attempts: 2, backoff: 0 } })
  let shown = ''
  for await (const [, chunk] of flowStream(builder)) {
    if (chunk.type === 'operation-reset') shown = ''
    if (chunk.type === 'text-delta') shown += chunk.data
    if (shown === 'half an ') open.open()
    await turn()
  }
  expect(shown).toBe('a whole answer')
  expect((await flow(builder)).get(a)).toBe(shown)
})
