import { flowStream } from '@braid/flow'
import { expect, test } from 'vitest'
import { ground, read } from '../laws/material.ts'

const FAILURE = { status: 400, message: 'no' }

test('the end of an operation has an error if it failed, a result if it completed, and never both', async () => {
  const { server, builder } = await ground()
  server.reply('fine', { when: ({ prompt }) => prompt === 'good' })
  server.reply(FAILURE, { when: ({ prompt }) => prompt === 'bad' })
  const plan = builder()
  plan.generate({ name: 'good', instruction: 'good' })
  const bad = plan.generate({ name: 'bad', instruction: 'bad' })
  plan.generate({ name: 'skipped', instruction: 'skipped', dependsOn: bad })
  const { tuples } = await read(flowStream(plan, { onError: 'continue' }))
  const ends = tuples.flatMap(([id, chunk]) => (chunk.type === 'operation-end' ? [{ id, ...chunk }] : []))
  expect(ends).toHaveLength(3)
  for (const end of ends) {
    expect('error' in end, end.id).toBe(end.status === 'failed')
    expect('result' in end, end.id).toBe(end.status === 'completed')
  }
  expect(ends.find(({ id }) => id === 'good')).toMatchObject({ result: 'fine' })
  expect(ends.find(({ id }) => id === 'bad')).toMatchObject({ error: { code: 'invalid_request', operationId: 'bad' } })
})

test('when the last end is read, all that was planned is over, and each end was counted when it was read', async () => {
  const { server, builder } = await ground()
  server.reply(FAILURE, { when: ({ prompt }) => prompt === 'question 3' })
  const plan = builder()
  for (let index = 0; index < 6; index += 1) plan.generate({ instruction: `question ${index}` })
  const stream = flowStream(plan, { onError: 'continue' })
  let read = 0
  for await (const [, chunk] of stream) {
    if (chunk.type !== 'operation-end') continue
    read += 1
    const { completed, failed, total } = stream.progress
    expect(completed + failed).toBeGreaterThanOrEqual(read)
    expect(total).toBe(6)
  }
  expect(read).toBe(6)
  expect(stream.progress).toMatchObject({ completed: 5, failed: 1, queued: 0, running: 0, total: 6 })
})

test('an operation that is awaited in many ways at once is asked once, and all are given the same', async () => {
  const { server, builder } = await ground()
  server.reply('only once')
  const plan = builder()
  const a = plan.generate({ name: 'a', instruction: 'a' })
  const stream = flowStream(plan)
  const [one, other, results, tuples] = await Promise.all([
    stream.result(a),
    stream.result(a),
    stream.results,
    read(stream),
  ])
  expect([one, other, results.get(a)]).toEqual(['only once', 'only once', 'only once'])
  expect(tuples.error).toBeUndefined()
  expect(server.requests).toHaveLength(1)
})

test('a failure that is awaited in many ways at once is one failure: each rejects with the same error', async () => {
  const { server, builder } = await ground()
  server.reply(FAILURE)
  const plan = builder()
  const a = plan.generate({ name: 'a', instruction: 'a' })
  const stream = flowStream(plan)
  const outcomes = await Promise.allSettled([stream.result(a), stream.results, stream.results])
  const reasons = new Set(outcomes.map((outcome) => (outcome.status === 'rejected' ? outcome.reason : undefined)))
  expect([...reasons]).toMatchObject([{ code: 'run_failed', errors: [{ operationId: 'a' }] }])
  expect(server.requests).toHaveLength(1)
})

test('a result of nothing is a result, and not the lack of one', async () => {
  const { builder } = await ground()
  const plan = builder()
  const nothing = plan.task({ name: 'nothing', run: () => undefined })
  const none = plan.task({ name: 'none', run: () => null })
  const never = plan.task({ name: 'never', when: () => false, run: () => 1 })
  const after = plan.task({ dependsOn: [nothing, none], run: ({ results }) => results.all([nothing, none]) })
  const results = await flowStream(plan).results
  expect(results.get(after)).toEqual([undefined, null])
  expect(results.outcome(nothing)).toMatchObject({ status: 'completed', result: undefined })
  expect(results.outcome(never)).not.toHaveProperty('result')
})
