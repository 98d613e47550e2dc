import { number, target } from './table.mjs'

const SCAN = { name: 'undici request, scan', client: 'scan' }
const BRAID = { name: 'Braid, iModel', client: 'imodel' }
const GOVERNED = { name: 'Braid, with all policies', client: 'governed' }
const CONTESTANTS = [
  SCAN,
  BRAID,
  GOVERNED,
  { name: 'openai', client: 'openai' },
  { name: 'AI SDK 6', client: 'ai-sdk' },
]

const samples = CONTESTANTS.map(({ name, client }) => ({
  id: name,
  module: './first-chunk/first.mjs',
  input: { client },
}))

/**
 * @param {Record<string, Record<string, number | null>>} measured
 * @returns {import('./table.mjs').Report}
 */
function report(measured) {
  const ms = ({ name }) => measured[name].wall
  const over = (each) => ms(each) - ms(SCAN)
  return {
    tables: [
      {
        title: 'First chunk: milliseconds from the question to the first word, connection kept',
        columns: ['', 'ms', 'over undici'],
        rows: CONTESTANTS.map((each) => [each.name, number(ms(each)), each === SCAN ? '–' : number(over(each))]),
      },
    ],
    targets: [target('ms over undici', 0.5, [over(BRAID), over(GOVERNED)], [null, null])],
    notes: [],
  }
}

export const firstChunk = { samples, report }
