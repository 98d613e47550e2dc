import { fileURLToPath } from 'node:url'
import { BraidError, type ModelChunk } from '@braid/core'
import { openRecording } from '@braid/stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Readers } from '../conformance/readers.ts'
import { type Corpus, readCorpus } from '../support/corpus.ts'
import { describeShared } from '../support/shared.ts'
import { essence, firstDifference, type Reading, read } from './reading.ts'

/** As a pipe would give them: little at first. */
async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  let at = 0
  for (let size = 50; at < bytes.length; size += 50) {
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function readRecording(bytes: Uint8Array): Promise<{ readonly id: string; readonly reading: Reading }> {
  const { manifest, batches } = await openRecording(pieces(bytes))
  const chunks: ModelChunk[] = []
  try {
    for await (const batch of batches) chunks.push(...batch)
    return { id: manifest.id, reading: { chunks, error: undefined } }
  } catch (error) {
    if (error instanceof BraidError) return { id: manifest.id, reading: { chunks, error } }
    throw error
  }
}

function eachCase(corpus: Corpus): void {
  const readers = new Readers()
  const cases = (framingOnly: boolean) =>
    corpus.cases
      .filter((streamCase) => (corpus.expected(streamCase).framing_only === true) === framingOnly)
      .map((streamCase) => [streamCase.id, streamCase] as const)

  it.each(cases(false))('%s is read by its own family, as if that had been named', async (_, streamCase) => {
    const bytes = corpus.bytes(streamCase)
    const own = readers.for(streamCase)!
    const { id, reading } = await readRecording(bytes)
    expect(id).toBe(own.id)
    expect(firstDifference(essence(reading), essence(read(own, [bytes])))).toBeUndefined()
  })

  it.each(cases(true))('%s is taken for nobody’s', async (_, streamCase) => {
    await expect(readRecording(corpus.bytes(streamCase))).rejects.toMatchObject({ code: 'unknown_provider' })
  })

  it('is recognised by what is whole, though the second half is damaged', async () => {
    let recognised = 0
    for (const [id, streamCase] of cases(false)) {
      const bytes = Uint8Array.from(corpus.bytes(streamCase))
      const half = Math.floor(bytes.length / 2)
      const own = readers.for(streamCase)!
      // Of some nothing that is said is whole before that place.
      if (!read(own, [bytes.subarray(0, half)]).chunks.some(({ type }) => type.endsWith('-delta'))) continue
      expect(await readRecording(bytes.fill(0x7e, half)), id).toMatchObject({ id: own.id })
      recognised += 1
    }
    expect(recognised).toBeGreaterThan(cases(false).length / 3)
  })
}

describe('what a stream of our own making is taken for', () =>
  eachCase(readCorpus(fileURLToPath(new URL('../streams', import.meta.url)))!))

describeShared('what a recorded stream is taken for', ({ corpus }) => eachCase(corpus))

describe('what is no answer at all', () => {
  const anything = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
    fc.array(fc.json()).map((lines) => Buffer.from(lines.join('\n'))),
    fc.array(fc.json()).map((frames) => Buffer.from(frames.map((frame) => `data: ${frame}\n\n`).join(''))),
  )

  it('is read or refused by name, and never throws anything else', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        const outcome = await readRecording(bytes).catch((error: unknown) => error)
        expect(outcome instanceof Error ? outcome : undefined).toSatisfy(
          (error) => error === undefined || error instanceof BraidError,
        )
      }),
      { numRuns: 300 },
    )
  })
})
