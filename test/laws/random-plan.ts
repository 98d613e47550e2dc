import type { BraidError, Operation } from '@braid/core'
import { Builder, type Join, Session } from '@braid/flow'
import fc from 'fast-check'

/** One operation of a random plan, and what it will do. */
export interface Step {
  /** Places of those it needs, each before its own. */
  readonly parents: readonly number[]
  readonly join: Join
  /** What its condition says. */
  readonly when: boolean
  /** `throws`: its kind throws before it is anything that could be awaited. */
  readonly fate: 'completes' | 'fails' | 'throws'
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
  /** Called before the operation at this place produces a chunk. */
  onProduce(place: number, chunk: number): void
}

export const nameOf = (place: number): string => `op-${place}`
export const placeOf = (id: string): number => Number(id.slice(3))

/** Places in the order in which they are added. */
export function added(steps: readonly Step[]): number[] {
  return steps.map((_, place) => place).sort((a, b) => (steps[a] as Step).rank - (steps[b] as Step).rank || a - b)
}

export function build(steps: readonly Step[], witness: Witness, session = new Session()): Builder {
  const throws = session.registerOperation('throws', (() => {
    throw new Error('at once')
  }) as () => Promise<void>)
  const works = session.registerOperation('works', async function* ({ signal }, { place }: { place: number }) {
    const { chunks, pace, fate } = steps[place] as Step
    witness.active += 1
    witness.started += 1
    try {
      for (let value = 0; value < chunks; value += 1) {
        for (let left = pace; left > 0 && !signal.aborted; left -= 1) await turn()
        if (signal.aborted) return
        witness.onProduce(place, value)
        yield { type: 'custom' as const, name: 'n', value }
      }
      for (let left = pace; left > 0 && !signal.aborted; left -= 1) await turn()
      if (fate === 'fails') throw new Error('as it was told') satisfies Error | BraidError
    } finally {
      witness.active -= 1
    }
  })
  const builder = new Builder({ session })
  const operations = new Map<number, Operation>()
  for (const place of added(steps)) {
    const { parents, join, when, fate, branch, context } = steps[place] as Step
    const known = parents.flatMap((parent) => operations.get(parent) ?? [])
    const kind = fate === 'throws' ? throws : works
    const needs = known.length < parents.length ? {} : context ? { contextFrom: known } : { dependsOn: known }
    const shape = { join, when: () => when, ...(branch === undefined ? {} : { branch }), ...needs }
    operations.set(place, builder.add(nameOf(place), kind, { place }, shape))
  }
  steps.forEach(({ parents }, place) => {
    builder.dependsOn(nameOf(place), parents.map(nameOf))
  })
  return builder
}

export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
