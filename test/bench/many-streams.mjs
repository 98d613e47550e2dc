import { number, target, withRatio } from './table.mjs'

/** How many answers, and how many words each says. */
const CELLS = [
  { streams: 1_000, frames: 20 },
  { streams: 5_000, frames: 12 },
]
const PER_SECOND = 4_000

const SCAN = { name: 'undici request, scan', client: 'scan' }
const BRAID = { name: 'Braid, iModel', client: 'imodel' }
const GOVERNED = { name: 'Braid, with all policies', client: 'governed' }
const CONTESTANTS = [SCAN, BRAID, GOVERNED, { name: 'openai', client: 'openai' }]

const samples = CONTESTANTS.flatMap((contestant) =>
  CELLS.map((cell) => ({
    id: id(contestant, cell),
    module: './many-streams/streams.mjs',
    input: { wire: 'openai', ...cell, perSecond: PER_SECOND, client: contestant.client },
  })),
)

function id({ name }, { streams }) {
  return `${name}/${streams}`
}

/**
 * @param {Record<string, Record<string, number | null>>} measured
 * @returns {import('./table.mjs').Report}
 */
function report(measured) {
  const row = (contestant, what) => CELLS.map((cell) => measured[id(contestant, cell)][what])
  const floor = row(SCAN, 'cpu')
  const columns = ['', ...CELLS.map(({ streams }) => `${streams.toLocaleString('en')} streams`)]
  return {
    tables: [
      {
        title: 'Many streams: µs on the processor per chunk (times undici and the scan)',
        columns,
        rows: CONTESTANTS.map((each) => [
          each.name,
          ...row(each, 'cpu').map((value, index) => (each === SCAN ? number(value) : withRatio(value, floor[index]))),
        ]),
      },
      {
        title: 'Many streams: KB of memory per stream, at most',
        columns,
        rows: CONTESTANTS.map((each) => [each.name, ...row(each, 'memory').map(number)]),
      },
    ],
    targets: [
      target(
        "times undici's and the scan's processor time per chunk, worst cell",
        1.3,
        row(BRAID, 'cpu').map((value, index) => value / floor[index]),
        [null],
      ),
      target(
        'times a plain iModel, with all policies, per chunk, worst cell',
        1.2,
        row(GOVERNED, 'cpu').map((value, index) => value / row(BRAID, 'cpu')[index]),
        [null],
      ),
      target('KB per stream, worst cell', 100, row(BRAID, 'memory'), [null]),
    ],
    notes: [],
  }
}

export const manyStreams = { samples, report }
