import { type FlowStream, flowStream, type Session } from '@braid/flow'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { HangWatch } from './hang-watch.ts'
import { Outside, openSession } from './material.ts'
import { judge, judgePunctuality, type Seen } from './oracle.ts'
import { build, placeOf, type RandomRun, randomRun, type Step, type Witness } from './random-plan.ts'
import { turn } from './turn-clock.ts'

const RUNS = Number(process.env['BRAID_PROPERTY_RUNS'] ?? 600)
interface Reading {
  readonly seen: Seen[]
  /** How many tuples of each operation it has been given. */
  readonly taken: number[]
  error: unknown
}

test('laws 1 to 4 hold and nothing hangs, in random plans with random failures, bounds and readers', async () => {
  await fc.assert(
    fc.asyncProperty(randomRun, async (run) => {
      await checkRun(run)
    }),
    { numRuns: RUNS },
  )
})

test('law 3, never late: with free slots and a free reader, what can start starts in the very turn', async () => {
  const free = randomRun.map(
    (run): RandomRun => ({
      ...run,
      concurrency: Number.POSITIVE_INFINITY,
      bound: 1_000,
      policy: 'continue',
      reader: { type: 'all' },
    }),
  )
  await fc.assert(
    fc.asyncProperty(free, async (run) => {
      judgePunctuality(run, await checkRun(run))
    }),
    { numRuns: RUNS / 4 },
  )
})

test('the same on SQLite, where every end is recorded once, as it was shown', async () => {
  const { session, path } = await openSession()
  let kinds = 0
  const outside = new Outside(path)
  await fc.assert(
    fc.asyncProperty(randomRun, async (run) => {
      kinds += 1
      const steps = run.steps.map((step) => onOwnBranch(step, kinds))
      const seen = await checkRun({ ...run, steps }, session.store)
      const recorded = outside.operations()
      expect(new Set(recorded.map(({ id }) => id)).size).toBe(run.steps.length)
      expect(recorded).toHaveLength(run.steps.length)
      const statuses = new Map(recorded.map(({ id, status }) => [id, status]))
      for (const {
        tuple: [id, chunk],
      } of seen) {
        if (chunk.type === 'operation-end') expect(statuses.get(id)).toBe(chunk.status)
      }
    }),
    { numRuns: RUNS / 8 },
  )
})

/** Runs share the file, and not their branches. */
function onOwnBranch(step: Step, run: number): Step {
  return { ...step, branch: step.branch && `${step.branch}-${run}` }
}

async function checkRun(run: RandomRun, store?: Session['store']): Promise<readonly Seen[]> {
  const { steps, concurrency, bound, policy, reader } = run
  const clock = new HangWatch()
  const readings: Reading[] = []
  const witness: Witness = {
    active: 0,
    started: 0,
    onProduce(place, said) {
      // Law 5: the start of the operation and so many chunks were said; one tuple may be in a reader's hands, not counted yet.
      const taken = Math.min(...readings.map((reading) => reading.taken[place] ?? 0))
      expect(1 + said - taken, `op-${place} runs ahead of its reader`).toBeLessThanOrEqual(Math.max(bound, 2))
    },
  }
  const { builder, clock: timers } = build(steps, witness, store)
  const controller = new AbortController()
  const stream = flowStream(builder, {
    concurrency,
    buffer: { chunks: bound },
    onError: policy,
    signal: controller.signal,
  })
  const open = (): Reading => {
    const reading: Reading = { seen: [], taken: steps.map(() => 0), error: undefined }
    readings.push(reading)
    return reading
  }
  const reason = new Error('left')
  const whole = (async () => {
    switch (reader.type) {
      case 'all':
        return [await read(stream, open(), clock)]
      case 'slow':
        return [await read(stream, open(), clock, { pace: reader.pace })]
      case 'several':
        return Promise.all([read(stream, open(), clock), read(stream, open(), clock, { pace: 1 })])
      case 'break':
        return [await read(stream, open(), clock, { breakAfter: reader.after })]
      case 'abort':
        return [await read(stream, open(), clock, { onTuple: (n) => n > reader.after && controller.abort(reason) })]
      default:
        return reader satisfies never
    }
  })()
  const [first, second] = await Promise.race([whole, clock.watch()])
  clock.stop()

  // Law 6: control is back, and nobody works any more, nor begins to.
  const { active, started } = witness
  expect(active, 'still at work').toBe(0)
  await turn()
  await turn()
  expect(witness.started, 'started after the end').toBe(started)
  expect(timers.size, 'timers left').toBe(0)

  // Law 2: everything has ended, once, seen or not.
  const { queued, running, completed, failed, skipped, cancelled, total } = stream.progress
  expect([queued, running, completed + failed + skipped + cancelled]).toEqual([0, 0, total])

  const { seen, error } = first as Reading
  const left = reader.type === 'break' && seen.length === reader.after
  const aborted = error === reason
  judge(run, seen, !left && !aborted)
  if (second) expect(second.seen.map(({ tuple }) => tuple)).toEqual(seen.map(({ tuple }) => tuple))
  if (aborted) expect(seen.filter(({ tuple: [, { type }] }) => type === 'operation-end')).toHaveLength(total)
  else if (left) expect(error).toBeUndefined()
  else if (failed > 0 && policy !== 'continue') expect(error).toMatchObject({ code: 'run_failed' })
  else expect(error).toBeUndefined()
  return seen
}

interface Manner {
  readonly pace?: number
  readonly breakAfter?: number
  readonly onTuple?: (count: number) => void
}

async function read(stream: FlowStream, reading: Reading, clock: HangWatch, manner: Manner = {}): Promise<Reading> {
  const { seen, taken } = reading
  manner.onTuple?.(0)
  try {
    for await (const tuple of stream) {
      seen.push({ tuple, at: clock.turn })
      const place = placeOf(tuple[0])
      taken[place] = (taken[place] ?? 0) + 1
      manner.onTuple?.(seen.length)
      if (seen.length === manner.breakAfter) break
      for (let left = manner.pace ?? 0; left > 0; left -= 1) await turn()
    }
  } catch (error) {
    reading.error = error
  }
  return reading
}
