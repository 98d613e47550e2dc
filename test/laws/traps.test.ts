import { rmSync } from 'node:fs'
import { Builder, flow, flowStream, Session } from '@braid/flow'
import Database from 'better-sqlite3'
import { expect, test } from 'vitest'
import { CommitCounter } from '../../packages/sqlite/test/wal.ts'
import { askers, ground, Outside, openSession, read } from './material.ts'

/*
 * Traps that somebody has fallen into. Those that are tested where they belong: what the kernel buffers is in law 5 (`bytesRead` of the client's
 * socket); a server that sees a close later than the client in law 6; a full and a read-only file, which root cannot make by `chmod`, in
 * `packages/sqlite/test`; an inner run that wants the branch of the operation that awaits it in `packages/flow/test/waiting.test.ts`.
 */

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function warningsDuring(work: () => Promise<unknown>): Promise<Error[]> {
  const warnings: Error[] = []
  const listener = (warning: Error): void => void warnings.push(warning)
  process.on('warning', listener)
  await work()
  await turn()
  process.off('warning', listener)
  return warnings
}

test('trap: the end of a failed operation is dropped by the abort that it causes', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  for (let index = 0; index < 5; index += 1) {
    builder.task({ name: `bad-${index}`, run: () => Promise.reject(new Error(`number ${index}`)) })
  }
  const { tuples, error } = await read(flowStream(builder, { onError: 'abort' }))
  const ends = tuples.flatMap(([id, chunk]) => (chunk.type === 'operation-end' ? [[id, chunk.status]] : []))
  expect(ends).toHaveLength(5)
  expect(ends[0]).toEqual(['bad-0', 'failed'])
  expect(error).toMatchObject({ code: 'run_failed' })
  expect(new Outside(path).operations()[0]).toMatchObject({ id: 'bad-0', status: 'failed' })
})

test('trap: an abandoned operation later writes `completed` and a message', async () => {
  const { session, path } = await openSession({ grace: 1 })
  const builder = new Builder({ session })
  let goOn!: () => void
  const deaf = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let finished!: () => void
  const isFinished = new Promise<void>((resolve) => {
    finished = resolve
  })
  builder.task({
    name: 'abandoned',
    branch: 'notes',
    async *run({ branch }) {
      yield 'x'
      await deaf
      try {
        await branch?.append({ role: 'assistant', content: 'late' })
        return 'completed after all'
      } finally {
        setImmediate(finished)
      }
    },
  })
  const warnings = await warningsDuring(async () => {
    for await (const [, { type }] of flowStream(builder)) if (type === 'text-delta') break
  })
  goOn()
  await isFinished
  const outside = new Outside(path)
  expect(outside.operations()).toMatchObject([{ id: 'abandoned', status: 'cancelled' }])
  expect(outside.conversation('notes')).toEqual([])
  expect(warnings).toMatchObject([{ code: 'BRAID_FENCED' }])
})

test('trap: a pending next() rejects, or hangs, when return() is called', async () => {
  const { server, builder } = await ground()
  server.reply('x', { fault: { type: 'stall', after: 'request' } })
  const plan = builder()
  askers(plan, 1)
  const reader = flowStream(plan)[Symbol.asyncIterator]()
  await reader.next()
  const pending = [reader.next(), reader.next()]
  await reader.return?.()
  expect(await Promise.all(pending)).toEqual([
    { value: undefined, done: true },
    { value: undefined, done: true },
  ])
})

test('trap: a kind that throws synchronously kills the process', async () => {
  const session = new Session()
  const builder = new Builder({ session })
  const kind = session.registerOperation('throws', (): Promise<number> => {
    throw new Error('at once')
  })
  const bad = builder.add('bad', kind, {})
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(bad)).toMatchObject({ status: 'failed', error: { message: 'at once', operationId: 'bad' } })
})

test('trap: eleven operations on one signal print MaxListenersExceededWarning', async () => {
  const { server, builder } = await ground()
  server.reply('an answer', { times: Number.POSITIVE_INFINITY })
  const controller = new AbortController()
  const warnings = await warningsDuring(async () => {
    const plans = Array.from({ length: 30 }, () => builder())
    for (const plan of plans) for (let index = 0; index < 20; index += 1) plan.generate({ instruction: 'x' })
    await Promise.all(plans.map((plan) => flow(plan, { signal: controller.signal })))
  })
  expect(warnings).toEqual([])
})

test('trap: another writer on the file blocks the loop for the whole busy timeout', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  const other = new Database(path)
  other.exec('BEGIN IMMEDIATE')
  const a = builder.task({ run: () => 'done' })
  const results = flow(builder)
  // The lock is let go only because the loop turns while the run waits for it.
  for (let index = 0; index < 100; index += 1) await turn()
  other.exec('ROLLBACK')
  other.close()
  expect((await results).get(a)).toBe('done')
})

test('trap: `break` with 10,000 unstarted operations commits 10,000 transactions', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  for (let index = 0; index < 10_000; index += 1) {
    builder.task({
      async *run({ signal }) {
        while (!signal.aborted) {
          yield 'x'
          await turn()
        }
      },
    })
  }
  const counter = new CommitCounter(path)
  for await (const [, { type }] of flowStream(builder, { concurrency: 4 })) if (type === 'text-delta') break
  expect(counter.commits).toBeLessThanOrEqual(10)
  counter.close()
  expect(new Outside(path).operations()).toHaveLength(10_000)
})

test('trap: a slot that is taken before the turn on the branch deadlocks at concurrency 1', async () => {
  const session = new Session()
  let free!: () => void
  const freed = new Promise<void>((resolve) => {
    free = resolve
  })
  const first = new Builder({ session })
  first.task({ branch: 'shared', run: () => freed })
  const second = new Builder({ session })
  const waits = second.task({ name: 'waits', branch: 'shared', run: () => 'had its turn' })
  second.task({ name: 'frees', run: () => free() })
  const one = flow(first)
  await turn()
  // If "waits" had the only slot while it waits for its turn, "frees" would never run.
  expect((await flow(second, { concurrency: 1 })).get(waits)).toBe('had its turn')
  await one
})

test('trap: one that reads a stream needs a slot beside what it reads, and deadlocks at concurrency 1', async () => {
  const { server, builder } = await ground()
  server.reply('word '.repeat(300), { when: ({ prompt }) => prompt === 'talk' })
  const plan = builder()
  const source = plan.generate({ name: 'source', instruction: 'talk' })
  let atOnce = 0
  const heard = plan.task({
    streamFrom: source,
    async run({ stream }) {
      let words = 0
      for await (const chunk of stream(source)) if (chunk.type === 'text-delta') words += 1
      return words
    },
  })
  for (let index = 0; index < 3; index += 1) {
    plan.task({
      run: async () => {
        atOnce += 1
        await turn()
        expect(atOnce).toBe(1)
        atOnce -= 1
      },
    })
  }
  // What it reads waits for it after 8 chunks, and it for a slot.
  const results = await flow(plan, { concurrency: 1, buffer: { chunks: 8 } })
  expect(results.get(heard)).toBeGreaterThan(200)
})

test('trap: two that read one stream one after the other, or in circles, wait for ever', async () => {
  const builder = new Builder()
  const source = builder.task({
    name: 'source',
    async *run() {
      for (let index = 0; index < 200; index += 1) yield 'x'
    },
  })
  for (const name of ['one', 'two']) {
    builder.task({
      name,
      branch: 'shared',
      streamFrom: source,
      async run({ stream }) {
        for await (const _ of stream(source));
      },
    })
  }
  expect(() => flowStream(builder)).toThrowError(expect.objectContaining({ code: 'invalid_plan' }))
})

test('trap: 10,000 short operations with a stopped reader queue 220,000 chunks', async () => {
  const builder = new Builder()
  let produced = 0
  for (let index = 0; index < 10_000; index += 1) {
    builder.task({
      async *run() {
        for (let value = 0; value < 20; value += 1) {
          produced += 1
          yield { type: 'custom', name: 'n', value }
        }
      },
    })
  }
  const reader = flowStream(builder)[Symbol.asyncIterator]()
  await reader.next()
  for (let before = -1; produced !== before; ) {
    before = produced
    for (let index = 0; index < 20; index += 1) await turn()
  }
  // A run that is 1,024 chunks behind starts nothing; those that had started may fill their lanes.
  expect(produced).toBeLessThanOrEqual(1_025 * 20)
  await reader.return?.()
})

test('trap: a synchronous producer starves the others', async () => {
  const builder = new Builder()
  let immediates = 0
  let going = true
  const watch = (): void => {
    immediates += 1
    if (going) setImmediate(watch)
  }
  builder.task({
    async *run() {
      for (let value = 0; value < 300_000; value += 1) yield 'x'
    },
  })
  watch()
  await flow(builder)
  going = false
  expect(immediates).toBeGreaterThan(300_000 / 1_024 - 2)
})

test('trap: a sort that does not keep the order added puts ties on a branch in another order', async () => {
  const builder = new Builder()
  const order: number[] = []
  const roots = [5, 3, 8, 1].map((n) => builder.task({ name: `root-${n}`, run: () => n }))
  for (let index = 0; index < 40; index += 1) {
    const parent = roots[(index * 7) % 4]
    builder.task({
      name: `write-${index}`,
      branch: 'shared',
      ...(parent ? { dependsOn: parent } : {}),
      run: () => order.push(index),
    })
  }
  await flow(builder)
  expect(order).toEqual([...order].sort((a, b) => a - b))
  expect(order).toHaveLength(40)
})

test('trap: nine next() at once hang, or are answered out of order', async () => {
  const builder = new Builder()
  builder.task({
    name: 'a',
    async *run() {
      for (let value = 0; value < 6; value += 1) {
        await turn()
        yield { type: 'custom', name: 'n', value }
      }
    },
  })
  const reader = flowStream(builder)[Symbol.asyncIterator]()
  const answered: number[] = []
  const results = await Promise.all(
    Array.from({ length: 9 }, (_, index) =>
      reader.next().then((result) => {
        answered.push(index)
        return result
      }),
    ),
  )
  expect(answered).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
  expect(results.map(({ value }) => value?.[1].type)).toEqual([
    'operation-start',
    ...new Array<string>(6).fill('custom'),
    'operation-end',
    undefined,
  ])
})

test('trap: an insert into a deleted file succeeds in silence', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  const first = builder.task({ name: 'first', run: () => 1 })
  const second = builder.task({ name: 'second', dependsOn: first, run: () => rmSync(path) })
  const error: unknown = await flow(builder).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'run_failed', errors: [{ code: 'database_gone', operationId: second.id }] })
})

test('trap: a chain, and a chain of failures, overflow the stack', async () => {
  for (const fate of ['completes', 'fails', 'is skipped'] as const) {
    const builder = new Builder()
    let last = builder.task({
      when: () => fate !== 'is skipped',
      run: () => {
        if (fate === 'fails') throw new Error('the first')
      },
    })
    for (let index = 1; index < 20_000; index += 1) last = builder.task({ dependsOn: last, run: () => {} })
    const results = await flow(builder, { onError: 'continue' })
    expect(results.outcome(last).status).toBe(fate === 'completes' ? 'completed' : 'skipped')
  }
})
