import { expect, test } from 'vitest'
import { Builder, flow, flowStream } from '../src/index.ts'
import { endsOf, gate, read, thrown } from './material.ts'

test('one operation runs with what it needs, and with nothing else', async () => {
  const builder = new Builder()
  const ran: string[] = []
  const a = builder.task({ name: 'a', run: () => ran.push('a') })
  const b = builder.task({ name: 'b', dependsOn: a, run: () => ran.push('b') })
  builder.task({ name: 'c', dependsOn: b, run: () => ran.push('c') })
  builder.task({ name: 'd', run: () => ran.push('d') })
  const results = await flow(b)
  expect(ran).toEqual(['a', 'b'])
  expect([...results].map(([id]) => id)).toEqual(['a', 'b'])
  const error = await thrown('unknown_operation', () => results.outcome('d'))
  expect(error.message).toContain('"d"')
})

test('what completed is not run again by its builder, and what was added since then is', async () => {
  const builder = new Builder()
  let runs = 0
  const a = builder.task({ name: 'a', run: () => ++runs })
  await flow(builder)
  const b = builder.task({ name: 'b', dependsOn: a, run: ({ results }) => results.get(a) + 10 })
  const { tuples } = await read(flowStream(builder))
  expect(new Set(tuples.map(([id]) => id))).toEqual(new Set(['b']))
  const results = await flow(builder.operations)
  expect(results.all([a, b])).toEqual([1, 11])
  expect(runs).toBe(1)
})

test('what failed or was skipped is run again, and what completed beside it is not', async () => {
  const builder = new Builder()
  const ran: string[] = []
  let broken = true
  const a = builder.task({ name: 'a', run: () => ran.push('a') })
  const b = builder.task({
    name: 'b',
    dependsOn: a,
    run: () => {
      ran.push('b')
      if (broken) throw new Error('broken')
    },
  })
  builder.task({ name: 'c', dependsOn: b, run: () => ran.push('c') })
  await thrown('run_failed', () => flow(builder))
  broken = false
  await flow(builder)
  expect(ran).toEqual(['a', 'b', 'b', 'c'])
})

test('fresh runs completed operations again', async () => {
  const builder = new Builder()
  let runs = 0
  const a = builder.task({ name: 'a', run: () => ++runs })
  const b = builder.task({ name: 'b', dependsOn: a, run: ({ results }) => results.get(a) * 10 })
  await flow(builder)
  const results = await flow(b, { fresh: true })
  expect(results.all([a, b])).toEqual([2, 20])
})

test('in a fresh run, a dependency that still runs does not show what it gave the last time', async () => {
  const builder = new Builder()
  const slow = gate()
  let again = false
  const a = builder.task({ name: 'a', run: () => (again ? slow.opened.then(() => 'new') : 'old') })
  const b = builder.task({ name: 'b', run: () => 'quick' })
  const c = builder.task({
    name: 'c',
    dependsOn: [a, b],
    join: 'any',
    run: ({ results }) => {
      slow.open()
      return results.find(a)
    },
  })
  await flow(builder)
  again = true
  expect((await flow(builder, { fresh: true })).get(c)).toBeUndefined()
})

test('operations of two builders are no plan', async () => {
  const a = new Builder().task({ name: 'a', run: () => 1 })
  const b = new Builder().task({ name: 'b', run: () => 1 })
  const error = await thrown('foreign_operation', () => flowStream([a, b]))
  expect(error.message).toContain('"b"')
})

test('what no builder made is no plan, and an empty list does not say what it belongs to', async () => {
  await thrown('invalid_plan', () => flow({ id: 'a', kind: 'task', params: {}, dependsOn: [], contextFrom: [] }))
  await thrown('invalid_plan', () => flow(undefined as never))
  await thrown('invalid_plan', () => flow([]))
})

test('a builder without operations runs to an empty end', async () => {
  expect([...(await flow(new Builder()))]).toEqual([])
  expect(await read(flowStream(new Builder()))).toEqual({ tuples: [], error: undefined })
})

test('misuse of an option throws at the call and names the option', async () => {
  const builder = new Builder()
  builder.task({ run: () => 1 })
  for (const [options, name] of [
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: Number.NaN }, 'concurrency'],
    [{ buffer: { chunks: 0 } }, 'buffer.chunks'],
    [{ buffer: { bytes: -1 } }, 'buffer.bytes'],
    [{ onError: 'ignore' as never }, 'onError'],
  ] as const) {
    const error = await thrown('invalid_plan', () => flowStream(builder, options))
    expect(error.message).toContain(name)
  }
})

test('an operation that one run has is refused to another, which leaves everything as it is', async () => {
  const builder = new Builder()
  const hold = gate()
  const a = builder.task({ name: 'a', run: () => hold.opened.then(() => 'done') })
  const first = flow(builder)
  const error = await thrown('run_taken', () => flow(a))
  expect(error.message).toContain('"a"')
  const other = flowStream(builder)
  await other.cancel()
  hold.open()
  expect((await first).get(a)).toBe('done')
  expect((await flow(builder)).get(a)).toBe('done')
})

test('a run that is cancelled before anything read it ends all its operations, and starts none', async () => {
  const builder = new Builder()
  let runs = 0
  const a = builder.task({ name: 'a', run: () => ++runs })
  const stream = flowStream(builder, { onError: 'continue' })
  await stream.cancel()
  await thrown('cancelled', () => stream.results)
  expect(stream.progress).toMatchObject({ cancelled: 1, total: 1 })
  expect((await flow(builder)).get(a)).toBe(1)
})

test('an operation that is cancelled before the run is read never starts, and the rest does', async () => {
  const builder = new Builder()
  const ran: string[] = []
  const a = builder.task({ name: 'a', run: () => ran.push('a') })
  builder.task({ name: 'b', dependsOn: a, run: () => ran.push('b') })
  builder.task({ name: 'c', run: () => ran.push('c') })
  const stream = flowStream(builder)
  await stream.cancelOperation(a)
  expect(ran).toEqual([])
  const ends = endsOf((await read(stream)).tuples)
  expect(ran).toEqual(['c'])
  expect(ends.get('a')).toMatchObject({ status: 'cancelled' })
  expect(ends.get('b')).toMatchObject({ status: 'skipped', because: 'a' })
  expect(ends.get('c')).toMatchObject({ status: 'completed' })
})

test('the results of a run stay what they were, whatever later runs of the builder do', async () => {
  const builder = new Builder()
  let runs = 0
  const a = builder.task({ name: 'a', run: () => ++runs })
  const stream = flowStream(builder)
  await read(stream)
  const hold = gate()
  const b = builder.task({ name: 'b', dependsOn: a, run: () => hold.opened })
  const later = flow(b, { fresh: true })
  expect((await stream.results).get(a)).toBe(1)
  hold.open()
  expect((await later).get(a)).toBe(2)
  expect((await stream.results).get(a)).toBe(1)
})

test('the result of an operation is refused where its run is, and is of its own run', async () => {
  const builder = new Builder()
  const hold = gate()
  let runs = 0
  const a = builder.task({ name: 'a', run: () => hold.opened.then(() => ++runs) })
  const first = flowStream(builder)
  const results = first.results
  await thrown('run_taken', () => flowStream(builder).result(a))
  hold.open()
  await results
  expect(await flowStream(builder, { fresh: true }).result(a)).toBe(2)
  expect(await first.result(a)).toBe(1)
})
