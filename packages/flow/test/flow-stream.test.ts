import { type Chunk, NO_METADATA } from '@braid/core'
import { expect, test } from 'vitest'
import { Builder, type FlowChunk, flow, flowStream, Session } from '../src/index.ts'
import { aborted, collect, endsOf, gate, read, saidBy, thrown, turn, turns } from './material.ts'

test('nothing starts before something is read', async () => {
  const builder = new Builder()
  let runs = 0
  builder.task({ run: () => ++runs })
  const stream = flowStream(builder)
  expect(stream.progress).toMatchObject({ queued: 1, running: 0, total: 1 })
  stream.text()
  stream.operation('task-1')
  await turns(3)
  expect(runs).toBe(0)
  await stream.results
  expect(runs).toBe(1)
})

test('an operation says that it starts, what it yields, and how it ended', async () => {
  const builder = new Builder()
  builder.task({
    name: 'a',
    async *run() {
      yield 'Hello'
      yield ' world'
      yield { type: 'custom', name: 'note', value: 7 }
      yield 'again'
      return 1
    },
  })
  const { tuples } = await read(flowStream(builder))
  expect(saidBy(tuples, 'a')).toEqual([
    'operation-start',
    'text-start',
    'Hello',
    ' world',
    'text-end',
    'custom',
    'text-start',
    'again',
    'text-end',
    'operation-end',
  ])
  expect(tuples[0]?.[1]).toEqual({
    type: 'operation-start',
    kind: 'task',
    attempt: 1,
    candidate: 0,
    metadata: NO_METADATA,
  })
  expect(tuples.at(-1)?.[1]).toMatchObject({ status: 'completed', result: 1, attempts: 1, usage: {} })
})

test('the number of a tuple is its place in the run', async () => {
  const builder = new Builder()
  builder.fanOut([1, 2, 3], () =>
    builder.task({
      async *run() {
        yield 'a'
        await turn()
        yield 'b'
      },
    }),
  )
  const stream = flowStream(builder)
  expect(stream.seq).toBe(0)
  let count = 0
  for await (const _ of stream) expect(stream.seq).toBe(++count)
  expect(count).toBe(18)
})

test('results and the loop may be used together, in either order', async () => {
  for (const first of ['results', 'loop'] as const) {
    const builder = new Builder()
    const a = builder.task({
      name: 'a',
      async *run() {
        for (let index = 0; index < 200; index += 1) yield 'x'
        return 'done'
      },
    })
    const stream = flowStream(builder, { buffer: { chunks: 2 } })
    const early = first === 'results' ? stream.results : undefined
    const { tuples } = await read(stream)
    expect(tuples).toHaveLength(204)
    expect((await (early ?? stream.results)).get(a)).toBe('done')
  }
})

test('awaiting results reads: an operation of any length runs to its end without a loop', async () => {
  const builder = new Builder()
  const a = builder.task({
    async *run() {
      for (let index = 0; index < 5_000; index += 1) yield 'x'
      return 'done'
    },
  })
  expect((await flow(builder, { buffer: { chunks: 1, bytes: 1 } })).get(a)).toBe('done')
})

test('a result is there as soon as its operation has completed, whatever the others do', async () => {
  const builder = new Builder()
  const hold = gate()
  const quick = builder.task({ name: 'quick', run: () => 1 })
  const slow = builder.task({ name: 'slow', run: () => hold.opened })
  const bad = builder.task({ name: 'bad', dependsOn: slow, run: () => Promise.reject(new Error('no')) })
  const stream = flowStream(builder)
  expect(await stream.result(quick)).toBe(1)
  hold.open()
  await thrown('run_failed', () => stream.result(bad))
  expect(await stream.result(quick)).toBe(1)
})

test('two readers taken before the first reads see the same tuples in the same order', async () => {
  const builder = new Builder()
  builder.fanOut([1, 2, 3], (item) =>
    builder.task({
      async *run() {
        for (let index = 0; index < 50; index += 1) {
          if (index % item === 0) await turn()
          yield `${item}.${index}`
        }
      },
    }),
  )
  const stream = flowStream(builder, { buffer: { chunks: 3 } })
  const [one, two] = await Promise.all([read(stream), read(stream)])
  expect(one.tuples).toHaveLength(3 * 54)
  expect(two.tuples).toEqual(one.tuples)
})

test('the slowest reader holds the run, and one that leaves holds it no longer', async () => {
  const builder = new Builder()
  let produced = 0
  builder.task({
    async *run() {
      for (; produced < 1_000; produced += 1) yield 'x'
    },
  })
  const stream = flowStream(builder, { buffer: { chunks: 10 } })
  const slow = stream[Symbol.asyncIterator]()
  const quick = read(stream)
  await slow.next()
  await turns(20)
  expect(produced).toBeLessThanOrEqual(12)
  await slow.return?.()
  expect((await quick).tuples).toHaveLength(1_004)
})

test('the chunks of one operation come as a stream of their own, and hold nobody else', async () => {
  const builder = new Builder()
  builder.task({
    name: 'talks',
    async *run() {
      for (let index = 0; index < 500; index += 1) yield 'x'
    },
  })
  const a = builder.task({
    name: 'a',
    async *run() {
      yield 'one'
      return 1
    },
  })
  const stream = flowStream(builder, { buffer: { chunks: 2 } })
  const chunks: Chunk[] = await collect(stream.operation(a))
  expect(chunks.map(({ type }) => type)).toEqual([
    'operation-start',
    'text-start',
    'text-delta',
    'text-end',
    'operation-end',
  ])
  expect((await stream.results).outcome('talks').status).toBe('completed')
})

test('text without an argument is that of the operations that nothing depends on', async () => {
  const builder = new Builder()
  const words = (name: string, dependsOn: ReturnType<typeof builder.task>[] = []) =>
    builder.task({
      name,
      dependsOn,
      async *run() {
        yield `${name} `
        yield 'ends. '
      },
    })
  const draft = words('draft')
  words('article', [draft])
  expect((await collect(flowStream(builder).text())).join('')).toBe('article ends. ')
  for (const one of [draft, 'draft']) {
    const stream = flowStream(builder, { fresh: true })
    expect((await collect(stream.text(one))).join('')).toBe('draft ends. ')
    // The article is still being written.
    await stream.results
  }
})

test('text of what failed gives what came and then rejects as results does; what failed beside it does not matter', async () => {
  const builder = new Builder()
  const bad = builder.task({
    name: 'bad',
    async *run() {
      yield 'so far'
      throw new Error('no')
    },
  })
  const good = builder.task({
    name: 'good',
    async *run() {
      yield 'all of it'
    },
  })
  const stream = flowStream(builder)
  const got: string[] = []
  const whole = collect(stream.text(good))
  await thrown('run_failed', async () => {
    for await (const text of stream.text(bad)) got.push(text)
  })
  expect(got).toEqual(['so far'])
  expect(await whole).toEqual(['all of it'])
})

test('an operation that completed in an earlier run has nothing more to say', async () => {
  const builder = new Builder()
  const a = builder.task({
    name: 'a',
    async *run() {
      yield 'x'
    },
  })
  await flow(builder)
  const stream = flowStream(builder)
  expect(await collect(stream.operation(a))).toEqual([])
  expect(await collect(stream.text(a))).toEqual([])
  await stream.cancelOperation(a)
  expect((await stream.results).outcome(a).status).toBe('completed')
})

test('a reader who comes too late is told so', async () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: () => 1 })
  const stream = flowStream(builder)
  await read(stream)
  await thrown('already_read', () => collect(stream))
  await thrown('already_read', () => collect(stream.operation(a)))
  await thrown('already_read', () => collect(stream.text(a)))
  expect((await stream.results).get(a)).toBe(1)
})

test('what is not part of the run is a named error at the call', async () => {
  const builder = new Builder()
  builder.task({ name: 'a', run: () => 1 })
  const namesake = new Builder().task({ name: 'a', run: () => 1 })
  const stranger = new Builder().task({ name: 'b', run: () => 1 })
  const stream = flowStream(builder)
  for (const call of [
    () => stream.operation(stranger),
    () => stream.text('b'),
    () => stream.cancelOperation('b'),
    () => stream.result(stranger),
  ]) {
    await thrown('unknown_operation', call)
  }
  for (const call of [
    () => stream.operation(namesake),
    () => stream.text(namesake),
    () => stream.cancelOperation(namesake),
    () => stream.result(namesake),
  ]) {
    await thrown('foreign_operation', call)
  }
  await stream.cancel()
})

test('progress counts: everything is in one place at any moment, and all of it is over in the end', async () => {
  const builder = new Builder()
  const hold = gate()
  const bad = builder.task({ name: 'bad', run: () => Promise.reject(new Error('no')) })
  builder.task({ name: 'needs', dependsOn: bad, run: () => 1 })
  const slow = builder.task({ name: 'slow', run: () => hold.opened })
  builder.task({ name: 'later', dependsOn: slow, when: () => true, run: () => 1 })
  const stream = flowStream(builder, { onError: 'continue' })
  const seen: number[] = []
  for await (const [id, chunk] of stream) {
    const { total, ...places } = stream.progress
    seen.push(Object.values(places).reduce((sum, count) => sum + count, 0) - total)
    if (id === 'needs' && chunk.type === 'operation-end') {
      expect(stream.progress).toEqual({
        queued: 1,
        running: 1,
        completed: 0,
        failed: 1,
        skipped: 1,
        cancelled: 0,
        total: 4,
      })
      hold.open()
    }
  }
  expect(new Set(seen)).toEqual(new Set([0]))
  expect(stream.progress).toEqual({
    queued: 0,
    running: 0,
    completed: 2,
    failed: 1,
    skipped: 1,
    cancelled: 0,
    total: 4,
  })
})

test('leaving the last reader cancels the run; leaving one of two does not', async () => {
  const builder = new Builder()
  const stopped: string[] = []
  builder.task({
    name: 'endless',
    async *run({ signal }) {
      try {
        while (!signal.aborted) {
          yield 'x'
          await turn()
        }
      } finally {
        stopped.push('endless')
      }
    },
  })
  const stream = flowStream(builder)
  const one = stream[Symbol.asyncIterator]()
  const two = stream[Symbol.asyncIterator]()
  await one.next()
  await one.return?.()
  expect(stopped).toEqual([])
  expect((await two.next()).done).toBe(false)
  await two.return?.()
  expect(stopped).toEqual(['endless'])
  expect(await two.next()).toEqual({ value: undefined, done: true })
})

test('a reader who has read one operation to its end is no reader any more: the next one who leaves is the last', async () => {
  const builder = new Builder()
  let stopped = false
  builder.task({ name: 'quick', run: () => 1 })
  builder.task({
    name: 'endless',
    run: ({ signal }) =>
      aborted(signal).then(() => {
        stopped = true
      }),
  })
  const stream = flowStream(builder)
  const whole = stream[Symbol.asyncIterator]()
  expect(await collect(stream.operation('quick'))).toHaveLength(2)
  await whole.return?.()
  expect(stopped).toBe(true)
})

test('results that are awaited keep the run going when the loop is left', async () => {
  const builder = new Builder()
  const a = builder.task({
    name: 'a',
    async *run() {
      for (let index = 0; index < 300; index += 1) yield 'x'
      return 'whole'
    },
  })
  const stream = flowStream(builder)
  const { results } = stream
  for await (const _ of stream) break
  expect((await results).get(a)).toBe('whole')
})

test('leaving while a read is pending settles that read, for the loop and for every reading that is made of it', async () => {
  for (const readerOf of [
    (stream: ReturnType<typeof flowStream>) => stream[Symbol.asyncIterator](),
    (stream: ReturnType<typeof flowStream>) => stream.operation('silent'),
    (stream: ReturnType<typeof flowStream>) => stream.text(),
  ]) {
    const builder = new Builder()
    builder.task({
      name: 'silent',
      // biome-ignore lint/correctness/useYield: it says nothing, and is read all the same
      async *run({ signal }) {
        await aborted(signal)
      },
    })
    const stream = flowStream(builder)
    const reader = readerOf(stream)
    const pending = [reader.next(), reader.next(), reader.next()]
    await turns(2)
    await reader.return?.()
    const settled = await Promise.all(pending)
    expect(settled.at(-1)).toEqual({ value: undefined, done: true })
    expect(stream.progress).toMatchObject({ cancelled: 1 })
  }
})

test('cancel stops everything and tells every reader the reason', async () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: ({ signal }) => aborted(signal) })
  builder.task({ name: 'b', dependsOn: a, run: () => 1 })
  const stream = flowStream(builder)
  const reading = read(stream)
  await turn()
  const reason = new Error('enough')
  await stream.cancel(reason)
  const { tuples, error } = await reading
  expect(error).toBe(reason)
  expect([...endsOf(tuples)].map(([id, { status }]) => `${id} ${status}`)).toEqual(['a cancelled', 'b cancelled'])
  await expect(stream.results).rejects.toBe(reason)
  // It may be said twice.
  await stream.cancel('again')
})

test('a reason that is no error is the cause of one that says that the run was cancelled', async () => {
  const builder = new Builder()
  builder.task({ run: ({ signal }) => aborted(signal) })
  const stream = flowStream(builder)
  const results = stream.results
  await turn()
  await stream.cancel('enough')
  const error = await thrown('cancelled', () => results)
  expect(error.cause).toBe('enough')
})

test('cancelling one operation skips what needs it, and nothing has failed', async () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: ({ signal }) => aborted(signal) })
  builder.task({ name: 'needs', dependsOn: a, run: () => 1 })
  builder.task({ name: 'waits', dependsOn: a, join: 'settled', run: () => 1 })
  const other = builder.task({ name: 'other', run: () => turns(5).then(() => 'ran') })
  const stream = flowStream(builder)
  const results = stream.results
  await turn()
  await stream.cancelOperation(a, 'not needed')
  expect((await results).outcome(a)).toMatchObject({ status: 'cancelled', reason: { cause: 'not needed' } })
  expect((await results).outcome('needs')).toEqual({ status: 'skipped', because: 'a' })
  expect((await results).outcome('waits').status).toBe('completed')
  expect((await results).get(other)).toBe('ran')
})

test('an operation that is fenced closes what it had open, and is not heard any more', async () => {
  const session = new Session({}, { grace: 1 })
  const builder = new Builder({ session })
  const deaf = gate()
  const other = gate()
  builder.task({
    name: 'deaf',
    async *run() {
      yield 'so far'
      await deaf.opened
      yield 'too late'
    },
  })
  builder.task({ name: 'other', run: () => other.opened })
  const stream = flowStream(builder)
  const tuples: FlowChunk[] = []
  for await (const tuple of stream) {
    tuples.push(tuple)
    const [id, { type }] = tuple
    if (id !== 'deaf') continue
    if (type === 'text-delta') void stream.cancelOperation('deaf')
    if (type !== 'operation-end') continue
    deaf.open()
    await turns(3)
    other.open()
  }
  expect(saidBy(tuples, 'deaf')).toEqual(['operation-start', 'text-start', 'so far', 'text-end', 'operation-end'])
})

test('a reader who leaves an operation at its end has left once: the next one who leaves is the last', async () => {
  const builder = new Builder()
  let stopped = false
  builder.task({ name: 'quick', run: () => 1 })
  builder.task({
    name: 'endless',
    run: ({ signal }) =>
      aborted(signal).then(() => {
        stopped = true
      }),
  })
  const stream = flowStream(builder)
  const whole = stream[Symbol.asyncIterator]()
  for await (const { type } of stream.operation('quick')) if (type === 'operation-end') break
  expect(stopped).toBe(false)
  await whole.return?.()
  expect(stopped).toBe(true)
})

test('a producer that never waits lets others have their turn, however small the bounds are and however busy the reader', async () => {
  for (const buffer of [{ chunks: 1 }, { bytes: 1 }, { chunks: 2 }, {}]) {
    const builder = new Builder()
    builder.task({
      async *run() {
        for (let index = 0; index < 10_000; index += 1) yield 'x'
      },
    })
    let going = true
    let had = 0
    const watch = (): void => {
      had += 1
      if (going) setImmediate(watch)
    }
    watch()
    for await (const _ of flowStream(builder, { buffer })) for (let step = 0; step < 10; step += 1) await undefined
    going = false
    expect(had).toBeGreaterThanOrEqual(9)
  }
})

test('a bound of any size holds nobody for ever', async () => {
  const builder = new Builder()
  builder.task({
    async *run() {
      for (let index = 0; index < 200; index += 1) yield 'x'
    },
  })
  let read = 0
  for await (const _ of flowStream(builder, { buffer: { bytes: 2 ** 31 } })) {
    read += 1
    await turn()
  }
  expect(read).toBe(204)
})

test('an operation that cancels itself while it starts has its time to stop, and is not fenced', async () => {
  const builder = new Builder()
  let stopped = false
  builder.task({
    name: 'a',
    run: async () => {
      void stream.cancelOperation('a')
      await turns(3)
      stopped = true
    },
  })
  const warnings: string[] = []
  const note = (warning: Error): number => warnings.push(warning.message)
  process.on('warning', note)
  const stream = flowStream(builder)
  expect((await stream.results).outcome('a').status).toBe('cancelled')
  await turns(2)
  process.off('warning', note)
  expect(stopped).toBe(true)
  expect(warnings).toEqual([])
})

test('a reader taken before the first one reads can be looped over later, and misses nothing', async () => {
  const builder = new Builder()
  builder.task({
    name: 'a',
    async *run() {
      yield 'one'
      yield 'two'
    },
  })
  const stream = flowStream(builder)
  const later = stream[Symbol.asyncIterator]()
  const [first, second] = await Promise.all([collect(stream), collect(later)])
  expect(first).toHaveLength(6)
  expect(second).toEqual(first)
})
