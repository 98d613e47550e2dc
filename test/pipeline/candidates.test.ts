import { fileURLToPath } from 'node:url'
import { type BatchSource, ChunkStream, type ModelChunk } from '@braid/core'
import { createPipeline, family, type Manifest } from '@braid/stream'
import { describe, expect, it } from 'vitest'
import { type Corpus, readCorpus } from '../support/corpus.ts'
import { describeShared } from '../support/shared.ts'
import { cutAtRandom } from './reading.ts'

const FAMILIES = ['openai-chat', 'openai-completions', 'gemini'] as const

/** A model stream over bytes, one batch per piece. */
function streamOf(manifest: Manifest, pieces: Iterable<Uint8Array>): ChunkStream {
  const source: BatchSource = async function* () {
    const pipeline = createPipeline(manifest)
    for (const piece of pieces) yield pipeline.push(piece)
    yield pipeline.end()
  }
  return new ChunkStream(source)
}

async function collect(chunks: AsyncIterable<ModelChunk>): Promise<ModelChunk[]> {
  const all: ModelChunk[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

function eachCandidateAlone(corpus: Corpus): void {
  const several = FAMILIES.flatMap((api) =>
    corpus.cases
      .filter((streamCase) => streamCase.api === api && streamCase.wire === 'sse')
      .filter((streamCase) => Object.keys(corpus.expected(streamCase).choices).length > 1)
      .map((streamCase) => [streamCase.id, api, streamCase] as const),
  )
  it('are there', () => expect(several.length).toBeGreaterThan(0))

  it.each(several)('of %s are each a stream of its own, with its own end', async (_, api, streamCase) => {
    const manifest = family(api)
    const pieces = () => cutAtRandom(corpus.bytes(streamCase), 7)
    for (const [index, choice] of Object.entries(corpus.expected(streamCase).choices)) {
      const chunks = await collect(streamOf(manifest, pieces()).candidate(Number(index)))
      expect(chunks[0]?.type).toBe('message-start')
      expect(chunks.map((chunk) => (chunk.type === 'text-delta' ? chunk.data : '')).join('')).toBe(choice.text)
      expect(chunks.flatMap((chunk) => (chunk.type === 'finish' ? chunk.rawFinishReason : []))).toEqual([
        choice.finish_reason ?? undefined,
      ])
      expect(chunks.at(-1)?.type).toBe('finish')
    }
    const { text } = await streamOf(manifest, pieces()).response
    expect(text).toBe(corpus.expected(streamCase).choices['0']?.text)
  })
}

describe('the candidates of streams of our own making', () =>
  eachCandidateAlone(readCorpus(fileURLToPath(new URL('../streams', import.meta.url)))!))

describeShared('the candidates of recorded streams', ({ corpus }) => eachCandidateAlone(corpus))
