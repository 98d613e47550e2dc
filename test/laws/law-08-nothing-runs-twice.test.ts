import { flow, flowStream } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { askers, byOperation, ground, Outside, read, SIZES } from './material.ts'

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
