import { getEventListeners } from 'node:events'
import { type Chunk, NO_METADATA, type Usage } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { describe, expect, test, vi } from 'vitest'
import { Builder, flow, flowStream, Session } from '../src/index.ts'
import { aborted, endsOf, FakeClock, gate, read, turns } from './material.ts'

describe('the timeout of a run', () => {
  test('cancels it with `timeout`, and what had come is kept', async () => {
    const clock = new FakeClock()
    const builder = new Builder({ session: new Session({}, { clock }) })
    builder.task({ name: 'done', run: () => 1 })
    builder.task({
      name: 'long',
      async *run({ signal }) {
        yield 'so far'
        await aborted(signal)
      },
    })
    builder.task({ name: 'next', dependsOn: builder.get('long'), run: () => 2 })
    const reading = read(flowStream(builder, { timeout: 1_000 }))
    await turns(5)
    await clock.pass(1_000)
    const { tuples, error } = await reading
    expect(error).toMatchObject({ code: 'timeout', message: expect.stringContaining('1000 ms') })
    const ends = endsOf(tuples)
    expect(ends.get('done')?.status).toBe('completed')
    expect(ends.get('long')).toMatchObject({ status: 'cancelled', reason: error, partial: { text: 'so far' } })
    expect(ends.get('next')).toMatchObject({ status: 'cancelled', reason: error })
    expect(clock.running).toBe(0)
  })

  test.each(['completes', 'fails', 'is left'])('leaves no timer and no listener when the run %s', async (how) => {
    const clock = new FakeClock()
    const builder = new Builder({ session: new Session({}, { clock }) })
    builder.task({
      timeout: 10,
      async *run() {
        yield 'x'
        if (how === 'fails') throw new Error('no')
      },
    })
    const { signal } = new AbortController()
    const stream = flowStream(builder, { timeout: 1_000, signal })
    if (how === 'is left') for await (const _ of stream) break
    await stream.results.catch(() => {})
    expect(clock.waits.slice(0, 2)).toEqual([1_000, 10])
    expect(clock.running).toBe(0)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('a budget', () => {
  const usage = { inputTokens: 6, outputTokens: 4 }

  function chain(length: number, model = scriptedModel(Array(length).fill('an answer'), { usage })): Builder {
    const builder = new Builder({ session: new Session({ imodel: model }) })
    for (let n = 0; n < length; n += 1) {
      builder.generate({ name: `${n}`, instruction: 'x', dependsOn: n === 0 ? [] : builder.get(`${n - 1}`) })
    }
    return builder
  }

  test('of tokens ends the run as soon as more was used, and what was paid for is kept', async () => {
    const { tuples, error } = await read(flowStream(chain(4), { budget: { tokens: 15 } }))
    expect(error).toMatchObject({ code: 'budget_spent', message: expect.stringMatching(/15 tokens, 20 were used/) })
    expect([...endsOf(tuples)].map(([id, { status }]) => `${id} ${status}`)).toEqual([
      '0 completed',
      '1 cancelled',
      '2 cancelled',
      '3 cancelled',
    ])
    expect(endsOf(tuples).get('1')).toMatchObject({ partial: { text: 'an answer' }, usage })
  })

  test('that is spent exactly lets the run end, and lets nothing else start', async () => {
    expect((await flow(chain(2), { budget: { tokens: 20, operations: 2 } })).usage).toEqual({
      inputTokens: 12,
      outputTokens: 8,
    })
    const { tuples, error } = await read(flowStream(chain(3), { budget: { tokens: 20 } }))
    expect(error).toMatchObject({
      code: 'budget_spent',
      message: expect.stringContaining('another operation was to start'),
    })
    expect([...endsOf(tuples).values()].map(({ status }) => status)).toEqual(['completed', 'completed', 'cancelled'])
  })

  test('of operations counts those that start, not their attempts and not what is skipped', async () => {
    const builder = chain(0)
    for (const name of ['0', '1']) builder.task({ name, run: () => 1 })
    builder.task({
      name: 'again',
      retry: { attempts: 3, backoff: 0, on: () => true },
      run: ({ attempt }) => {
        if (attempt < 3) throw new Error('no')
      },
    })
    builder.task({ name: 'never', when: () => false, run: () => 1 })
    await flow(builder, { budget: { operations: 3 } })
    const { error } = await read(flowStream(builder, { fresh: true, budget: { operations: 2 } }))
    expect(error).toMatchObject({ code: 'budget_spent', message: expect.stringMatching(/2 operations, 2 had started/) })
  })

  test('counts what is inside of a group, and not the group beside it', async () => {
    const builder = new Builder()
    builder.subgraph({
      name: 'inside',
      build: (sub) => {
        const a = sub.task({ name: 'a', run: () => 1 })
        return sub.task({ name: 'b', dependsOn: a, run: () => 2 })
      },
    })
    await flow(builder, { budget: { operations: 2 } })
    const { tuples, error } = await read(flowStream(builder, { fresh: true, budget: { operations: 1 } }))
    expect(error).toMatchObject({ code: 'budget_spent' })
    expect(endsOf(tuples).get('inside/b')).toMatchObject({ status: 'cancelled' })
    expect(endsOf(tuples).get('inside')).toMatchObject({ status: 'cancelled' })
  })

  test('sees the usage of an answer while it comes, each count once', async () => {
    const open = gate()
    const builder = new Builder()
    const says = (used: Usage): Chunk & { type: 'usage' } => ({
      type: 'usage',
      usage: used,
      candidate: 0,
      metadata: NO_METADATA,
    })
    builder.task({
      name: 'a',
      async *run({ signal }) {
        yield says({ inputTokens: 5 })
        yield says({ inputTokens: 5, outputTokens: 2 })
        yield says({ totalTokens: 9 })
        yield 'within'
        yield says({ totalTokens: 11 })
        open.open()
        await aborted(signal)
      },
    })
    const { tuples, error } = await read(flowStream(builder, { budget: { tokens: 10 } }))
    await open.opened
    expect(error).toMatchObject({ code: 'budget_spent', message: expect.stringContaining('11') })
    expect(endsOf(tuples).get('a')).toMatchObject({ status: 'cancelled', usage: { totalTokens: 11 } })
  })

  test('of cost is counted with the price that it is given, by model', async () => {
    const price = vi.fn((used: Usage, model: string) => (model === 'scripted' ? (used.outputTokens ?? 0) * 0.25 : 0))
    const model = scriptedModel(['one', 'two', 'three'], { usage })
    const { tuples, error } = await read(flowStream(chain(3, model), { budget: { cost: 1.5, price } }))
    expect(price).toHaveBeenCalledWith(expect.objectContaining(usage), 'scripted')
    expect(error).toMatchObject({ code: 'budget_spent', message: expect.stringMatching(/1\.5 in cost, 2 were used/) })
    expect([...endsOf(tuples).values()].map(({ status }) => status)).toEqual(['completed', 'cancelled', 'cancelled'])
  })

  test('of cost is counted by the models’ own prices, without a price of its own', async () => {
    const model = scriptedModel(['one', 'two', 'three'], { usage: { ...usage, cost: 0.25 } })
    const { tuples, error } = await read(flowStream(chain(3, model), { budget: { cost: 0.4 } }))
    expect(error).toMatchObject({
      code: 'budget_spent',
      message: expect.stringMatching(/0\.4 in cost, 0\.5 were used/),
    })
    expect([...endsOf(tuples).values()].map(({ status }) => status)).toEqual(['completed', 'cancelled', 'cancelled'])
  })

  test('of cost that nobody can count ends the run with an error that says so', async () => {
    const { error } = await read(flowStream(chain(2), { budget: { cost: 1 } }))
    expect(error).toMatchObject({ code: 'invalid_plan', message: expect.stringContaining('`prices`') })
  })

  test('whose price is none ends the run with an error that says so', async () => {
    const price = (): number => Number.NaN
    const { error } = await read(flowStream(chain(2), { budget: { cost: 1, price } }))
    expect(error).toMatchObject({ code: 'invalid_plan', message: expect.stringContaining('NaN') })
  })

  test('counts the attempts that failed', async () => {
    const model = scriptedModel(['first', 'second', 'third'], { usage })
    const builder = new Builder({ session: new Session({ imodel: model }) })
    builder.task({
      name: 'a',
      retry: { attempts: 3, backoff: 0, on: () => true },
      async *run({ imodel }) {
        yield* imodel().invoke('x')
        throw new Error('not good enough')
      },
    })
    const { error } = await read(flowStream(builder, { budget: { tokens: 25 } }))
    expect(error).toMatchObject({ code: 'budget_spent' })
    expect(model.calls).toHaveLength(3)
  })
})
