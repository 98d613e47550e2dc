import { number, target } from './table.mjs'

const SIZES = [200, 10_000]
const MESSAGES = 10_000

const sizes = SIZES.flatMap((count) => [
  { id: `size ${count}`, module: './history/braid-size.mjs', input: { count, search: false }, once: true },
  { id: `size ${count} search`, module: './history/braid-size.mjs', input: { count, search: true }, once: true },
])

const samples = [
  ...sizes,
  // Each of its turns writes all that was said before once more: ten thousand would be some hundred gigabytes.
  { id: 'langgraph', module: './history/langgraph-size.mjs', input: { count: 200 }, once: true, quiet: true },
  { id: 'reading', module: './history/reading.mjs', input: { messages: MESSAGES } },
  { id: 'blocking', module: './history/blocking.mjs', input: { writers: 100, each: 100, search: false } },
  { id: 'blocking search', module: './history/blocking.mjs', input: { writers: 100, each: 100, search: true } },
]

/**
 * @param {Record<string, Record<string, number | null>>} measured
 * @returns {import('./table.mjs').Report}
 */
function report(measured) {
  const bytes = (value) => Math.round(value).toLocaleString('en')
  const ratio = ({ added, said }) => added / said
  const { fork, added, last, whole } = measured.reading
  const block = measured.blocking
  const indexed = measured['blocking search']
  return {
    tables: [
      {
        title: 'A conversation of 2 KB and 2 KB a turn: bytes that it adds to the file, and how many per byte said',
        columns: ['', 'turns', 'said', 'added', 'per byte', 'index of words', 'per byte'],
        rows: [
          ...SIZES.map((count) => {
            const plain = measured[`size ${count}`]
            const index = measured[`size ${count} search`].added - plain.added
            return [
              'Braid',
              count.toLocaleString('en'),
              bytes(plain.said),
              bytes(plain.added),
              number(ratio(plain)),
              bytes(index),
              number(index / plain.said),
            ]
          }),
          [
            'LangGraph.js, SqliteSaver 1.0',
            '200',
            bytes(measured.langgraph.said),
            bytes(measured.langgraph.added),
            number(ratio(measured.langgraph)),
            '–',
            '–',
          ],
        ],
      },
      {
        title: `A branch of ${MESSAGES.toLocaleString('en')} messages of 2 KB, in milliseconds`,
        columns: ['fork', 'rows that it adds', 'last 50', 'all'],
        rows: [[number(fork), number(added), number(last), number(whole)]],
      },
      {
        title: '100 writers of messages of 2 KB: milliseconds that a turn of the event loop takes meanwhile',
        columns: ['', 'median', 'p99', 'longest'],
        rows: [
          ['without an index', number(block.p50), number(block.p99), number(block.most)],
          ['with an index of words', number(indexed.p50), number(indexed.p99), number(indexed.most)],
        ],
      },
    ],
    targets: [
      target(
        'bytes in the file per byte said',
        1.3,
        SIZES.map((count) => ratio(measured[`size ${count}`])),
        [null],
      ),
      target(`fork of ${MESSAGES.toLocaleString('en')} messages, ms`, 0.1, [fork], [null]),
      target('rows of a fork', 1, [added], [null]),
      target(`last 50 of ${MESSAGES.toLocaleString('en')} messages, ms`, 0.2, [last], [null]),
      target('event loop blocked by a flush, p99, ms', 5, [block.p99], [null]),
    ],
    notes: [
      `An empty file has ${bytes(measured['size 200'].empty)} bytes, a page for each table and index; what is added is on top of that.`,
    ],
  }
}

export const history = { samples, report }
