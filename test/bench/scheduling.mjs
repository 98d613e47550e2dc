import { number, target, withRatio } from './table.mjs'

const SHAPES = ['chain', 'fan-out', 'layers']
const SIZES = [100, 1_000, 10_000]
const CELLS = SHAPES.flatMap((shape) => SIZES.map((size) => ({ shape, size })))

const FLOOR = { name: 'ready-counter', module: './scheduling/ready-counter.mjs' }
const BRAID = { name: 'Braid', module: './scheduling/braid.mjs' }
const HISTORY = { name: 'Braid, history in a file', module: './scheduling/braid-history.mjs' }
const CONTESTANTS = [
  FLOOR,
  BRAID,
  { name: 'Braid, read as a stream', module: './scheduling/braid.mjs', options: { reader: true } },
  HISTORY,
  { name: 'Braid, 16 slots', module: './scheduling/braid.mjs', options: { concurrency: 16 } },
  { name: 'p-limit, 16 slots', module: './scheduling/p-limit.mjs' },
]
// It prints a MaxListenersExceededWarning for every fan-out.
const LANGGRAPH = { name: 'LangGraph.js', module: './scheduling/langgraph.mjs', quiet: true }
/** Deprecated, and still beside it. Its handlers send from inside of one another: a chain of 1,000 overflows the stack. */
const LLAMAINDEX = { name: 'LlamaIndex workflows', module: './scheduling/llamaindex.mjs', quiet: true }
const LLAMAINDEX_SIZES = { chain: [100], 'fan-out': [100, 1_000], layers: [100, 1_000] }
/** The size that takes LangGraph.js minutes is run once. */
const LARGE = 10_000
const BUILDER = { name: 'Builder, making the graph', module: './scheduling/braid-builder.mjs' }
const COLD = { name: 'Braid, only run of a process', module: './scheduling/braid-cold.mjs' }

const samples = [
  ...[...CONTESTANTS, BUILDER].flatMap((contestant) => SHAPES.map((shape) => sample(contestant, shape, SIZES))),
  ...CELLS.map(({ shape, size }) => sample(COLD, shape, [size])),
  ...SHAPES.map((shape) => ({
    ...sample(LLAMAINDEX, shape, LLAMAINDEX_SIZES[shape]),
    id: `${LLAMAINDEX.name}/${shape}`,
  })),
  ...SHAPES.flatMap((shape) => [
    sample(
      LANGGRAPH,
      shape,
      SIZES.filter((size) => size < LARGE),
    ),
    { ...sample({ ...LANGGRAPH, options: { once: true } }, shape, [LARGE]), once: true },
  ]),
]

function sample({ name, module, options, quiet = false }, shape, sizes) {
  const id = sizes.length === 1 ? `${name}/${shape}/${sizes[0]}` : `${name}/${shape}`
  return { id, module, quiet, input: { shape, sizes, ...options } }
}

/**
 * @param {Record<string, Record<string, number | null>>} measured
 * @returns {import('./table.mjs').Report}
 */
function report(measured) {
  const row = ({ name }, prefix = '') =>
    CELLS.map(
      ({ shape, size }) => (measured[`${name}/${shape}/${size}`] ?? measured[`${name}/${shape}`])[prefix + size],
    )
  const floor = row(FLOOR)
  const columns = ['', ...CELLS.map(({ shape, size }) => `${shape} ${size.toLocaleString('en')}`)]
  return {
    tables: [
      {
        title: 'Scheduling: µs per no-op node (times the ready-counter)',
        columns,
        rows: [...CONTESTANTS, LANGGRAPH, LLAMAINDEX].map((each) => [
          each.name,
          ...row(each).map((value, index) => (each === FLOOR ? number(value) : withRatio(value, floor[index]))),
        ]),
      },
      {
        title: 'Beside it: µs per node',
        columns,
        rows: [BUILDER, COLD].map((each) => [each.name, ...row(each).map(number)]),
      },
    ],
    targets: [
      target('µs per node without history, worst cell', 10, row(BRAID), row(BRAID, 'cpu ')),
      target('µs per node with history in a file, worst cell', 100, row(HISTORY), row(HISTORY, 'cpu ')),
    ],
    notes: [
      'LangGraph.js at 10,000 nodes is one run, not a median: it takes minutes.',
      'LlamaIndex workflows overflow the stack at a chain of 1,000, and take seconds at 10,000.',
    ],
  }
}

export const scheduling = { samples, report }
