import { flow, flowStream } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { ground, Outside, read } from '../laws/material.ts'
import { refused } from './material.ts'

const FAILURE = { status: 400, message: 'no' }

test('what an operation is told reaches the provider as it was written', async () => {
  const { server, builder } = await ground()
  const instruction = ' Ünïcode, "quotes",\n\tand 👩‍🚀 \\n stay as they are '
  const plan = builder()
  plan.generate({ instruction })
  await flow(plan)
  expect(server.requests.map(({ prompt }) => prompt)).toEqual([instruction])
})

test('of a diamond all four are run, and the last has what both in the middle gave', async () => {
  const { server, builder } = await ground()
  server.reply(({ prompt }) => `answer to ${prompt.split('\n')[0]}`, { times: Number.POSITIVE_INFINITY })
  const plan = builder()
  const top = plan.generate({ name: 'top', instruction: 'top' })
  const left = plan.generate({ name: 'left', instruction: 'left', contextFrom: top })
  const right = plan.generate({ name: 'right', instruction: 'right', contextFrom: top })
  const bottom = plan.generate({ name: 'bottom', instruction: 'bottom', contextFrom: [left, right] })
  const results = await flow(plan)
  expect(results.all([top, left, right, bottom])).toEqual(
    ['top', 'left', 'right', 'bottom'].map((x) => `answer to ${x}`),
  )
  const prompt = server.requests.at(-1)?.prompt
  expect(prompt).toContain('answer to left')
  expect(prompt).toContain('answer to right')
})

describe('where one operation fails', () => {
  test("under 'continue', nothing is thrown, what does not need it goes on, and it has an outcome and no result", async () => {
    const { server, builder } = await ground()
    server.reply(FAILURE, { when: ({ prompt }) => prompt === 'bad' })
    const plan = builder()
    const bad = plan.generate({ name: 'bad', instruction: 'bad' })
    const good = plan.generate({ name: 'good', instruction: 'good' })
    const after = plan.generate({ name: 'after', instruction: 'after', dependsOn: good })
    const results = await flow(plan, { onError: 'continue' })
    expect(results.find(bad)).toBeUndefined()
    expect(results.outcome(bad)).toMatchObject({ status: 'failed', error: { code: 'invalid_request' } })
    expect([results.outcome(good).status, results.outcome(after).status]).toEqual(['completed', 'completed'])
  })

  // lionpride pins the opposite: there, stopping at an error throws nothing, and the operation is only missing among the results.
  test("under 'abort', the run rejects with its error, whatever else was under way is cancelled, and its connection is closed", async () => {
    const { server, builder, path } = await ground()
    server.reply('never', { fault: { type: 'stall', after: 'request' }, when: ({ prompt }) => prompt === 'slow' })
    server.reply(
      async () => {
        await server.until(({ requests }) => requests.length === 2)
        return FAILURE
      },
      { when: ({ prompt }) => prompt === 'bad' },
    )
    const plan = builder()
    plan.generate({ name: 'slow', instruction: 'slow' })
    const bad = plan.generate({ name: 'bad', instruction: 'bad' })
    plan.generate({ name: 'needs', instruction: 'needs', dependsOn: bad })
    const error = await refused('run_failed', () => flow(plan, { onError: 'abort' }))
    expect(error.errors).toMatchObject([{ operationId: 'bad', code: 'invalid_request' }])
    const recorded = new Map(new Outside(path).operations().map((operation) => [operation.id, operation]))
    expect(recorded.get('slow')).toMatchObject({ status: 'cancelled' })
    expect(recorded.get('bad')).toMatchObject({ status: 'failed' })
    expect(recorded.get('needs')).toMatchObject({ status: 'skipped', because: 'bad' })
    const slow = server.requests.find(({ prompt }) => prompt === 'slow')
    await slow?.closed
    expect(slow?.outcome).toBe('client-left')
    expect(server.requests).toHaveLength(2)
  })

  // lionpride pins the opposite: there, what needs a failed operation is run all the same, and does not know.
  test.each(['skipDependents', 'continue'] as const)(
    'under %s, what needs it is skipped, says because of which, and asks nobody',
    async (onError) => {
      const { server, builder } = await ground()
      server.reply(FAILURE, { when: ({ prompt }) => prompt === 'bad' })
      const plan = builder()
      const bad = plan.generate({ name: 'bad', instruction: 'bad' })
      const needs = plan.generate({ name: 'needs', instruction: 'needs', dependsOn: bad })
      plan.generate({ name: 'later', instruction: 'later', contextFrom: needs })
      plan.generate({ name: 'other', instruction: 'other' })
      const { tuples, error } = await read(flowStream(plan, { onError }))
      const ends = new Map(tuples.flatMap(([id, chunk]) => (chunk.type === 'operation-end' ? [[id, chunk]] : [])))
      expect(ends.get('bad')).toMatchObject({ status: 'failed' })
      expect(ends.get('needs')).toMatchObject({ status: 'skipped', because: 'bad' })
      expect(ends.get('later')).toMatchObject({ status: 'skipped', because: 'bad' })
      expect(ends.get('other')).toMatchObject({ status: 'completed' })
      expect(server.requests.map(({ prompt }) => prompt).sort()).toEqual(['bad', 'other'])
      if (onError === 'continue') expect(error).toBeUndefined()
      else expect(error).toMatchObject({ code: 'run_failed', errors: [{ operationId: 'bad' }] })
    },
  )

  test('what says that it starts in any case is run behind it, and can see how it ended', async () => {
    const { server, builder } = await ground()
    server.reply(FAILURE, { when: ({ prompt }) => prompt === 'bad' })
    const plan = builder()
    const bad = plan.generate({ name: 'bad', instruction: 'bad' })
    const report = plan.generate({
      dependsOn: bad,
      join: 'settled',
      instruction: (results) => `it has ${results.outcome(bad).status}`,
    })
    const results = await flow(plan, { onError: 'continue' })
    expect(results.outcome(report).status).toBe('completed')
    expect(server.requests.at(-1)?.prompt).toBe('it has failed')
  })
})

test('at a concurrency of two, independent operations are two at a time at the provider, and never three', async () => {
  const { server, builder } = await ground()
  server.reply(
    async ({ index }) => {
      // Each pair waits for its other half.
      await server.until(({ requests }) => requests.length > index - (index % 2) + 1)
      return 'answer'
    },
    { times: 8 },
  )
  const plan = builder()
  for (let index = 0; index < 8; index += 1) plan.generate({ instruction: `question ${index}` })
  await flow(plan, { concurrency: 2 })
  expect(server.requests).toHaveLength(8)
  expect(server.peakActive).toBe(2)
})

test('operations on several branches, and what puts them together, each write their own branch and no other', async () => {
  const { server, session, builder, path } = await ground()
  server.reply(({ prompt }) => `answer to ${prompt.split('\n')[0]}`, { times: Number.POSITIVE_INFINITY })
  await session.createBranch({ name: 'bystander' })
  const plan = builder()
  plan.communicate({ name: 'one', instruction: 'one', branch: 'a' })
  plan.communicate({ name: 'two', instruction: 'two', branch: 'b' })
  plan.addAggregation('both', 'communicate', { instruction: 'both' }, { branch: 'c' })
  await flow(plan)
  const outside = new Outside(path)
  expect(outside.conversation('a')).toEqual(['user complete one', 'assistant complete answer to one'])
  expect(outside.conversation('b')).toEqual(['user complete two', 'assistant complete answer to two'])
  const [asked, answered] = outside.conversation('c')
  expect(asked).toContain('user complete both')
  expect(answered).toBe('assistant complete answer to both')
  expect(outside.conversation('bystander')).toEqual([])
})
