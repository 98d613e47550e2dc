const CONTESTANTS = [
  { name: 'Braid', module: './slow-reader/braid.mjs', producers: 2 },
  { name: 'LangGraph.js 1.4, custom stream', module: './slow-reader/langgraph.mjs', producers: 2 },
  { name: 'LlamaIndex workflows 1.3', module: './slow-reader/llamaindex.mjs', producers: 2 },
  { name: 'AI SDK 6, textStream', module: './slow-reader/ai-sdk.mjs', producers: 1 },
  { name: 'OpenAI Agents 0.20, stream', module: './slow-reader/openai-agents.mjs', producers: 1 },
]
/** How many chunks each producer has. */
const EACH = 200_000

const samples = CONTESTANTS.map(({ name, module, producers }) => ({
  id: name,
  module,
  input: { producers, each: EACH },
}))

/**
 * @param {Record<string, Record<string, number | null>>} measured
 * @returns {import('./table.mjs').Report}
 */
function report(measured) {
  const count = (value) => Math.round(value).toLocaleString('en')
  const told = (value, producers) => (value === 0 ? 'no' : `${value} of ${producers}`)
  return {
    tables: [
      {
        title: 'A slow reader: takes 6 chunks, 50 ms apart, and leaves the loop',
        columns: [
          '',
          'producers',
          'can produce',
          'taken',
          'produced by then',
          'still produced',
          'told to stop',
          'stopped',
        ],
        rows: CONTESTANTS.map(({ name, producers }) => {
          const { taken, produced, after, signalled, ended } = measured[name]
          return [
            name,
            String(producers),
            count(producers * EACH),
            count(taken),
            count(produced),
            count(after),
            told(signalled, producers),
            told(ended, producers),
          ]
        }),
      },
    ],
    targets: [],
    notes: [
      'Told to stop: its signal aborted, or its stream was cancelled. Stopped: it left its loop early, and ran its finally.',
      'AI SDK and OpenAI Agents have no graph, so nothing to merge: one producer each.',
    ],
  }
}

export const slowReader = { samples, report }
