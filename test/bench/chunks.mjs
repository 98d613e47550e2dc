import { number, target, withRatio } from './table.mjs'

/** How many operations say how many chunks each. The last four have as many chunks each, from one that has nothing to merge to a thousand. */
const CELLS = [
  { operations: 100, each: 100 },
  { operations: 1, each: 100_000 },
  { operations: 10, each: 10_000 },
  { operations: 100, each: 1_000 },
  { operations: 1_000, each: 100 },
]

const FLOOR = { name: 'hand-written merge', module: './chunks/floor.mjs' }
const BRAID = { name: 'Braid, text', module: './chunks/braid.mjs', options: { yields: 'text' } }
const CONTESTANTS = [
  FLOOR,
  BRAID,
  { name: 'Braid, chunks', module: './chunks/braid.mjs', options: { yields: 'chunks' } },
  { name: "Braid, a model's arrays of 10", module: './chunks/braid-model.mjs' },
  { name: 'LangGraph.js, custom', module: './chunks/langgraph.mjs', quiet: true, most: 10_000 },
]

const samples = CONTESTANTS.flatMap((contestant) =>
  CELLS.filter((cell) => cell.operations * cell.each <= (contestant.most ?? Number.POSITIVE_INFINITY)).map((cell) => ({
    id: id(contestant, cell),
    module: contestant.module,
    quiet: contestant.quiet ?? false,
    input: { ...cell, ...contestant.options },
  })),
)

function id({ name }, { operations, each }) {
  return `${name}/${operations} × ${each}`
}

/**
 * @param {Record<string, Record<string, number | null>>} measured
 * @returns {import('./table.mjs').Report}
 */
function report(measured) {
  const row = (contestant, what = 'wall') => CELLS.map((cell) => measured[id(contestant, cell)]?.[what])
  const floor = row(FLOOR)
  const ratios = (what) => row(BRAID, what).map((value, index) => value && value / row(FLOOR, what)[index])
  /** The cells that the targets name. */
  const ends = (values) => [values[0], values.at(-1)]
  const growth = (what) => {
    const [, alone, ...others] = row(BRAID, what)
    return others.map((value) => value && value / alone)
  }
  return {
    tables: [
      {
        title: 'Chunks: µs per chunk, merged and read one by one (times the hand-written merge)',
        columns: [
          '',
          ...CELLS.map(({ operations, each }) => `${operations.toLocaleString('en')} × ${each.toLocaleString('en')}`),
        ],
        rows: CONTESTANTS.map((contestant) => [
          contestant.name,
          ...row(contestant).map((value, index) =>
            contestant === FLOOR ? number(value) : withRatio(value, floor[index]),
          ),
        ]),
      },
    ],
    targets: [
      target('times the hand-written merge, 100 × 100 and 1,000 × 100', 2, ends(ratios('wall')), ends(ratios('cpu'))),
      target("times one operation's cost per chunk, at 1,000", 2, growth('wall'), growth('cpu')),
    ],
    notes: [],
  }
}

export const chunks = { samples, report }
