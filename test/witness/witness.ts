import { fileURLToPath } from 'node:url'
import { type Cut, type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Corpus, readCorpus, type StreamCase } from '../support/corpus.ts'
import { describeShared } from '../support/shared.ts'
import { type BraidClient, braidClient } from './braid.ts'
import { type Aspect, disagreements } from './disagreement.ts'
import type { Hearing } from './hearing.ts'

/** A provider's own client. */
export interface Witness {
  /** Its package. */
  readonly sdk: string
  /** The API whose streams it reads. */
  readonly api: string
  hear(url: string, streamCase: StreamCase): Promise<Hearing>
}

/** Why the SDK and Braid understand some answers differently, and which. */
export interface Explanation {
  readonly reason: string
  readonly aspects: readonly Aspect[]
  /** Whether the two differ in the way that the reason says. */
  readonly shows: (braid: Hearing, sdk: Hearing) => boolean
  /** By their ids. A case that is not in the folder at hand is not looked for. */
  readonly cases: readonly string[]
}

/** Small pieces of a large answer are slow to read: some SDKs look through all they hold at each of them. */
const LARGE = 256 * 1024
const CUTS: readonly Cut[] = ['frame', 7, { seed: 1, max: 60 }, { seed: 2, max: 500 }]
const CUTS_OF_LARGE: readonly Cut[] = ['frame', { seed: 1, max: 32 * 1024 }]

const CONTENT_TYPES: Readonly<Record<StreamCase['wire'], string>> = {
  sse: 'text/event-stream',
  jsonl: 'application/x-ndjson',
  eventstream: 'application/vnd.amazon.eventstream',
  'json-array': 'application/json',
}

/** Lets the SDK and Braid read the same bytes from one server, and checks that they agree in everything that is not explained. */
export function testify(witness: Witness, explanations: readonly Explanation[]): void {
  describe(`${witness.sdk} and Braid on ${witness.api}`, () => {
    let server: ProviderServer
    beforeAll(async () => {
      server = await startProviderServer()
    })
    afterAll(() => server.close())

    const own = fileURLToPath(new URL('../streams', import.meta.url))
    describe('the streams of our own making', () => compareAll(readCorpus(own)!))
    describeShared('the recorded streams of real providers', ({ corpus }) => compareAll(corpus))

    function compareAll(corpus: Corpus): void {
      const cases = corpus.cases.filter(({ api }) => api === witness.api)
      if (cases.length === 0) it.skip(`none of them is of ${witness.api}`, () => {})
      for (const [way, { braid, group }] of byWay(cases)) {
        if (braid === undefined) {
          it.skip(`${way}: ${group.length} cases wait for it`, () => {})
          continue
        }
        describe(`through ${way}`, () => {
          afterAll(() => braid.close())
          it.each(group.map((streamCase) => [streamCase.id, streamCase] as const))('%s', async (_, streamCase) => {
            await compare(braid, streamCase, corpus.bytes(streamCase))
          })
        })
      }
    }

    async function compare(braid: BraidClient, streamCase: StreamCase, bytes: Uint8Array): Promise<void> {
      const rows = explanations.filter(({ cases }) => cases.includes(streamCase.id))
      const explained = new Set(rows.flatMap(({ aspects }) => aspects))
      for (const cut of bytes.length > LARGE ? CUTS_OF_LARGE : CUTS) {
        const how = `cut ${JSON.stringify(cut)}`
        server.replay(bytes, { contentType: CONTENT_TYPES[streamCase.wire], cut, times: 2 })
        const ours = await braid.hear(server.url)
        const theirs = await witness.hear(server.url, streamCase)
        expect(server.unused, `${how}: each of them asked once`).toBe(0)

        const found = disagreements(ours, theirs)
        const unexplained = found.filter(({ aspect }) => !explained.has(aspect))
        expect(
          unexplained,
          `${how}: disagreements without an explanation; the SDK: ${theirs.error}, Braid: ${ours.error}`,
        ).toEqual([])
        const aspects = new Set(found.map(({ aspect }) => aspect))
        const past = [...explained].filter((aspect) => !aspects.has(aspect))
        expect(past, `${how}: explained disagreements that no longer happen`).toEqual([])
        for (const { reason, shows } of rows)
          expect(shows(ours, theirs), `${how}: it looks otherwise than: ${reason}`).toBe(true)
      }
    }
  })
}

interface Group {
  readonly braid: BraidClient | undefined
  readonly group: StreamCase[]
}

/** One client of Braid for all the cases that it reads in the same way. */
function byWay(cases: readonly StreamCase[]): Map<string, Group> {
  const groups = new Map<string, Group>()
  for (const streamCase of cases) {
    const braid = braidClient(streamCase)
    const way = braid?.way ?? `Braid has no family ${streamCase.api}`
    const known = groups.get(way)
    if (known) known.group.push(streamCase)
    else groups.set(way, { braid, group: [streamCase] })
  }
  return groups
}
