import { BraidError, type Outcome, type Results } from '@braid/core'
import { flow, flowStream } from '@braid/flow'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HangWatch } from './hang-watch.ts'
import { openSession } from './material.ts'
import { randomShapes, tangledShapes } from './random-shapes.ts'
import { judgePunctuality } from './shape-oracle.ts'
import { changed, checkRun, newSession, subjectOf } from './shape-run.ts'

const RUNS = Number(process.env['BRAID_PROPERTY_RUNS'] ?? 400)

test('laws 1 to 4 hold and nothing hangs, in random programs of groups, streams, conditions and retries', async () => {
  await fc.assert(
    fc.asyncProperty(randomShapes, async (run) => void (await checkRun(run))),
    { numRuns: RUNS },
  )
})

test('law 3, never late, in groups too: with free slots and a free reader, what can start starts in the very turn', async () => {
  const free = randomShapes.map((run) =>
    changed(run, {
      concurrency: Number.POSITIVE_INFINITY,
      bound: 1_000,
      policy: 'continue',
      reader: { type: 'all' },
    }),
  )
  await fc.assert(
    fc.asyncProperty(free, async (run) => {
      const { seen, lives } = await checkRun(run)
      judgePunctuality(run, seen, lives)
    }),
    { numRuns: RUNS / 4 },
  )
})

test('a program whose operations may wait for themselves is refused, or fails by name, and does not hang', async () => {
  await fc.assert(
    fc.asyncProperty(tangledShapes, async (run) => {
      const clock = new HangWatch()
      try {
        const options = { concurrency: run.concurrency, buffer: { chunks: run.bound }, onError: 'continue' } as const
        await Promise.race([flow(subjectOf(run).builder, options), clock.watch()])
      } catch (error) {
        if (!(error instanceof BraidError)) throw error
        expect(['invalid_plan', 'cycle']).toContain(error.code)
      } finally {
        clock.stop()
      }
    }),
    { numRuns: RUNS / 4 },
  )
})

test('the same program gives the same under flow, flowStream, afresh, and on SQLite', async () => {
  const { session } = await openSession()
  let rounds = 0
  await fc.assert(
    fc.asyncProperty(randomShapes, async (run) => {
      const options = { concurrency: run.concurrency, buffer: { chunks: run.bound }, onError: 'continue' } as const
      const { builder } = subjectOf(run)
      const expected = became(await flow(builder, options))
      const stream = flowStream(subjectOf(run).builder, options)
      for await (const _ of stream);
      expect(became(await stream.results)).toEqual(expected)
      expect(became(await flow(builder, { ...options, fresh: true }))).toEqual(expected)
      rounds += 1
      if (rounds % 4 > 0) return
      const onFile = subjectOf(run, newSession({ store: session.store }))
      expect(became(await flow(onFile.builder, options))).toEqual(expected)
    }),
    { numRuns: RUNS / 4 },
  )
})

test('a second run of the same builder runs what had not completed, and nothing else', async () => {
  await fc.assert(
    fc.asyncProperty(randomShapes, async (run) => {
      const subject = subjectOf(run)
      const first = await checkRun(run, subject)
      const kept = new Set(subject.witness.built)
      const done = [...first.lives].flatMap(([item, { outcome }]) =>
        outcome?.status === 'completed' ? [[item, outcome.result] as const] : [],
      )
      subject.witness.mended = true
      subject.witness.started.length = 0
      const again = changed(run, { policy: 'continue', reader: { type: 'all' } })
      if (first.whole) await checkRun(again, subject, { earlier: new Map(done), kept, mended: true })
      else await flow(subject.builder, { onError: 'continue' })
      for (const [item] of done) expect(subject.witness.started, `${item.id} ran twice`).not.toContain(item)
    }),
    { numRuns: RUNS / 4 },
  )
})

function became(results: Results): readonly unknown[] {
  return Array.from(results, ([id, outcome]) => [id, outcome.status, worth(outcome)])
}

function worth(outcome: Outcome): unknown {
  if (outcome.status === 'completed') return outcome.result
  return outcome.status === 'failed' ? outcome.error.code : undefined
}
