import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { Builder, flowStream, iModel, Session } from 'braid'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Corpus, type Expected, readCorpus, type StreamCase } from '../support/corpus.ts'
import { run } from '../support/program.ts'
import { describeShared } from '../support/shared.ts'
import { listen } from './heard.ts'
import { type Held, held } from './held.ts'
import { readerOf } from './reader.ts'

const APIS = ['openai-chat', 'anthropic-messages', 'gemini'] as const
const LONGEST = 4

/** Milliseconds between two network chunks, and about how many of them a long stream is cut into: together, some seconds. */
const INTERVAL = 2
const NETWORK_CHUNKS = 1_500

describe('the streams of our own making', () => {
  const folder = fileURLToPath(new URL('../streams', import.meta.url))
  const corpus = readCorpus(folder)
  if (!corpus) throw new Error(`There are no streams in ${folder}.`)
  twelveStreams(corpus)
})

describeShared('recorded streams of real providers', ({ corpus }) => twelveStreams(corpus))

function twelveStreams(corpus: Corpus): void {
  test('twelve at once: each says what it should, they interleave, and the file holds all of it', async () => {
    const streams = APIS.flatMap((api) => longestOf(corpus, api))
    expect(streams).toHaveLength(APIS.length * LONGEST)
    const server = await serve(corpus, streams)
    const path = join(temporaryFolder(), 'work.db')
    const session = await Session.open(path)
    onTestFinished(() => session.close())

    const builder = new Builder({ session })
    builder.fanOut(streams, (stream) => {
      const imodel = new iModel({ ...readerOf(stream, server.url), model: modelOf(stream), apiKey: 'any' })
      return builder.communicate({ name: stream.id, branch: stream.id, imodel, instruction: `Say ${stream.id}` })
    })
    const { heard, switches } = await listen(flowStream(builder, { onError: 'continue' }))

    for (const stream of streams) {
      const { outcome, text, reasoning, finishReason, usage } = heard.get(stream.id)!
      // What a stream that fails says of its end is not the last word.
      const end = outcome === 'completed' ? { finishReason, usage } : {}
      expect({ outcome, text, reasoning, ...end }, stream.id).toEqual(wanted(corpus.expected(stream)))
    }
    expect(server.peakActive).toBe(streams.length)
    // One after the other, there would be one switch fewer than there are operations.
    expect(switches).toBeGreaterThan(2 * streams.length)

    const kept = Object.fromEntries(
      streams.map(({ id }): [string, Held] => {
        const { outcome, text, reasoning, finishReason, usage, files } = heard.get(id)!
        const status = outcome === 'completed' ? 'complete' : 'partial'
        return [id, { instruction: `Say ${id}`, status, text, reasoning, finishReason, usage, files }]
      }),
    )
    await session.close()
    await using again = await Session.open(path)
    expect(await held(again)).toEqual(kept)
    await again.close()
    expect(await heldAsSeenByAnotherProcess(path)).toEqual(kept)
  })
}

/** Those that have a meaning to assemble, not frames alone. */
function longestOf(corpus: Corpus, api: string): readonly StreamCase[] {
  return corpus.cases
    .filter((each) => each.api === api && !('framing_only' in corpus.expected(each)))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, LONGEST)
}

/** Answers each model with its stream, and none of them before all have been asked for: they are under way at the same time. */
async function serve(corpus: Corpus, streams: readonly StreamCase[]): Promise<ProviderServer> {
  const server = await startProviderServer({ interval: INTERVAL })
  onTestFinished(() => server.close())
  for (const [index, stream] of streams.entries()) {
    const contentType = stream.wire === 'sse' ? 'text/event-stream' : 'application/json'
    const max = Math.max(64, Math.ceil((2 * stream.bytes) / NETWORK_CHUNKS))
    server.reply(
      async () => {
        await server.until(({ requests }) => requests.length === streams.length)
        return { bytes: corpus.bytes(stream), contentType }
      },
      { model: modelOf(stream), cut: { seed: index + 1, max } },
    )
  }
  return server
}

/** A name that is one segment of a path. */
function modelOf(stream: StreamCase): string {
  return stream.id.replaceAll('/', '.')
}

function wanted({ choices, usage, errors = [], truncated, error_code, reasoning_details_text = '' }: Expected) {
  const { text, finish_reason: finishReason, ...choice } = choices['0']!
  // Where a provider reasons in details alone, those are the reasoning.
  const reasoning = choice.reasoning || reasoning_details_text
  if (truncated) return { outcome: 'stream_truncated', text, reasoning }
  if (errors.length > 0) return { outcome: error_code, text, reasoning }
  return { outcome: 'completed', text, reasoning, finishReason, usage }
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'braid-e2e-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

async function heldAsSeenByAnotherProcess(path: string): Promise<unknown> {
  const program = fileURLToPath(new URL('read-branches.ts', import.meta.url))
  const { stdout, stderr } = await run(program, [path], { cwd: dirname(path) })
  expect(stderr).toBe('')
  return JSON.parse(stdout)
}
