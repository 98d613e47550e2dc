import { type Chunk, type ModelChunk, NO_METADATA } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flowStream, Session } from '../src/index.ts'
import { collect, endsOf, FakeClock, type Gate, gate, read, saidBy, turn, turns } from './material.ts'

function ground(): { readonly clock: FakeClock; readonly builder: Builder } {
  const clock = new FakeClock()
  return { clock, builder: new Builder({ session: new Session({}, { clock }) }) }
}

function delta(data: string, id = '1', type: 'text-delta' | 'reasoning-delta' = 'text-delta'): ModelChunk {
  return { type, id, data, candidate: 0, metadata: NO_METADATA, rawResponse: { data } }
}

test('deltas that come within the time are read as one, each piece of text once', async () => {
  const { clock, builder } = ground()
  const steps: Gate[] = [gate(), gate()]
  builder.task({
    name: 'a',
    async *run() {
      yield 'one '
      yield 'two '
      await steps[0]?.opened
      yield 'three '
      await steps[1]?.opened
      yield 'four '
    },
  })
  const stream = flowStream(builder, { coalesce: 50 })
  const seen: string[] = []
  const reading = (async () => {
    for await (const [, chunk] of stream) seen.push(chunk.type === 'text-delta' ? chunk.data : `<${stream.seq}>`)
  })()
  await turns(3)
  expect(seen).toEqual(['<1>', '<2>'])
  await clock.pass(49)
  steps[0]?.open()
  await turns(3)
  expect(seen).toHaveLength(2)
  await clock.pass(1)
  expect(seen).toEqual(['<1>', '<2>', 'one two three '])
  expect(stream.seq).toBe(5)
  steps[1]?.open()
  await reading
  // What ends the block ends the wait.
  expect(seen).toEqual(['<1>', '<2>', 'one two three ', 'four ', '<7>', '<8>'])
  expect(clock.running).toBe(0)
})

test('only neighbours of one block are one: not another block, not another kind, not with something in between', async () => {
  const { builder } = ground()
  const said = [
    delta('a'),
    delta('b'),
    delta('c', '2'),
    delta('d', '2', 'reasoning-delta'),
    delta('e', '2', 'reasoning-delta'),
    delta('f', '2'),
  ]
  builder.task({
    name: 'x',
    async *run() {
      yield* said
      yield { type: 'custom' as const, name: 'between', value: 1 }
      yield* said
    },
  })
  const { tuples } = await read(flowStream(builder, { coalesce: 1_000 }))
  const words = tuples.map(([, chunk]) => ('data' in chunk ? chunk.data : chunk.type))
  const once = ['ab', 'c', 'de', 'f']
  expect(words).toEqual(['operation-start', ...once, 'custom', ...once, 'operation-end'])
  const alone = tuples.find(([, chunk]) => 'data' in chunk && chunk.data === 'c')?.[1]
  expect(alone).toBe(said[2])
  const both = tuples.find(([, chunk]) => 'data' in chunk && chunk.data === 'ab')?.[1]
  expect(both).toEqual({ type: 'text-delta', id: '1', data: 'ab', candidate: 0, metadata: NO_METADATA })
})

test('each reader waits for itself, and text comes in larger pieces', async () => {
  const { clock, builder } = ground()
  const a = builder.task({
    async *run() {
      for (const word of ['one ', 'two ', 'three']) yield word
    },
  })
  const stream = flowStream(builder, { coalesce: 50 })
  const [pieces, chunks] = await Promise.all([collect(stream.text(a)), collect(stream.operation(a))])
  expect(pieces).toEqual(['one two three'])
  expect(chunks.map(({ type }: Chunk) => type)).toEqual([
    ...['operation-start', 'text-start', 'text-delta', 'text-end', 'operation-end'],
  ])
  expect(clock.running).toBe(0)
})

test('whoever waits for room is not kept waiting: the bound counts what was produced', async () => {
  const { clock, builder } = ground()
  let produced = 0
  builder.task({
    name: 'a',
    async *run() {
      for (; produced < 20; produced += 1) yield `${produced} `
    },
  })
  const { tuples } = await read(flowStream(builder, { coalesce: 1_000, buffer: { chunks: 5 } }))
  expect(clock.now()).toBe(0)
  expect(
    saidBy(tuples, 'a')
      .filter((said) => !said.includes('-'))
      .join(''),
  ).toBe('0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 ')
  expect(tuples.length).toBeLessThan(14)
})

test('nobody waits for a delta that waits behind one of another operation, however the two interleave', async () => {
  const { clock, builder } = ground()
  for (const name of ['a', 'b']) {
    builder.task({
      name,
      async *run() {
        for (let n = 0; n < 20; n += 1) {
          yield `${n} `
          if (n % 3 === 0) await turn()
        }
      },
    })
  }
  const { tuples } = await read(flowStream(builder, { coalesce: 1_000, buffer: { chunks: 2 } }))
  expect(clock.now()).toBe(0)
  const all = Array.from({ length: 20 }, (_, n) => `${n} `).join('')
  for (const name of ['a', 'b'])
    expect(
      saidBy(tuples, name)
        .filter((said) => /^\d/.test(said))
        .join(''),
    ).toBe(all)
})

test('leaving while a delta waits leaves no timer, and several pending reads get their tuples in order', async () => {
  const { clock, builder } = ground()
  const open = gate()
  builder.task({
    name: 'a',
    async *run() {
      yield 'one '
      await open.opened
    },
  })
  const left = flowStream(builder, { coalesce: 50 })[Symbol.asyncIterator]()
  const pending = [left.next(), left.next(), left.next(), left.next()]
  await turns(3)
  expect(clock.running).toBe(1)
  open.open()
  await left.return?.()
  expect(clock.running).toBe(0)
  const results = await Promise.all(pending)
  expect(results.map(({ value }) => value?.[1].type)).toEqual(['operation-start', 'text-start', undefined, undefined])

  const whole = flowStream(builder, { coalesce: 50 })[Symbol.asyncIterator]()
  const reads = Array.from({ length: 6 }, () => whole.next())
  const tuples = (await Promise.all(reads)).flatMap(({ value }) => (value ? [value] : []))
  expect(saidBy(tuples, 'a')).toEqual(['operation-start', 'text-start', 'one ', 'text-end', 'operation-end'])
  expect(endsOf(tuples).get('a')?.status).toBe('completed')
  await turn()
  expect(clock.running).toBe(0)
})

test('objects do not stand between the text that they are made of: the last one is read, behind it', async () => {
  const clock = new FakeClock()
  const answer = ['{"title"', ':"D', 'al"', ', ', '"steps":[', '"Rinse"', ']}']
  const steps: Gate[] = [gate(), gate()]
  const model = scriptedModel(async function* () {
    for (const [at, piece] of answer.entries()) {
      if (at === 4) await steps[0]?.opened
      yield piece
    }
    await steps[1]?.opened
  })
  const builder = new Builder({ session: new Session({ imodel: model }, { clock }) })
  const output = z.object({ title: z.string(), steps: z.array(z.string()) })
  builder.generate({ instruction: 'x', output })
  const seen: unknown[] = []
  const reading = (async () => {
    for await (const [, chunk] of flowStream(builder, { coalesce: 50 })) {
      if (chunk.type === 'text-delta') seen.push(chunk.data)
      if (chunk.type === 'object') seen.push(chunk.object)
    }
  })()
  await turns(20)
  expect(seen).toEqual([])
  await clock.pass(50)
  await turns(3)
  // No object follows the comma, so the last one that there is must not be missed.
  expect(seen).toEqual(['{"title":"Dal"', { title: 'Dal' }, ', '])
  steps[0]?.open()
  await turns(20)
  steps[1]?.open()
  await reading
  const whole = { title: 'Dal', steps: ['Rinse'] }
  expect(seen.filter((each) => typeof each === 'string').join('')).toBe(answer.join(''))
  expect(seen.filter((each) => typeof each !== 'string')).toEqual([{ title: 'Dal' }, whole])
})
