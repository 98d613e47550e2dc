import { BraidError } from '@braid/core'
import { type FlowStream, flowStream, Session } from '@braid/flow'
import fc from 'fast-check'
import { expect } from 'vitest'
import { HangWatch } from './hang-watch.ts'
import type { Seen } from './oracle.ts'
import type { ShapeRun } from './random-shapes.ts'
import { type Built, build, type Witness } from './shape-builder.ts'
import type { Lives } from './shape-lives.ts'
import { judgeOrder } from './shape-oracle.ts'
import { type Circumstances, Outcomes } from './shape-outcomes.ts'
import type { Item } from './shape-program.ts'
import { turn } from './turn-clock.ts'

interface Reading {
  readonly seen: Seen[]
  /** How many tuples of each operation it has been given. */
  readonly taken: Map<string, number>
  error: unknown
}

/** A program with its builder, to be run more than once. */
export interface Subject extends Built {
  readonly witness: Witness
  /** Called before an operation produces a chunk. */
  watch: Witness['onProduce']
}

export interface Checked {
  readonly seen: readonly Seen[]
  readonly lives: Lives
  /** Whether the reader saw all of it. */
  readonly whole: boolean
}

const FIRST: Circumstances = { earlier: new Map(), kept: new Set(), mended: false, cancelled: undefined }

/** Waits in turns of the event loop, so that no test waits for time. */
const IN_TURNS = {
  now: () => 0,
  random: () => 0,
  after(ms: number, then: () => void): () => void {
    if (ms === 0) {
      const immediate = setImmediate(then)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(then, ms)
    return () => clearTimeout(timer)
  },
}

export function newSession(backing: ConstructorParameters<typeof Session>[1] = {}): Session {
  return new Session({}, { ...backing, clock: IN_TURNS })
}

export function subjectOf({ program }: ShapeRun, session = newSession()): Subject {
  const witness: Witness = {
    active: 0,
    started: [],
    built: new Set(),
    mended: false,
    onProduce: (item, attempt) => subject.watch(item, attempt),
  }
  const subject: Subject = { ...build(program, witness, session), witness, watch: () => {} }
  return subject
}

/** The same run with something changed, that prints as what it was. */
export function changed(run: ShapeRun, change: Partial<ShapeRun>): ShapeRun {
  const value = (): string => fc.stringify(run)
  return Object.defineProperty({ ...run, ...change }, fc.toStringMethod, { value, enumerable: false })
}

/** Runs it, and checks all that can be known of a run. */
export async function checkRun(
  run: ShapeRun,
  subject = subjectOf(run),
  given: Omit<Circumstances, 'cancelled'> = FIRST,
): Promise<Checked> {
  const { concurrency, bound, policy, reader, program } = run
  const { witness, builder } = subject
  const clock = new HangWatch()
  const readings: Reading[] = []
  const produced = new Map<Item, number>()
  subject.watch = (item, attempt) => {
    // Law 5: its start and what it produced were said; one tuple may be in a reader's hands, not counted yet. Each attempt begins with one more.
    const said = 1 + (produced.get(item) ?? 0)
    produced.set(item, said)
    const taken = Math.min(...readings.map((reading) => reading.taken.get(item.id) ?? 0))
    const most = Math.max(bound, 2) + (attempt > 1 ? 1 : 0)
    expect(said + (attempt - 1) - taken, `${item.id} runs ahead of its reader`).toBeLessThanOrEqual(most)
  }
  const controller = new AbortController()
  const stream = flowStream(builder, {
    concurrency,
    buffer: { chunks: bound },
    onError: policy,
    signal: controller.signal,
  })
  const open = (): Reading => {
    const reading: Reading = { seen: [], taken: new Map(), error: undefined }
    readings.push(reading)
    return reading
  }
  const reason = new Error('left')
  let cancelled: Item | undefined
  const cancelOne = (seen: readonly Seen[], which: number): void => {
    const ids = [...new Set([...program.items.map(({ id }) => id), ...seen.map(({ tuple: [id] }) => id)])]
    cancelled = program.all.find(({ id }) => id === ids[which % ids.length]) as Item
    if (!given.earlier.has(cancelled)) void stream.cancelOperation(cancelled.id)
  }
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
      case 'cancels': {
        const reading = open()
        const onTuple = (n: number): unknown => !cancelled && n > reader.after && cancelOne(reading.seen, reader.which)
        return [await read(stream, reading, clock, { onTuple })]
      }
      default:
        return reader satisfies never
    }
  })()
  const [first, second] = await Promise.race([whole, clock.watch()])
  clock.stop()

  // Law 6: control is back, and nobody works any more, nor begins to.
  const { active } = witness
  const { length } = witness.started
  expect(active, 'still at work').toBe(0)
  await turn()
  await turn()
  expect(witness.started, 'started after the end').toHaveLength(length)

  // Law 2: everything has ended, once, seen or not.
  const progress = stream.progress
  const { queued, running, completed, failed, skipped, total } = progress
  expect([queued, running, completed + failed + skipped + progress.cancelled]).toEqual([0, 0, total])

  const { seen, error } = first as Reading
  const left = reader.type === 'break' && seen.length === reader.after
  const aborted = error === reason
  const lives = judgeOrder(run, seen, given.earlier)
  if (second) expect(second.seen.map(({ tuple }) => tuple)).toEqual(seen.map(({ tuple }) => tuple))
  const ends = seen.filter(({ tuple: [, { type }] }) => type === 'operation-end')
  if (!left) expect(ends, 'ends that were shown').toHaveLength(total)
  if (left || aborted) expect(aborted || error === undefined).toBe(true)
  else {
    const outcomes = new Outcomes(lives, { ...given, cancelled })
    if (failed === 0 || policy !== 'abort') outcomes.check(program)
    const { failures } = outcomes
    if (failures.length === 0 || policy === 'continue') expect(error).toBeUndefined()
    else expect(namesIn(error)).toEqual([...failures].sort())
  }
  return { seen, lives, whole: !left && !aborted }
}

/** Whose failures a `run_failed` tells. */
function namesIn(error: unknown): unknown {
  if (!(error instanceof BraidError) || error.code !== 'run_failed') return error
  return error.errors?.map(({ operationId }) => operationId).sort()
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
      taken.set(tuple[0], (taken.get(tuple[0]) ?? 0) + 1)
      manner.onTuple?.(seen.length)
      if (seen.length === manner.breakAfter) break
      for (let left = manner.pace ?? 0; left > 0; left -= 1) await turn()
    }
  } catch (error) {
    reading.error = error
  }
  return reading
}
