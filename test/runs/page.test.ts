import { BraidError, type Chunk, Message } from '@braid/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PageWriter, unpack } from '../../packages/flow/src/journal/page.ts'

interface Said {
  readonly operationId: string
  readonly chunk: Chunk
  readonly wait: number
}

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '"', '\\', '{"$date":1}', '\ud83d', '\ude00', '\u2028'),
)
const id = fc.constantFrom('a', 'b/0', 'c"', 'd', '')
const base = { metadata: {}, candidate: 0 }
const delta = fc.record({
  type: fc.constantFrom('text-delta', 'reasoning-delta', 'refusal-delta', 'tool-input-delta'),
  id,
  data: text,
  candidate: fc.nat(2),
  metadata: fc.constant({ secret: 1 }),
})
const value = fc.oneof(
  fc.jsonValue(),
  fc.bigInt(),
  fc.constantFrom(
    Number.NaN,
    new Date(0),
    new Uint8Array([1, 2, 255]),
    { $bytes: 'no' },
    { $plain: 1 },
    'x'.repeat(60_000),
  ),
)
const other = value.chain((custom) =>
  fc.constantFrom<Chunk>(
    { ...base, type: 'custom', name: 'note', value: custom },
    { ...base, type: 'text-start', id: 'a' },
    { ...base, type: 'text-delta', id: 'a', data: 'y'.repeat(50_001) },
    { ...base, type: 'operation-reset', attempt: 2, error: new BraidError('timeout', 'late', { operationId: 'a' }) },
    { ...base, type: 'operation-end', status: 'cancelled', reason: 'stop', partial: Message.instruction('so far') },
    { ...base, type: 'operation-end', status: 'completed', result: custom, usage: {}, durationMs: 1.5, attempts: 1 },
  ),
)
const said = fc.record({
  operationId: id,
  chunk: fc.oneof({ weight: 3, arbitrary: delta as fc.Arbitrary<Chunk> }, { weight: 1, arbitrary: other }),
  wait: fc.oneof(fc.nat(200), fc.constantFrom(0, 90, 91, 56, 57, 49_999, 50_001, 86_400_000)),
}) as fc.Arbitrary<Said>

test('a page reads back as what was said: order, ids, text cut as it was, values, times; without `metadata` and `rawResponse`', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(said, { maxLength: 60 }), fc.nat(1e6), fc.boolean(), async (all, first, compressed) => {
      const writer = new PageWriter(first)
      let at = 1_700_000_000_000
      const expected = all.map(({ operationId, chunk, wait }, place) => {
        at += wait
        writer.push(operationId, [chunk], at)
        return { seq: first + place, operationId, chunk: { ...chunk, metadata: {} }, at }
      })
      const page = compressed ? await writer.compressed() : writer.page()
      expect(page).toMatchObject({ first, count: all.length })
      expect(await unpack(page)).toEqual(expected)
    }),
    { numRuns: 300 },
  )
})

test('deltas of many blocks that take turns, each letter cut in two where it was, are put together block by block', async () => {
  const writer = new PageWriter(1)
  const halves = ['\ud83d', '\ude00']
  for (let index = 0; index < 200; index += 1) {
    const chunk: Chunk = {
      ...base,
      type: 'text-delta',
      id: `t${index % 7}`,
      data: halves[Math.floor(index / 7) % 2] as string,
    }
    writer.push(`op-${index % 7}`, [chunk], 1_000 + index)
  }
  const logged = await unpack(writer.page())
  expect(logged.map(({ chunk }) => ('data' in chunk ? chunk.data : ''))).toEqual(
    Array.from({ length: 200 }, (_, index) => halves[Math.floor(index / 7) % 2]),
  )
})

test('what cannot be read is left out of its chunk, and the page is whole', async () => {
  const hostile = {
    get broken(): string {
      throw new Error('no')
    },
  }
  const writer = new PageWriter(1)
  writer.push('a', [{ ...base, type: 'custom', name: 'note', value: hostile }], 0)
  writer.push('a', [{ ...base, type: 'custom', name: 'note', value: () => 1 }], 0)
  expect((await unpack(writer.page())).map(({ chunk }) => chunk)).toEqual([
    { ...base, type: 'custom', name: 'note' },
    { ...base, type: 'custom', name: 'note' },
  ])
})
