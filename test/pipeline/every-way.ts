import type { Manifest } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import type { Corpus, StreamCase } from '../support/corpus.ts'
import { differences } from './difference.ts'
import { violations } from './protocol.ts'
import { byteByByte, cutAtRandom, essence, firstDifference, read } from './reading.ts'

const CUTTINGS = 20

/** One test per case of the corpus that one of the readers, named `api wire`, can read. */
export function readCases(corpus: Corpus, readers: Readonly<Record<string, Manifest>>): void {
  for (const [reader, manifest] of Object.entries(readers)) {
    const cases = corpus.cases.filter((streamCase) => `${streamCase.api} ${streamCase.wire}` === reader)
    if (cases.length === 0) continue
    describe(reader, () => {
      it.each(cases.map((streamCase) => [streamCase.id, streamCase] as const))('%s', (_, streamCase) => {
        readEveryWay(corpus, streamCase, manifest)
      })
    })
  }
}

/** Whole, byte by byte and cut at random: what is expected of it, by the protocol of chunks, and the same every time. */
export function readEveryWay(corpus: Corpus, streamCase: StreamCase, manifest: Manifest): void {
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
