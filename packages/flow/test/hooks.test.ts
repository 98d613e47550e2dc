import { BraidError, type Chunk } from '@braid/core'
import { afterEach, expect, test, vi } from 'vitest'
import { Builder, type FlowHooks, flow, flowStream, Session } from '../src/index.ts'
import { endsOf, FakeClock, gate, read, saidBy, turns } from './material.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

test('hooks see every attempt begin, every chunk, every failure and every end, in order', async () => {
  const builder = new Builder()
  const a = builder.task({
    name: 'a',
    retry: { attempts: 2, backoff: 0, on: () => true },
    async *run({ attempt }) {
      yield `attempt ${attempt}`
      if (attempt === 1) throw new Error('no')
    },
  })
  const b = builder.task({ name: 'b', dependsOn: a, run: () => Promise.reject(new Error('never')) })
  builder.task({ name: 'c', dependsOn: b, run: () => 1 })
  const seen: string[] = []
  const chunks: [string, Chunk][] = []
  const hooks: FlowHooks = {
    beforeOperation: ({ id }, attempt) => void seen.push(`${id} before ${attempt}`),
    afterOperation: ({ id }, { status }) => void seen.push(`${id} after, ${status}`),
    onChunk: (...tuple) => void chunks.push(tuple),
    onError: ({ id }, { message }) => void seen.push(`${id} failed: ${message}`),
  }
  const { tuples } = await read(flowStream(builder, { hooks }))
  expect(seen).toEqual([
    'a before 1',
    'a before 2',
    'a after, completed',
    'b before 1',
    'b failed: never',
    'b after, failed',
    'c after, skipped',
  ])
  expect(chunks).toEqual(tuples)
  chunks.length = 0
  await flow(builder, { hooks, fresh: true, onError: 'continue' })
  expect(chunks.map(([id, { type }]) => `${id} ${type}`)).toEqual(tuples.map(([id, { type }]) => `${id} ${type}`))
})

test('an attempt waits for `beforeOperation`, and fails with what it throws, before it does anything', async () => {
  const builder = new Builder()
  const open = gate()
  const ran: string[] = []
  builder.task({ name: 'a', run: () => void ran.push('a') })
  builder.task({ name: 'b', run: () => void ran.push('b') })
  const hooks: FlowHooks = {
    async beforeOperation({ id }) {
      if (id === 'b') throw new BraidError('access_denied', 'not today')
      await open.opened
    },
  }
  const reading = read(flowStream(builder, { hooks }))
  await turns(5)
  expect(ran).toEqual([])
  open.open()
  const { tuples, error } = await reading
  expect(ran).toEqual(['a'])
  expect(saidBy(tuples, 'b')).toEqual(['operation-start', 'operation-end'])
  expect(error).toMatchObject({ errors: [{ code: 'access_denied', operationId: 'b', message: 'not today' }] })
})

test('a hook that never resolves does not keep its operation from being cancelled', async () => {
  const builder = new Builder()
  const a = builder.task({ run: () => 1 })
  const stream = flowStream(builder, {
    hooks: { beforeOperation: () => new Promise(() => {}) },
    onError: 'continue',
  })
  const { results } = stream
  await turns(5)
  await stream.cancelOperation(a)
  expect((await results).outcome(a).status).toBe('cancelled')
})

test('what an onlooking hook throws or rejects with is reported once, and the run goes on', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: () => 'kept' })
  builder.task({ name: 'b', run: () => Promise.reject(new Error('b failed')) })
  const hooks: FlowHooks = {
    afterOperation: async () => {
      throw new Error('after is broken')
    },
    onChunk: () => {
      throw new Error('chunk is broken')
    },
    onError: () => {
      throw new Error('error is broken')
    },
  }
  const { tuples, error } = await read(flowStream(builder, { hooks }))
  expect(error).toMatchObject({ code: 'run_failed', errors: [{ message: 'b failed' }] })
  expect([...endsOf(tuples)].map(([id, { status }]) => `${id} ${status}`)).toEqual(['a completed', 'b failed'])
  expect(warned.mock.calls.map(([message]) => message)).toEqual([
    'the hook onChunk threw: chunk is broken; the run goes on',
    'the hook afterOperation rejected: after is broken; the run goes on',
    'the hook onError threw: error is broken; the run goes on',
  ])
  expect((error as BraidError).results?.get(a)).toBe('kept')
})

test('a run is not over before `afterOperation` has resolved, and nothing else waits for it', async () => {
  const builder = new Builder()
  const open = gate()
  const a = builder.task({ name: 'a', run: () => 1 })
  const ran: string[] = []
  builder.task({ name: 'b', dependsOn: a, run: () => void ran.push('b') })
  const results = flow(builder, {
    hooks: {
      afterOperation: async ({ id }) => {
        await open.opened
        ran.push(`after ${id}`)
      },
    },
  })
  await turns(5)
  expect(ran).toEqual(['b'])
  open.open()
  await results
  expect(ran).toEqual(['b', 'after a', 'after b'])
})

test('an `afterOperation` that never resolves is left behind after the grace period, with a warning', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const clock = new FakeClock()
  const builder = new Builder({ session: new Session({}, { clock, grace: 100 }) })
  builder.task({ run: () => 1 })
  const results = flow(builder, { hooks: { afterOperation: () => new Promise(() => {}) } })
  await turns(5)
  await clock.pass(100)
  await results
  expect(warned).toHaveBeenCalledWith(expect.stringContaining('within 100 ms'), { code: 'BRAID_HOOK' })
  expect(clock.running).toBe(0)
})
