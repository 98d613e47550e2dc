import { Builder, flow, flowStream } from '@braid/flow'
import { describe, expect, test, vi } from 'vitest'
import { askers, byOperation, ground, Outside, openSession, read, SIZES } from './material.ts'
import { TurnClock } from './turn-clock.ts'

describe.each(SIZES)('law 8, with %i operations: nothing runs twice', (count) => {
  test('what completed is not run again by its builder: its stored result is used', async () => {
    const { server, builder } = await ground()
    server.reply(({ prompt }) => `answer to ${prompt}`, { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const first = await read(flowStream(plan))
    expect(byOperation(first.tuples).size).toBe(count)
    const results = await flow(plan.operations)
    expect(results.all(plan.operations)).toEqual(plan.operations.map((_, index) => `answer to question ${index}`))
    expect((await read(flowStream(plan))).tuples).toEqual([])
    const more = plan.generate({ name: 'more', instruction: 'more', contextFrom: plan.operations })
    await flow(plan)
    expect(server.requests).toHaveLength(count + 1)
    await flow(more, { fresh: true })
    expect(server.requests).toHaveLength(count * 2 + 2)
  })

  test('after a failure, only what failed and what needed it runs again, and adds no second instruction', async () => {
    const { server, builder, path } = await ground()
    server.reply('so far and no further', {
      fault: { type: 'truncate' },
      when: ({ prompt }) => prompt === 'question 0',
    })
    server.reply('an answer', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const needs = plan.task({ name: 'needs', dependsOn: plan.operations, run: () => 'ran' })
    await expect(flow(plan)).rejects.toMatchObject({ code: 'run_failed', errors: [{ operationId: 'ask-0' }] })
    expect((await flow(plan)).get(needs)).toBe('ran')
    expect(server.requests).toHaveLength(count + 1)
    expect(new Outside(path).conversation('branch-0')).toEqual([
      'user complete question 0',
      expect.stringMatching(/^assistant partial so far/),
      'assistant complete an answer',
    ])
    const again = server.requests.filter(({ prompt }) => prompt === 'question 0')[1]
    expect(again?.messages.map(({ text }) => text)).toEqual(['question 0'])
  })

  test('an attempt that took too long and did not listen writes nothing once the next one has begun', async () => {
    const clock = new TurnClock()
    const { session, path } = await openSession({ grace: 1, clock })
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const plan = new Builder({ session })
    const late: unknown[] = []
    const letGo: (() => void)[] = []
    for (let index = 0; index < count; index += 1) {
      plan.task({
        name: `deaf-${index}`,
        branch: `branch-${index}`,
        timeout: 1_000_000 + index,
        retry: { attempts: 2, backoff: 0 },
        run: async ({ attempt, branch, idempotencyKey }) => {
          await branch?.append({ role: 'user', content: `by attempt ${attempt}` })
          if (attempt === 2) return idempotencyKey
          clock.fire(1_000_000 + index)
          await new Promise<void>((resolve) => letGo.push(resolve))
          late.push(await branch?.append({ role: 'user', content: 'late' }).catch((error: unknown) => error))
          return 'completed after all'
        },
      })
    }
    const stream = flowStream(plan)
    const { tuples } = await read(stream)
    for (const go of letGo) go()
    while (late.length < count) await new Promise(setImmediate)
    expect(warned).toHaveBeenCalledTimes(count)
    warned.mockRestore()
    for (const error of late) expect(error).toMatchObject({ code: 'attempt_superseded' })
    const outside = new Outside(path)
    for (const [id, chunks] of byOperation(tuples)) {
      expect(chunks.map(({ type }) => type)).toEqual(['operation-start', 'operation-reset', 'operation-end'])
      expect(chunks.at(-1)).toMatchObject({ status: 'completed', result: `${stream.runId}/${id}`, attempts: 2 })
      expect(outside.conversation(id.replace('deaf', 'branch'))).toEqual(['user complete by attempt 2'])
    }
  })

  test('two runs of one builder do not run its operations at once', async () => {
    const { server, builder } = await ground()
    server.reply('an answer', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const [first, second] = await Promise.allSettled([flow(plan), flow(plan)])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'run_taken' } })
    expect(server.requests).toHaveLength(count)
  })
})
