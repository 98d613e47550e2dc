import { type Chunk, type ModelChunk, NO_METADATA } from '@braid/core'
import { Builder, flowStream } from '@braid/flow'
import { expect, test } from 'vitest'

const BASE = { candidate: 0, metadata: NO_METADATA }
const delta = (id: string, data: string): ModelChunk => ({
  ...BASE,
  type: 'text-delta',
  id,
  data,
  rawResponse: { data },
})

test('what was taken back and not read yet is read by nobody; the rest, its order and its numbers are as they were', async () => {
  const builder = new Builder()
  let redacted = (): void => {}
  const taken = new Promise<void>((resolve) => {
    redacted = resolve
  })
  builder.task({
    name: 'model',
    async *run() {
      yield { ...BASE, type: 'text-start', id: 'text-0' } satisfies ModelChunk
      yield delta('text-0', 'my card is 4711')
      yield delta('text-1', 'hello')
      yield { ...BASE, type: 'redaction', id: 'text-0' } satisfies ModelChunk
      redacted()
      yield delta('text-0', 'my card is hidden')
    },
  })
  const stream = flowStream(builder)
  const iterator = stream[Symbol.asyncIterator]()
  const chunks: Chunk[] = [(await iterator.next()).value?.[1] as Chunk]
  await taken
  for (let next = await iterator.next(); !next.done; next = await iterator.next()) chunks.push(next.value[1])
  expect(JSON.stringify(chunks)).not.toContain('4711')
  const said = chunks.flatMap((chunk) => (chunk.type === 'text-delta' ? [chunk.data] : []))
  expect(said).toEqual(['', 'hello', 'my card is hidden'])
  expect(stream.seq).toBe(chunks.length)
})

test('a lane that a redaction emptied has its room back', async () => {
  const builder = new Builder()
  let said = 0
  builder.task({
    name: 'model',
    async *run() {
      yield delta('text-0', 'x'.repeat(90))
      yield { ...BASE, type: 'redaction', id: 'text-0' } satisfies ModelChunk
      for (said = 0; said < 5; said += 1) yield delta('text-1', 'y')
    },
  })
  const stream = flowStream(builder, { buffer: { bytes: 100, chunks: 1_000 } })
  const iterator = stream[Symbol.asyncIterator]()
  await iterator.next()
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
  expect(said).toBe(5)
  await iterator.return?.()
})
