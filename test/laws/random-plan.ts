import { BraidError, type Operation } from '@braid/core'
import { Builder, type Join, type OperationContext, Session } from '@braid/flow'
import fc from 'fast-check'
import { TurnClock, turn } from './turn-clock.ts'

/** One operation of a random plan, and what it will do. */
export interface Step {
  /** Places of those it needs, each before its own. */
  readonly parents: readonly number[]
  readonly join: Join
  /** What its condition says. */
  readonly when: boolean
  /** `throws`: its kind throws before it is anything that could be awaited. */
  readonly fate: 'completes' | 'fails' | 'throws'
  /** What becomes of its attempts before the one in which its fate does: a retryable error, or too much time. */
  readonly stumbles: readonly ('fails' | 'hangs')[]
  /** How many attempts it may have. */
  readonly attempts: number
  readonly chunks: number
  /** Turns of the event loop that it takes before each chunk, and before its end. */
  readonly pace: number
  readonly branch: string | undefined
  readonly context: boolean
  /** When it is added, among all of them: not always after those it needs. */
  readonly rank: number
}

export type Policy = 'abort' | 'skipDependents' | 'continue'

export type Reader =
  | { readonly type: 'all' }
  | { readonly type: 'slow'; readonly pace: number }
  | { readonly type: 'several' }
  | { readonly type: 'break'; readonly after: number }
  | { readonly type: 'abort'; readonly after: number }

export interface RandomRun {
  readonly steps: readonly Step[]
  readonly concurrency: number
  readonly bound: number
  readonly policy: Policy
  readonly reader: Reader
}

const step = fc.record({
  parents: fc.array(fc.nat(), { maxLength: 3 }),
  join: fc.constantFrom<Join>('all', 'all', 'any', 'settled'),
  when: fc.nat(9).map((n) => n > 0),
  fate: fc.nat(19).map((n): Step['fate'] => (n === 0 ? 'throws' : n < 3 ? 'fails' : 'completes')),
  stumbles: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.constantFrom('fails' as const, 'hangs' as const), { maxLength: 3 }) },
  ),
  attempts: fc.integer({ min: 1, max: 3 }),
  chunks: fc.nat(6),
  pace: fc.nat(2),
  branch: fc.constantFrom(undefined, undefined, 'left', 'right'),
  context: fc.boolean(),
  rank: fc.nat(1_000),
})

const reader: fc.Arbitrary<Reader> = fc.oneof(
  fc.record({ type: fc.constant('all' as const) }),
  fc.record({ type: fc.constant('slow' as const), pace: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant('several' as const) }),
  fc.record({ type: fc.constant('break' as const), after: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ type: fc.constant('abort' as const), after: fc.nat(60) }),
)

export const randomRun: fc.Arbitrary<RandomRun> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 40, size: 'max' }).map((steps) =>
    steps.map((each, place) => ({
      ...each,
      parents: place === 0 ? [] : [...new Set(each.parents.map((parent) => parent % place))],
    })),
  ),
  concurrency: fc.constantFrom(1, 2, 3, 4, Number.POSITIVE_INFINITY),
  bound: fc.integer({ min: 1, max: 4 }),
  policy: fc.constantFrom<Policy>('abort', 'skipDependents', 'continue'),
  reader,
})

/** What the operations themselves saw of a run. */
export interface Witness {
  /** How many are inside their own code now. */
  active: number
  started: number
  /** Called before the operation at this place produces a chunk; `said` is how many it has said since its start. */
  onProduce(place: number, said: number): void
}

export const nameOf = (place: number): string => `op-${place}`
export const placeOf = (id: string): number => Number(id.slice(3))

/** Places in the order in which they are added. */
export function added(steps: readonly Step[]): number[] {
  return steps.map((_, place) => place).sort((a, b) => (steps[a] as Step).rank - (steps[b] as Step).rank || a - b)
}

/** The time that an attempt may take: no time passes, but for whoever hangs. */
const timeoutOf = (place: number): number => 1_000_000 + place

export interface Built {
  readonly builder: Builder
  readonly clock: TurnClock
}

export function build(steps: readonly Step[], witness: Witness, store?: Session['store']): Built {
  const clock = new TurnClock()
  const session = new Session({}, { clock, ...(store ? { store } : {}) })
  const throws = session.registerOperation('throws', (() => {
    throw new Error('at once')
  }) as () => Promise<void>)
  const works = session.registerOperation('works', async function* (context, { place }: { place: number }) {
    const { signal, attempt } = context
    const { chunks, pace, fate, stumbles } = steps[place] as Step
    witness.active += 1
    witness.started += 1
    try {
      for (let value = 0; value < chunks; value += 1) {
        for (let left = pace; left > 0 && !signal.aborted; left -= 1) await turn()
        if (signal.aborted) return
        // Every attempt before said as much, and there was a reset after each.
        witness.onProduce(place, (attempt - 1) * (chunks + 1) + value)
        yield { type: 'custom' as const, name: 'n', value }
      }
      for (let left = pace; left > 0 && !signal.aborted; left -= 1) await turn()
      await stumble(stumbles[attempt - 1], context, () => clock.fire(timeoutOf(place)))
      if (fate === 'fails') throw new Error('as it was told')
    } finally {
      witness.active -= 1
    }
  })
  const builder = new Builder({ session })
  const operations = new Map<number, Operation>()
  for (const place of added(steps)) {
    const { parents, join, when, fate, branch, context, attempts } = steps[place] as Step
    const known = parents.flatMap((parent) => operations.get(parent) ?? [])
    const kind = fate === 'throws' ? throws : works
    const needs = known.length < parents.length ? {} : context ? { contextFrom: known } : { dependsOn: known }
    const shape = { join, when: () => when, ...(branch === undefined ? {} : { branch }), ...needs }
    const tries = { retry: { attempts, backoff: 2 }, timeout: timeoutOf(place) }
    operations.set(place, builder.add(nameOf(place), kind, { place }, { ...shape, ...tries }))
  }
  steps.forEach(({ parents }, place) => {
    builder.dependsOn(nameOf(place), parents.map(nameOf))
  })
  return { builder, clock }
}

async function stumble(how: 'fails' | 'hangs' | undefined, { signal }: OperationContext, expire: () => void) {
  if (how === undefined || signal.aborted) return
  if (how === 'fails') throw new BraidError('overloaded', 'not in this attempt')
  const told = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve())
  })
  expire()
  await told
}
