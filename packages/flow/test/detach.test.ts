import { expect, test } from 'vitest'
import { Builder, flowStream, Session } from '../src/index.ts'
import { aborted, collect, endsOf, gate, read, saidBy, thrown, turns } from './material.ts'

function counting(builder: Builder, count = 3): { readonly produced: () => number } {
  let produced = 0
  builder.task({
    name: 'a',
    async *run() {
      for (; produced < count; produced += 1) yield `${produced} `
      return produced
    },
  })
  return { produced: () => produced }
}

test('a detached run begins without a reader, and whoever takes a stream from its handle at once misses nothing', async () => {
  const builder = new Builder()
  counting(builder)
  const stream = flowStream(builder)
  const run = await stream.detach()
  expect(run.id).toBe(stream.runId)
  expect(run.status).toBe('running')
  const again = run.stream()
  const [{ tuples }, words] = await Promise.all([read(run.stream()), collect(again.text('a'))])
  expect(saidBy(tuples, 'a')).toEqual([
    ...['operation-start', 'text-start', '0 ', '1 ', '2 ', 'text-end', 'operation-end'],
  ])
  expect(words.join('')).toBe('0 1 2 ')
  expect((await run.results()).get(builder.get('a'))).toBe(3)
  expect(run.status).toBe('completed')
})

test('a detached run is held by nobody: what nobody reads is neither kept nor waited for', async () => {
  const builder = new Builder()
  const { produced } = counting(builder, 5_000)
  const run = await flowStream(builder, { buffer: { chunks: 1 } }).detach()
  await run.results()
  expect(produced()).toBe(5_000)
})

test('after `detach`, leaving the loop cancels nothing', async () => {
  const builder = new Builder()
  const open = gate()
  builder.task({
    name: 'a',
    async *run() {
      yield 'so far'
      await open.opened
      return 'to the end'
    },
  })
  const stream = flowStream(builder)
  for await (const [, chunk] of stream) {
    if (chunk.type !== 'text-delta') continue
    await stream.detach()
    break
  }
  await turns(3)
  const run = await stream.detach()
  expect(run.status).toBe('running')
  open.open()
  expect((await run.results()).get(builder.get('a'))).toBe('to the end')
})

test('leaving the stream of a handle stops that reading and nothing else', async () => {
  const builder = new Builder()
  const { produced } = counting(builder, 500)
  const run = await flowStream(builder, { buffer: { chunks: 4 } }).detach()
  for await (const [, chunk] of run.stream()) if (chunk.type === 'text-delta') break
  await run.results()
  expect(produced()).toBe(500)
})

test('a reader who comes back says what it has had; what it would miss is an error and not silence', async () => {
  const builder = new Builder()
  const open = gate()
  const paused = gate()
  builder.task({
    name: 'a',
    async *run() {
      yield 'one '
      paused.open()
      await open.opened
      yield 'two '
    },
  })
  const run = await flowStream(builder).detach()
  const first = run.stream()
  const seen: string[] = []
  for await (const [, chunk] of first) {
    seen.push(chunk.type)
    if (chunk.type === 'text-delta') break
  }
  expect(first.seq).toBe(3)
  await paused.opened
  expect(
    (await thrown('already_read', () => read(run.stream()).then(({ error }) => Promise.reject(error)))).message,
  ).toMatch(/3 chunks.*after number 0/)
  const second = run.stream({ after: first.seq })
  const rest = read(second)
  open.open()
  const { tuples } = await rest
  expect(saidBy(tuples, 'a')).toEqual(['two ', 'text-end', 'operation-end'])
  expect(second.seq).toBe(6)
  await thrown('invalid_request', () => run.stream({ after: 7 }))
  await thrown('invalid_request', () => run.stream({ after: -1 }))
  // After its last tuple, a run that is over ends as it ended.
  expect(await read(run.stream({ after: 6 }))).toEqual({ tuples: [], error: undefined })
})

test('a detached run can be cancelled, as a whole or in part, and its readers are told', async () => {
  const builder = new Builder()
  builder.task({ name: 'a', run: ({ signal }) => aborted(signal) })
  builder.task({ name: 'b', run: ({ signal }) => aborted(signal) })
  const run = await flowStream(builder).detach()
  const reading = read(run.stream())
  await turns(3)
  await run.cancelOperation('a')
  expect(run.status).toBe('running')
  await run.cancel('the user pressed stop')
  const { tuples, error } = await reading
  expect(error).toMatchObject({ code: 'cancelled', cause: 'the user pressed stop' })
  expect([...endsOf(tuples).values()].map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
  expect(run.status).toBe('cancelled')
  await expect(run.results()).rejects.toBe(error)
  expect((await read(run.stream({ after: tuples.length }))).error).toBe(error)
})

test('a failure that nobody awaits is the run’s status, and no unhandled rejection', async () => {
  const builder = new Builder()
  builder.task({ name: 'a', run: () => Promise.reject(new Error('no')) })
  const run = await flowStream(builder).detach()
  await turns(9)
  expect(run.status).toBe('failed')
  await thrown('run_failed', () => run.results())
})

test('a session knows the runs that go on in it, and closing it ends them', async () => {
  const session = new Session()
  const start = async (name: string) => {
    const builder = new Builder({ session })
    builder.task({ name, run: ({ signal }) => aborted(signal) })
    return flowStream(builder).detach()
  }
  const one = await start('one')
  const two = await start('two')
  await turns(3)
  expect(await session.runs.list()).toEqual([one, two])
  expect(await session.runs.list({ last: 1 })).toEqual([two])
  expect(await session.runs.list({ status: 'completed' })).toEqual([])
  expect(await session.runs.get(one.id)).toBe(one)
  await one.cancel()
  await turns(1)
  expect((await thrown('unknown_run', () => session.runs.get(one.id))).message).toContain(two.id)
  await session.close()
  expect(two.status).toBe('cancelled')
  await thrown('session_closed', () => two.results())
  expect(await session.runs.list()).toEqual([])
})

test('a stream that was read or awaited before it is detached goes on as it was', async () => {
  const builder = new Builder()
  counting(builder)
  const stream = flowStream(builder)
  const reading = read(stream)
  const run = await stream.detach()
  expect(saidBy((await reading).tuples, 'a')).toHaveLength(7)
  expect(await run.results()).toBe(await stream.results)
})
