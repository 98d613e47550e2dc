import type { Join } from '@braid/flow'
import fc from 'fast-check'
import { type Program, programOf, show } from './shape-program.ts'

/** One operation as it is drawn at random. What its numbers mean is decided where it stands; see `shape-program.ts`. */
export interface Sketch {
  readonly type: 'task' | 'subgraph' | 'expand' | 'repeat'
  readonly parents: readonly number[]
  readonly join: Join
  readonly when: 'yes' | 'no' | 'throws'
  readonly branch: string | undefined
  readonly context: boolean
  /** When it is added, among those beside it: not always after those it needs. */
  readonly rank: number

  /** Of a task: `throws` does so before it is anything that could be awaited. */
  readonly fate: 'completes' | 'fails' | 'throws'
  readonly chunks: number
  /** Turns of the event loop that it takes before each chunk, and before its end. */
  readonly pace: number
  readonly attempts: number
  /** How many attempts fail, retryably, before it meets its fate. */
  readonly stumbles: number
  /** Whose stream it reads, if any. */
  readonly hears: number | undefined
  readonly hearing: 'all' | 'first' | 'nothing'

  /** Of a group: what it may build. */
  readonly pieces: readonly { readonly inside: readonly Sketch[]; readonly returns: number }[]
  /** The `max` of an expand. */
  readonly cap: number
  /** The round at which a repeat is satisfied. */
  readonly good: number
  readonly from: number
}

export type Policy = 'abort' | 'skipDependents' | 'continue'

export type ShapeReader =
  | { readonly type: 'all' }
  | { readonly type: 'slow'; readonly pace: number }
  | { readonly type: 'several' }
  | { readonly type: 'break'; readonly after: number }
  | { readonly type: 'abort'; readonly after: number }
  /** Reads all, and cancels one operation on the way. */
  | { readonly type: 'cancels'; readonly after: number; readonly which: number }

export interface ShapeRun {
  readonly program: Program
  readonly concurrency: number
  readonly bound: number
  readonly policy: Policy
  readonly reader: ShapeReader
}

const common = {
  parents: fc.array(fc.nat(30), { maxLength: 3 }),
  join: fc.constantFrom<Join>('all', 'all', 'any', 'settled'),
  when: fc.nat(23).map((n): Sketch['when'] => (n < 22 ? 'yes' : n === 22 ? 'no' : 'throws')),
  branch: fc.constantFrom(undefined, undefined, undefined, 'left', 'right'),
  context: fc.boolean(),
  rank: fc.nat(1_000),
  fate: fc.nat(19).map((n): Sketch['fate'] => (n < 17 ? 'completes' : n < 19 ? 'fails' : 'throws')),
  chunks: fc.nat(6),
  pace: fc.nat(2),
  attempts: fc.integer({ min: 1, max: 3 }),
  stumbles: fc.constantFrom(0, 0, 0, 0, 1, 2),
  hears: fc.option(fc.nat(30), { nil: undefined, freq: 1 }),
  hearing: fc.constantFrom<Sketch['hearing']>('all', 'all', 'first', 'nothing'),
  cap: fc.constantFrom(1, 2, 3, 3, 3),
  good: fc.nat(4),
  from: fc.nat(30),
}

const task: fc.Arbitrary<Sketch> = fc.record({ ...common, type: fc.constant('task' as const), pieces: fc.constant([]) })

function sketches(depth: number, most: number): fc.Arbitrary<Sketch[]> {
  return fc.array(
    depth === 0 ? task : fc.oneof({ weight: 3, arbitrary: task }, { weight: 1, arbitrary: group(depth) }),
    {
      minLength: 1,
      maxLength: most,
      size: 'max',
    },
  )
}

function group(depth: number): fc.Arbitrary<Sketch> {
  const piece = fc.record({ inside: sketches(depth - 1, 4), returns: fc.nat(3) })
  return fc.record({
    ...common,
    hears: fc.constant(undefined),
    type: fc.constantFrom('subgraph' as const, 'expand' as const, 'repeat' as const),
    pieces: fc.array(piece, { minLength: 0, maxLength: 3 }),
  })
}

const reader: fc.Arbitrary<ShapeReader> = fc.oneof(
  fc.record({ type: fc.constant('all' as const) }),
  fc.record({ type: fc.constant('slow' as const), pace: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant('several' as const) }),
  fc.record({ type: fc.constant('break' as const), after: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ type: fc.constant('abort' as const), after: fc.nat(60) }),
  fc.record({ type: fc.constant('cancels' as const), after: fc.nat(40), which: fc.nat(60) }),
)

function runs(tangled: boolean): fc.Arbitrary<ShapeRun> {
  return fc
    .record({
      sketches: sketches(2, 12),
      concurrency: fc.constantFrom(1, 2, 3, 4, Number.POSITIVE_INFINITY),
      bound: fc.integer({ min: 1, max: 4 }),
      policy: fc.constantFrom<Policy>('continue', 'skipDependents', 'abort'),
      reader,
    })
    .map(({ sketches: drawn, ...rest }) => {
      const program = programOf(drawn, tangled)
      const run = { program, ...rest }
      return Object.defineProperty(run, fc.toStringMethod, { value: () => show(run), enumerable: false })
    })
}

/** Programs whose operations do not wait for themselves. */
export const randomShapes = runs(false)

/** The same, where some may. */
export const tangledShapes = runs(true)
