import { fileURLToPath } from 'node:url'
import { family, Manifest, manifests } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { type Corpus, readCorpus, type StreamCase } from '../support/corpus.ts'
import { describeShared } from '../support/shared.ts'
import { differences } from './difference.ts'
import { violations } from './protocol.ts'
import { byteByByte, cutAtRandom, essence, firstDifference, read } from './reading.ts'

const { gemini } = manifests
const READERS: Readonly<Record<string, Manifest>> = {
  'openai-chat sse': family('openai-chat'),
  'anthropic-messages sse': family('anthropic-messages'),
  'gemini sse': family('gemini'),
  'gemini json-array': Manifest.parse({
    ...gemini,
    streaming: { ...gemini.streaming, decoder: { format: 'gemini_json' } },
  }),
}

const CUTTINGS = 20

describe('the streams of our own making', () => {
  const folder = fileURLToPath(new URL('../streams', import.meta.url))
  const corpus = readCorpus(folder)
  if (!corpus) throw new Error(`There are no streams in ${folder}.`)
  readAll(corpus)
})

describeShared('the recorded streams of real providers', ({ corpus }) => readAll(corpus))

function readAll(corpus: Corpus): void {
  for (const [reader, manifest] of Object.entries(READERS)) {
    const cases = corpus.cases.filter((streamCase) => `${streamCase.api} ${streamCase.wire}` === reader)
    describe(reader, () => {
      it.each(cases.map((streamCase) => [streamCase.id, streamCase] as const))('%s', (_, streamCase) => {
        readEveryWay(corpus, streamCase, manifest)
      })
    })
  }
}

function readEveryWay(corpus: Corpus, streamCase: StreamCase, manifest: Manifest): void {
  const bytes = corpus.bytes(streamCase)
  const whole = read(manifest, [bytes])
  expect(differences(whole, corpus.expected(streamCase)), 'what it says').toEqual([])
  expect(violations(whole.chunks, whole.error === undefined), 'the protocol of chunks').toEqual([])

  const same = (pieces: Iterable<Uint8Array>, how: string) => {
    expect(firstDifference(essence(read(manifest, pieces)), essence(whole)), how).toBeUndefined()
  }
  same(byteByByte(bytes), 'byte by byte')
  for (let seed = 1; seed <= CUTTINGS; seed++) same(cutAtRandom(bytes, seed), `cut at random, seed ${seed}`)
}
