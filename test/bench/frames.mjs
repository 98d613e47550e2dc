import { number, target, withRatio } from './table.mjs'

const WORDS = 100_000
const CUTS = [1, 32]
const IN_MEMORY = './frames/in-memory.mjs'
const IN_USE = './frames/in-use.mjs'
const HEAP = './frames/heap.mjs'
/** A word is then a network read: the others are written as fast as they are read, and a read holds many. */
const ONE_BY_ONE = './many-streams/streams.mjs'
const PACE = { streams: 16, frames: 1_000, perSecond: 4_000 }

/** How many words before each look at the heap. */
const LOOKS = [10_000, 100_000]

const SCAN = { name: 'undici request, scan', client: 'scan' }
const AI_SDK = { name: 'AI SDK 6', client: 'ai-sdk', least: 1 }
const MODEL = { name: 'Braid, iModel', client: 'imodel' }
const GOVERNED = { name: 'Braid, with all policies', client: 'governed' }
const BATCHES = { name: 'Braid, iModel, its batches', client: 'imodel-batches' }
const PIPELINE = { name: 'Braid, pipeline on undici', client: 'pipeline' }

/** `limit`: how many times the scan the pipeline may take. `faster`: how many times less than each client Braid may take. */
const WIRES = [
  {
    wire: 'openai',
    title: 'OpenAI frames of 285 bytes',
    limit: 1.5,
    clients: [
      SCAN,
      MODEL,
      GOVERNED,
      BATCHES,
      { name: 'openai', client: 'openai', faster: 1.5 },
      { ...AI_SDK, faster: 8 },
    ],
  },
  {
    wire: 'anthropic',
    title: 'Anthropic frames of 133 bytes',
    limit: 2,
    clients: [
      SCAN,
      MODEL,
      GOVERNED,
      BATCHES,
      { name: '@anthropic-ai/sdk', client: 'anthropic', faster: 1.5 },
      { ...AI_SDK, faster: 8 },
    ],
  },
  {
    wire: 'ollama',
    title: 'Ollama lines of 126 bytes',
    clients: [SCAN, PIPELINE, { name: 'ollama', client: 'ollama' }],
  },
  {
    wire: 'bedrock',
    title: 'AWS messages of 165 bytes',
    clients: [SCAN, PIPELINE, { name: '@aws-sdk/client-bedrock-runtime', client: 'bedrock', quiet: true, least: 1 }],
  },
]

const READERS = [
  { name: 'scan and JSON.parse', reader: 'scan' },
  { name: "Braid's pipeline", reader: 'pipeline' },
]

/** Those that Braid writes requests for. */
const SPOKEN = WIRES.filter(({ limit }) => limit !== undefined)

const cells = WIRES.flatMap((each) => CUTS.map((cut) => ({ ...each, cut })))

const samples = [
  ...cells.flatMap(({ wire, cut }) =>
    READERS.map(({ reader }) => ({
      id: `${wire}/${cut}/${reader}`,
      module: IN_MEMORY,
      input: { wire, words: WORDS, each: cut, reader },
    })),
  ),
  ...cells.flatMap(({ wire, cut, clients }) =>
    clients.map(({ client, least, quiet = false }) => ({
      id: `${wire}/${cut}/in use/${client}`,
      module: IN_USE,
      quiet,
      input: { wire, words: WORDS, each: cut, client, least },
    })),
  ),
  ...SPOKEN.flatMap(({ wire, clients }) =>
    clients.map(({ client }) => ({
      id: `${wire}/read/${client}`,
      module: ONE_BY_ONE,
      input: { wire, ...PACE, client },
    })),
  ),
  ...WIRES.map(({ wire }) => ({ id: `${wire}/heap`, module: HEAP, input: { wire, looks: LOOKS } })),
]

/**
 * @param {Record<string, Record<string, number | null>>} measured
 * @returns {import('./table.mjs').Report}
 */
function report(measured) {
  const inMemory = (wire, reader, what = 'wall') => CUTS.map((cut) => measured[`${wire}/${cut}/${reader}`][what])
  const inUse = (wire, client, what = 'wall') => CUTS.map((cut) => measured[`${wire}/${cut}/in use/${client}`][what])
  const ratios = (values, floors) => values.map((value, index) => value && value / floors[index])
  const readOf = (wire, { client }) => measured[`${wire}/read/${client}`].cpu
  const columns = ['', ...CUTS.map((cut) => (cut === 1 ? '1 frame a piece' : `${cut} frames a piece`))]
  return {
    tables: [
      ...WIRES.map(({ wire, title, clients }) => ({
        title: `${title}: µs per frame from bytes in memory (times the scan); from a server, everyone with a transport of their own`,
        columns,
        rows: [
          ...READERS.map(({ name, reader }) => row(name, inMemory(wire, reader), inMemory(wire, 'scan'))),
          ...clients.map(({ name, client }) => row(name, inUse(wire, client), inUse(wire, 'scan'))),
        ],
      })),
      ...SPOKEN.map(({ wire, title, clients }) => ({
        title: `${title}, one to a network read: µs on the processor per frame (times undici and the scan)`,
        columns: ['', '1 frame a read'],
        rows: clients.map((each) => row(each.name, [readOf(wire, each)], [readOf(wire, SCAN)])),
      })),
      {
        title: 'Heap of the pipeline in one answer, after a collection: MB',
        columns: ['', ...LOOKS.map((words) => `${words.toLocaleString('en')} frames`)],
        rows: WIRES.map(({ wire, title }) => [title, ...LOOKS.map((words) => number(measured[`${wire}/heap`][words]))]),
      },
    ],
    targets: [
      ...WIRES.filter(({ limit }) => limit !== undefined).map(({ wire, title, limit }) =>
        target(
          `times the scan, ${title}, worst cut`,
          limit,
          ratios(inMemory(wire, 'pipeline'), inMemory(wire, 'scan')),
          ratios(inMemory(wire, 'pipeline', 'cpu'), inMemory(wire, 'scan', 'cpu')),
        ),
      ),
      ...WIRES.flatMap(({ wire, title, clients }) =>
        clients
          .filter(({ faster }) => faster !== undefined)
          .map(({ name, client, faster }) =>
            target(
              `iModel's part of ${name}'s time, ${title}, worst cut`,
              Math.round(1_000 / faster) / 1_000,
              ratios(inUse(wire, MODEL.client), inUse(wire, client)),
              ratios(inUse(wire, MODEL.client, 'cpu'), inUse(wire, client, 'cpu')),
            ),
          ),
      ),
      target(
        'MB that the heap grew from 10,000 to 100,000 frames, worst wire',
        0.5,
        WIRES.map(({ wire }) => measured[`${wire}/heap`][LOOKS[1]] - measured[`${wire}/heap`][LOOKS[0]]),
        [null],
      ),
    ],
    notes: [
      'A part of 0.67 is 1.5 times faster, one of 0.13 is 8 times. One to a network read, most of the time is the socket’s, everyone’s.',
    ],
  }
}

function row(name, values, floors) {
  return [
    name,
    ...values.map((value, index) => (value === floors[index] ? number(value) : withRatio(value, floors[index]))),
  ]
}

export const frames = { samples, report }
