import { fileURLToPath } from 'node:url'
import { family } from '@braid/stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readCorpus } from '../support/corpus.ts'
import { violations } from './protocol.ts'
import { byteByByte, cutAtRandom, essence, firstDifference, read } from './reading.ts'
import { strangely } from './strange.ts'

const corpus = readCorpus(fileURLToPath(new URL('../streams', import.meta.url)))!
const streams = corpus.cases.map((streamCase) => corpus.bytes(streamCase))
const manifests = {
  'openai-chat': family('openai-chat'),
  'openai-responses': family('openai-responses'),
  'openai-completions': family('openai-completions'),
  'anthropic-messages': family('anthropic-messages'),
  gemini: family('gemini'),
  'gemini-interactions': family('gemini-interactions'),
}
const anyFamily = fc.constantFrom(...(Object.keys(manifests) as (keyof typeof manifests)[]))

/** A stream, perhaps of another protocol than the one that reads it, with pieces of others in it and bytes changed. */
const damaged = fc
  .record({
    base: fc.constantFrom(...streams),
    inserts: fc.array(
      fc.record({ at: fc.nat(), from: fc.constantFrom(...streams), start: fc.nat(), length: fc.nat(400) }),
      { maxLength: 3 },
    ),
    flips: fc.array(fc.record({ at: fc.nat(), bit: fc.nat(7) }), { maxLength: 8 }),
    end: fc.nat(),
  })
  .map(({ base, inserts, flips, end }) => {
    let bytes = Buffer.from(base)
    for (const { at, from, start, length } of inserts) {
      const place = at % (bytes.length + 1)
      const first = start % from.length
      bytes = Buffer.concat([bytes.subarray(0, place), from.subarray(first, first + length), bytes.subarray(place)])
    }
    for (const { at, bit } of flips) bytes[at % bytes.length]! ^= 1 << bit
    return end % 3 === 0 ? bytes.subarray(0, end % bytes.length) : bytes
  })

/** The frames of an SSE stream. */
const frames = corpus.cases
  .filter(({ wire }) => wire === 'sse')
  .flatMap((streamCase) => Buffer.from(corpus.bytes(streamCase)).toString().split('\n'))
  .flatMap((line) => (/^data: \{.*\}\r?$/.test(line) ? [JSON.parse(line.slice(6)) as object] : []))

const strange = strangely(frames)

describe('damaged streams', () => {
  it('whose frames hold what nobody expects in any field keep the protocol', () => {
    fc.assert(
      fc.property(
        anyFamily,
        fc.array(fc.oneof(strange, fc.constantFrom(...frames)), { maxLength: 12 }),
        (name, list) => {
          const { chunks, error } = read(manifests[name], [
            Buffer.from(list.map((frame) => `data: ${JSON.stringify(frame)}\n\n`).join('')),
          ])
          expect(error?.cause).toBeUndefined()
          expect(violations(chunks, error === undefined)).toEqual([])
        },
      ),
      { numRuns: 5000 },
    )
  })

  it('give chunks that keep the protocol and at most one error with a name, the same however they are cut', () => {
    fc.assert(
      fc.property(anyFamily, damaged, fc.nat(), (name, bytes, seed) => {
        const manifest = manifests[name]
        const whole = read(manifest, [bytes])
        // What the pipeline did not foresee would be behind its error as a cause.
        expect(whole.error?.cause).toBeUndefined()
        expect(violations(whole.chunks, whole.error === undefined)).toEqual([])
        expect(firstDifference(essence(read(manifest, byteByByte(bytes))), essence(whole))).toBeUndefined()
        expect(firstDifference(essence(read(manifest, cutAtRandom(bytes, seed))), essence(whole))).toBeUndefined()
      }),
      { numRuns: 1500 },
    )
  })

  it('that are no streams at all have a name as well', () => {
    fc.assert(
      fc.property(anyFamily, fc.uint8Array({ maxLength: 500 }), (name, bytes) => {
        const { chunks, error } = read(manifests[name], [bytes])
        expect(chunks).toEqual([])
        expect(error?.cause).toBeUndefined()
        expect(['malformed_frame', 'stream_truncated']).toContain(error?.code)
      }),
      { numRuns: 500 },
    )
  })

  it('that end early give a prefix of the chunks, and a truncation until the protocol has ended', () => {
    for (const [index, bytes] of streams.entries()) {
      const { api, wire } = corpus.cases[index]!
      if (wire !== 'sse') continue
      const manifest = manifests[api as keyof typeof manifests]
      const whole = essence(read(manifest, [bytes]))
      for (let length = 0; length < bytes.length; length += 7) {
        const { chunks, error } = read(manifest, [bytes.subarray(0, length)])
        const early = error?.code === 'stream_truncated'
        expect(early || error === undefined || chunks.length === whole.length - 1).toBe(true)
        if (early)
          expect(firstDifference(essence({ chunks, error: undefined }), whole.slice(0, chunks.length))).toBeUndefined()
      }
    }
  })
})
