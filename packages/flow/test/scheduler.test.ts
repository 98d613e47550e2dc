import { expect, test, vi } from 'vitest'
import { Builder, flow, flowStream } from '../src/index.ts'
import { aborted, endsOf, gate, read, thrown, turn, turns } from './material.ts'

test('an operation starts when its own parents have completed, whatever unrelated ones are doing', async () => {
  const builder = new Builder()
  const hold = gate()
  builder.task({ name: 'slow', run: () => hold.opened })
  const quick = builder.task({ name: 'quick', run: () => 1 })
  builder.task({ name: 'after', dependsOn: quick, run: () => hold.open() })
  const results = await flow(builder)
  expect([...results].map(([, { status }]) => status)).toEqual(['completed', 'completed', 'completed'])
})

test("join 'any' starts with the first that completes, also when another has failed", async () => {
  const builder = new Builder()
  const hold = gate()
  const bad = builder.task({ name: 'bad', run: () => Promise.reject(new Error('no')) })
  const good = builder.task({ name: 'good', run: () => turns(3).then(() => 'good') })
  const slow = builder.task({ name: 'slow', run: () => hold.opened })
  const first = builder.task({
    name: 'first',
    dependsOn: [bad, good, slow],
    join: 'any',
    run: ({ results }) => {
      hold.open()
      return results.get(good)
    },
  })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.get(first)).toBe('good')
})

test("join 'any' is skipped when the last of its parents has failed, because of that one", async () => {
  const builder = new Builder()
  const one = builder.task({ name: 'one', run: () => Promise.reject(new Error('no')) })
  const two = builder.task({ name: 'two', run: () => turns(3).then(() => Promise.reject(new Error('no'))) })
  const any = builder.task({ name: 'any', dependsOn: [one, two], join: 'any', run: () => 1 })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(any)).toEqual({ status: 'skipped', because: 'two' })
})

test("of the parents of join 'any', those that have not ended have no result, and say so", async () => {
  const builder = new Builder()
  const hold = gate()
  const quick = builder.task({ name: 'quick', run: () => 1 })
  const slow = builder.task({ name: 'slow', run: () => hold.opened })
  const any = builder.task({
    name: 'any',
    dependsOn: [quick, slow],
    join: 'any',
    run: async ({ results }) => {
      expect(results.find(slow)).toBeUndefined()
      expect([...results].map(([id]) => id)).toEqual(['quick'])
      const error = await thrown('not_completed', () => results.get(slow))
      hold.open()
      return error.message
    },
  })
  expect((await flow(builder)).get(any)).toContain('has not ended')
})

test("join 'settled' starts when all parents have ended in whatever way, and sees how", async () => {
  const builder = new Builder()
  const bad = builder.task({ name: 'bad', run: () => Promise.reject(new Error('no')) })
  const skipped = builder.task({ name: 'skipped', dependsOn: bad, run: () => 1 })
  const off = builder.task({ name: 'off', when: () => false, run: () => 1 })
  const report = builder.task({
    name: 'report',
    dependsOn: [bad, skipped, off],
    join: 'settled',
    run: ({ results }) => [...results].map(([id, { status }]) => `${id} ${status}`),
  })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.get(report)).toEqual(['bad failed', 'skipped skipped', 'off skipped'])
})

test('a condition that is false skips its operation because of itself, and what needs it because of that', async () => {
  const builder = new Builder()
  const score = builder.task({ name: 'score', run: () => 3 })
  const publish = builder.task({
    name: 'publish',
    dependsOn: score,
    when: (results) => results.get(score) > 5,
    run: () => 1,
  })
  const mail = builder.task({ name: 'mail', dependsOn: publish, run: () => 1 })
  const { tuples, error } = await read(flowStream(builder))
  expect(error).toBeUndefined()
  const ends = endsOf(tuples)
  expect(ends.get('publish')).toMatchObject({ status: 'skipped', because: 'publish' })
  expect(ends.get(mail.id)).toMatchObject({ status: 'skipped', because: 'publish' })
  expect(tuples.filter(([id]) => id !== 'score')).toHaveLength(2)
})

test('a condition that throws has not said no: its operation fails', async () => {
  const builder = new Builder()
  const stranger = builder.task({ name: 'stranger', run: () => 1 })
  const a = builder.task({ name: 'a', when: (results) => results.get(stranger) > 1, run: () => 1 })
  const b = builder.task({ name: 'b', dependsOn: a, run: () => 1 })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(a)).toMatchObject({
    status: 'failed',
    error: { code: 'not_a_dependency', operationId: 'a', message: expect.stringContaining('"stranger"') },
  })
  expect(results.outcome(b)).toEqual({ status: 'skipped', because: 'a' })
})

test('no more operations run at once than the concurrency allows, and as many as it allows do', async () => {
  for (const concurrency of [1, 2, 4]) {
    const builder = new Builder()
    let running = 0
    let most = 0
    builder.fanOut([...Array(20).keys()], (index) =>
      builder.task({
        run: async () => {
          running += 1
          most = Math.max(most, running)
          await turns(1 + (index % 3))
          running -= 1
        },
      }),
    )
    await flow(builder, { concurrency })
    expect(most).toBe(concurrency)
  }
})

test('operations on one branch run in the order added, and those on others do not wait for them', async () => {
  const builder = new Builder()
  const order: string[] = []
  const busy = new Set<string>()
  for (const [name, branch] of [
    ['a1', 'a'],
    ['b1', 'b'],
    ['a2', 'a'],
    ['b2', 'b'],
    ['a3', 'a'],
  ] as const) {
    builder.task({
      name,
      branch,
      run: async () => {
        expect(busy.has(branch)).toBe(false)
        busy.add(branch)
        order.push(name)
        await turns(branch === 'a' ? 5 : 1)
        busy.delete(branch)
      },
    })
  }
  await flow(builder)
  expect(order.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
  expect(order.indexOf('b2')).toBeLessThan(order.indexOf('a2'))
})

test('the order on a branch is topological first: an operation that was added early and needs a late one comes after it', async () => {
  const builder = new Builder()
  const order: string[] = []
  const add = (name: string) => builder.task({ name, branch: 'main', run: () => order.push(name) })
  const first = add('first')
  add('second')
  const third = add('third')
  builder.dependsOn(first, third)
  await flow(builder)
  expect(order).toEqual(['second', 'third', 'first'])
})

test('one that is skipped early does not let those after it on its branch overtake those before it', async () => {
  const builder = new Builder()
  const order: string[] = []
  const slow = builder.task({ name: 'slow', run: () => turns(5) })
  const bad = builder.task({ name: 'bad', run: () => Promise.reject(new Error('no')) })
  builder.task({ name: 'one', branch: 'main', dependsOn: slow, run: () => order.push('one') })
  builder.task({ name: 'two', branch: 'main', dependsOn: bad, run: () => order.push('two') })
  builder.task({ name: 'three', branch: 'main', run: () => order.push('three') })
  await flow(builder, { onError: 'continue' })
  expect(order).toEqual(['one', 'three'])
})

test('the order on a branch does not pass failure on', async () => {
  const builder = new Builder()
  builder.task({ name: 'one', branch: 'main', run: () => Promise.reject(new Error('no')) })
  builder.task({ name: 'two', branch: 'main', when: () => false, run: () => 1 })
  const three = builder.task({ name: 'three', branch: 'main', run: () => 'ran' })
  expect((await flow(builder, { onError: 'continue' })).get(three)).toBe('ran')
})

test("under 'abort', a failure stops what runs, skips what needs it, and starts nothing more", async () => {
  const builder = new Builder()
  const ran: string[] = []
  builder.task({
    name: 'runs',
    run: async ({ signal }) => {
      ran.push('runs')
      await aborted(signal)
    },
  })
  const bad = builder.task({
    name: 'bad',
    run: async () => {
      ran.push('bad')
      await turn()
      throw new Error('no')
    },
  })
  builder.task({ name: 'needs', dependsOn: bad, run: () => ran.push('needs') })
  builder.task({ name: 'settled', dependsOn: bad, join: 'settled', run: () => ran.push('settled') })
  builder.task({ name: 'ready', run: () => ran.push('ready') })
  const { tuples, error } = await read(flowStream(builder, { onError: 'abort', concurrency: 2 }))
  expect(ran).toEqual(['runs', 'bad'])
  const ends = endsOf(tuples)
  expect(ends.get('runs')).toMatchObject({ status: 'cancelled' })
  expect(ends.get('bad')).toMatchObject({ status: 'failed' })
  expect(ends.get('needs')).toMatchObject({ status: 'skipped', because: 'bad' })
  expect(ends.get('settled')).toMatchObject({ status: 'cancelled' })
  expect(ends.get('ready')).toMatchObject({ status: 'cancelled' })
  expect(error).toMatchObject({ code: 'run_failed', errors: [{ operationId: 'bad', code: 'operation_failed' }] })
})

test('run_failed names every operation that failed, keeps what finished, and can be printed', async () => {
  const builder = new Builder()
  const good = builder.task({ name: 'good', run: () => 42 })
  builder.fanOut([...Array(7).keys()], (index) =>
    builder.task({ name: `bad-${index}`, run: () => Promise.reject(new TypeError(`number ${index}`)) }),
  )
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors?.map(({ operationId }) => operationId)).toEqual([0, 1, 2, 3, 4, 5, 6].map((at) => `bad-${at}`))
  expect(error.errors?.[3]).toMatchObject({ code: 'operation_failed', message: 'number 3' })
  expect(error.errors?.[3]?.cause).toBeInstanceOf(TypeError)
  expect(error.results?.get(good)).toBe(42)
  expect(error.message).toContain('7 of 8 operations failed')
  expect(error.message).toContain('bad-0 (operation_failed)')
  expect(error.message).toContain('and 2 more')
  // Results are no field that a logger would print with the error.
  expect(Object.keys(error)).not.toContain('results')
})

test("under 'abort', operations that fail together stop the others once, and not once each", async () => {
  const builder = new Builder()
  const go = gate()
  for (let index = 0; index < 100; index += 1) {
    builder.task({ run: () => go.opened.then(() => Promise.reject(new Error('no'))) })
    builder.task({ run: ({ signal }) => aborted(signal) })
  }
  const stream = flowStream(builder, { onError: 'abort' })
  const failed = thrown('run_failed', () => stream.results)
  while (stream.progress.running < 200) await turn()
  const all = vi.spyOn(Promise, 'all')
  try {
    go.open()
    await failed
    const awaited = all.mock.calls.reduce((sum, [promises]) => sum + [...promises].length, 0)
    expect(awaited).toBeLessThanOrEqual(4 * 200)
  } finally {
    all.mockRestore()
  }
  expect(stream.progress).toMatchObject({ running: 0, queued: 0 })
})

test('an error that an operation passes on is that of the operation which failed of it', async () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: () => Promise.reject(new Error('no')) })
  builder.task({ name: 'b', dependsOn: a, join: 'settled', run: ({ results }) => results.get(a) })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors?.map(({ operationId, code }) => [operationId, code])).toEqual([
    ['a', 'operation_failed'],
    ['b', 'not_completed'],
  ])
})
