import { Builder, flowStream } from '@braid/flow'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ground, openSession } from '../laws/material.ts'
import { besides, kept, numbered, talkers, talking } from './material.ts'

test('replay equals live: late readers, readers from elsewhere and one that comes back at every chunk get the same sequence', async () => {
  const { session, path } = await openSession()
  const elsewhere = await besides(path)
  await fc.assert(
    fc.asyncProperty(talkers, fc.nat(20), async (all, late) => {
      const stream = flowStream(talking(session, all))
      const first = numbered(stream)
      const run = await stream.detach()
      await new Promise((resolve) => setTimeout(resolve, late))
      const readers = [numbered(run.stream()), fromElsewhere(), comingBack()]
      const live = await first
      expect(live.said.map(([seq]) => seq)).toEqual(live.said.map((_, index) => index + 1))
      for (const reader of [
        ...readers,
        numbered(run.stream()),
        numbered((await elsewhere.runs.get(run.id)).stream()),
      ]) {
        const { said, error } = await reader
        expect(said).toEqual(live.said)
        expect((error as Error | undefined)?.message).toBe((live.error as Error | undefined)?.message)
      }

      async function fromElsewhere() {
        for (;;) {
          const known = (await elsewhere.runs.list()).find(({ id }) => id === run.id)
          if (known) return numbered(known.stream())
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
      }

      async function comingBack() {
        const said: (readonly [number, unknown])[] = []
        for (let after = 0; ; ) {
          const again = run.stream({ after })
          const tuples = again[Symbol.asyncIterator]()
          try {
            const next = await tuples.next()
            if (next.done) return { said, error: undefined }
            said.push([again.seq, kept(next.value)])
            after = again.seq
          } catch (error) {
            return { said, error }
          } finally {
            await tuples.return?.()
          }
        }
      }
    }),
    { numRuns: 25 },
  )
})

test('what models say is told again as it was said, to whoever comes late: the whole, one operation, text, events', async () => {
  const { server, builder, path } = await ground()
  server.reply('the quick brown fox', { times: 3 })
  const plan = builder()
  for (const name of ['a', 'b', 'c']) plan.communicate({ name, instruction: `say ${name}`, branch: name })
  const stream = flowStream(plan)
  const live = await numbered(stream)
  const run = await (await besides(path)).runs.get(stream.runId)
  expect(run.status).toBe('completed')
  expect(await numbered(run.stream())).toEqual(live)
  expect(await numbered(run.stream({ after: 10 }))).toEqual({ ...live, said: live.said.slice(10) })
  const text: string[] = []
  for await (const word of run.stream().text('b')) text.push(word)
  expect(text.join('')).toBe('the quick brown fox')
  const chunks = []
  for await (const chunk of run.stream().operation('c')) chunks.push(chunk)
  expect(chunks).toEqual(live.said.filter(([, [id]]) => id === 'c').map(([, [, chunk]]) => chunk))
  const events = (await run.stream({ after: 5 }).toResponse().text()).trimEnd().split('\n\n')
  expect(events[0]).toMatch(/^id: 6\n/)
  expect(events.at(-1)).toBe('event: end\ndata: {"status":"completed"}')
  const results = await run.results()
  expect([...results].map(([id, { status }]) => `${id} ${status}`)).toEqual([
    'a completed',
    'b completed',
    'c completed',
  ])
  expect(results.get(plan.get('a'))).toBe('the quick brown fox')
})

test('a reader that stops reading holds nobody, and misses nothing', async () => {
  const { session } = await openSession()
  const builder = new Builder({ session })
  builder.task({
    name: 'a',
    async *run() {
      for (let index = 0; index < 5_000; index += 1) yield `${index} `
    },
  })
  const run = await flowStream(builder, { buffer: { chunks: 1 } }).detach()
  const slow = run.stream()
  const tuples = slow[Symbol.asyncIterator]()
  await tuples.next()
  await run.results()
  const rest: string[] = []
  for (let next = await tuples.next(); !next.done; next = await tuples.next()) {
    const [, chunk] = next.value
    if (chunk.type === 'text-delta') rest.push(chunk.data)
  }
  expect(rest.join('')).toBe(Array.from({ length: 5_000 }, (_, index) => `${index} `).join(''))
})

test('a run that failed is read again as it failed: after its last chunk, with the errors and the results', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  const good = builder.task({ name: 'good', run: () => 1 })
  builder.task({ name: 'bad', run: () => Promise.reject(new Error('no')) })
  const stream = flowStream(builder)
  const live = await numbered(stream)
  const run = await (await besides(path)).runs.get(stream.runId)
  const again = await numbered(run.stream())
  expect(again.said).toEqual(live.said)
  expect(again.error).toMatchObject({ code: 'run_failed', errors: [{ code: 'operation_failed', operationId: 'bad' }] })
  const error = await run.results().catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code: 'run_failed' })
  expect((error as { results: { get(operation: unknown): unknown } }).results.get(good)).toBe(1)
})

test('what was can be read at the pace that it had, or faster', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  builder.task({
    name: 'a',
    async *run() {
      yield 'one'
      await new Promise((resolve) => setTimeout(resolve, 120))
      yield 'two'
    },
  })
  const stream = flowStream(builder)
  const live = await numbered(stream)
  const run = await (await besides(path)).runs.get(stream.runId)
  expect(await numbered(run.stream({ pace: 100 }))).toEqual(live)
  expect(() => run.stream({ pace: 0 })).toThrow('pace')
})
