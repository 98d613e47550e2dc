import { tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test, vi } from 'vitest'
import { z } from 'zod'
import { Builder, flow, flowStream, type OperationContext, Session } from '../src/index.ts'
import { aborted, endsOf, FakeClock, gate, read, saidBy, thrown, turns } from './material.ts'
import { call, reply } from './tools/material.ts'

function ground(grace = 100): { readonly clock: FakeClock; readonly session: Session; readonly builder: Builder } {
  const clock = new FakeClock()
  const session = new Session({}, { clock, grace })
  return { clock, session, builder: new Builder({ session }) }
}

test('an attempt that takes too long is told to stop, and has failed with `timeout`, which names it', async () => {
  const { clock, builder } = ground()
  const told: unknown[] = []
  const a = builder.task({
    name: 'a',
    timeout: 50,
    async *run({ signal }) {
      yield 'so far'
      await aborted(signal)
      told.push(signal.reason)
    },
  })
  const reading = read(flowStream(builder))
  await turns(5)
  await clock.pass(49)
  expect(told).toEqual([])
  await clock.pass(1)
  const { tuples, error } = await reading
  expect(saidBy(tuples, 'a')).toEqual(['operation-start', 'text-start', 'so far', 'text-end', 'operation-end'])
  expect(endsOf(tuples).get(a.id)).toMatchObject({
    status: 'failed',
    error: { code: 'timeout', retryable: true, operationId: 'a', message: expect.stringContaining('50 ms') },
    partial: { text: 'so far' },
  })
  expect(error).toMatchObject({ code: 'run_failed', errors: [{ code: 'timeout' }] })
  expect(told).toMatchObject([{ code: 'timeout' }])
  expect(clock.running).toBe(0)
})

test('each attempt has its own time', async () => {
  const { clock, builder } = ground()
  const a = builder.task({
    timeout: 50,
    retry: { attempts: 3, backoff: 0 },
    run: async ({ attempt, signal }) => {
      if (attempt < 3) await aborted(signal)
      return attempt
    },
  })
  const results = flow(builder)
  for (let attempt = 1; attempt < 3; attempt += 1) {
    await turns(5)
    await clock.pass(50)
    await clock.pass(0)
  }
  expect((await results).get(a)).toBe(3)
  expect((await results).outcome(a)).toMatchObject({ attempts: 3, durationMs: 100 })
  expect(clock.running).toBe(0)
})

test('an attempt that ends in time leaves no timer', async () => {
  const { clock, builder } = ground()
  const a = builder.task({ timeout: 50, run: () => 'in time' })
  expect((await flow(builder)).get(a)).toBe('in time')
  expect(clock.waits).toEqual([50])
  expect(clock.running).toBe(0)
})

test('an attempt that does not listen is fenced after the grace period: the next one begins, and it can say and write nothing any more', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const { clock, session, builder } = ground()
  const late = gate()
  const over = gate()
  let refused: unknown
  const a = builder.task({
    name: 'a',
    branch: 'notes',
    timeout: 50,
    retry: { attempts: 2, backoff: 0 },
    async *run({ attempt, branch }: OperationContext) {
      yield `attempt ${attempt}`
      await branch?.append({ role: 'user', content: `noted by ${attempt}` })
      if (attempt === 2) {
        await over.opened
        return attempt
      }
      await late.opened
      refused = await thrown('attempt_superseded', () => branch?.append({ role: 'user', content: 'late' }))
      yield 'heard by nobody'
      return attempt
    },
  })
  const reading = read(flowStream(builder))
  await turns(5)
  await clock.pass(50)
  expect(warned).not.toHaveBeenCalled()
  await clock.pass(100)
  expect(warned).toHaveBeenCalledWith(expect.stringContaining('"a"'), { code: 'BRAID_FENCED' })
  await clock.pass(0)
  late.open()
  await turns(5)
  over.open()
  const { tuples } = await reading
  warned.mockRestore()
  expect(refused).toBeDefined()
  expect(saidBy(tuples, 'a')).toEqual([
    ...['operation-start', 'text-start', 'attempt 1', 'text-end'],
    ...['operation-reset', 'text-start', 'attempt 2', 'text-end', 'operation-end'],
  ])
  expect(endsOf(tuples).get(a.id)).toMatchObject({ status: 'completed', result: 2, attempts: 2 })
  expect((await (await session.branch('notes')).messages()).map(({ text }) => text)).toEqual(['noted by 2'])
})

test('one that is cancelled while it is given time to stop is cancelled, and not tried again', async () => {
  const { clock, builder } = ground()
  const hold = gate()
  const a = builder.task({ timeout: 50, retry: 5, run: () => hold.opened })
  const stream = flowStream(builder, { onError: 'continue' })
  const { results } = stream
  await turns(5)
  await clock.pass(50)
  const cancelled = stream.cancelOperation(a, new Error('enough'))
  hold.open()
  await cancelled
  expect((await results).outcome(a)).toMatchObject({ status: 'cancelled', reason: { message: 'enough' } })
  expect(clock.running).toBe(0)
})

test('the time that it waits for its reader does not count', async () => {
  const { clock, builder } = ground()
  const a = builder.task({
    timeout: 50,
    async *run() {
      for (let n = 0; n < 10; n += 1) yield `${n}`
      return 'read at last'
    },
  })
  const stream = flowStream(builder, { buffer: { chunks: 2 } })
  for await (const _ of stream) {
    // Until it can say no more.
    await turns(3)
    await clock.pass(40)
  }
  expect(await stream.result(a)).toBe('read at last')
  expect(clock.running).toBe(0)
})

test('the time that it waits for a person does not count, and the run says that it waits for one', async () => {
  const clock = new FakeClock()
  const refund = tool({
    name: 'refund',
    description: '',
    input: z.object({ cents: z.number() }),
    approval: true,
    run: ({ cents }) => `refunded ${cents}`,
  })
  const model = scriptedModel([reply(call('1', 'refund', { cents: 500 })), 'done'])
  const builder = new Builder({ session: new Session({ imodel: model }, { clock }) })
  const agent = builder.react({ instruction: 'x', tools: [refund], timeout: 50 })
  const run = await flowStream(builder).detach()
  const asked = (async () => {
    for await (const [, chunk] of run.stream()) if (chunk.type === 'tool-approval-request') return chunk.approvalId
    throw new Error('nobody was asked')
  })()
  const approvalId = await asked
  await turns(5)
  expect(run.status).toBe('waiting')
  await clock.pass(3_600_000)
  await run.approve(approvalId)
  expect(run.status).toBe('running')
  expect((await run.results()).get(agent)).toBe('done')
  expect(run.status).toBe('completed')
  expect(clock.running).toBe(0)
})
