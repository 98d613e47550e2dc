import { type Chunk, type ModelChunk, NO_METADATA } from '@braid/core'
import fc from 'fast-check'
import * as v from 'valibot'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { ObjectStage } from '../../src/answers/object-stage.ts'

const Any = v.unknown()
const Recipe = z.object({ title: z.string(), steps: z.array(z.string()) })

function delta(data: string, candidate = 0): ModelChunk {
  return { type: 'text-delta', id: 'text-0', data, candidate, metadata: NO_METADATA }
}

const FINISH: ModelChunk = { type: 'finish', finishReason: 'stop', usage: {}, candidate: 0, metadata: NO_METADATA }

function objects(chunks: readonly Chunk[]): unknown[] {
  return chunks.flatMap((chunk) => (chunk.type === 'object' ? [chunk.object] : []))
}

/** The objects of an answer that comes in these pieces, each a batch. */
function grow(pieces: readonly string[], stage = new ObjectStage(Any)): unknown[] {
  return [...pieces.map((piece) => [delta(piece)]), [FINISH]].flatMap((batch) => objects(stage.push(batch)))
}

test('a batch has one object at most, behind its last text, and none where nothing has changed', () => {
  const stage = new ObjectStage(Recipe)
  const kinds = (batch: readonly ModelChunk[]) => stage.push(batch).map(({ type }) => type)
  expect(kinds([delta('{"ti'), delta('tle":'), delta('"D')])).toEqual([
    'text-delta',
    'text-delta',
    'text-delta',
    'object',
  ])
  expect(kinds([delta('al"')])).toEqual(['text-delta', 'object'])
  expect(kinds([delta(' ,\n "st'), delta('eps"')])).toEqual(['text-delta', 'text-delta'])
  expect(kinds([delta(':["Rinse"]}'), FINISH])).toEqual(['text-delta', 'object', 'finish'])
  expect(stage.shown).toEqual({ title: 'Dal', steps: ['Rinse'] })
})

test('it is the object that is expected, also in fences and behind words', () => {
  const stage = new ObjectStage(Recipe)
  expect(grow(['As in [the] book', ' [1]:\n```json\n', '{"title":"Dal"', '}\n```\n{smiles'], stage)).toEqual([
    { title: 'Dal' },
  ])
})

test('a part of something damaged is not taken for the answer', () => {
  expect(grow(["{'title':", ' {"a": [1', '], "b": 2}}', ' {"title"', ':"Dal"}'])).toEqual([{}, { title: 'Dal' }])
})

test('a text that is wanted as a text makes none', () => {
  expect(grow(['like ', '{"this":1}'], new ObjectStage(z.string()))).toEqual([])
})

test('only the first of several answers makes it', () => {
  const stage = new ObjectStage(Any)
  const both = stage.push([delta('{"a":1', 1), delta('{"b":', 0), delta('}', 1)])
  expect(objects(both)).toEqual([{}])
})

test('what it shows only grows, and is in the end what JSON.parse makes of it, wherever the answer is cut', () => {
  const value = fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()))
  fc.assert(
    fc.property(value, fc.array(fc.nat()), (answer, cuts) => {
      const text = JSON.stringify(answer)
      const places = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length]
      const shown = grow(places.slice(1).map((to, index) => text.slice(places[index], to)))
      const sizes = shown.map((object) => JSON.stringify(object).length)
      // Half of a character that was never whole is written as six letters.
      for (const [index, size] of sizes.entries()) expect(size).toBeGreaterThanOrEqual((sizes[index - 1] ?? 0) - 6)
      expect(shown.at(-1)).toEqual(JSON.parse(text))
    }),
  )
})

test.each([
  ['a long list', JSON.stringify(Array.from({ length: 20_000 }, (_, n) => n))],
  [
    'a long list of objects',
    JSON.stringify({ rows: Array.from({ length: 5_000 }, (_, n) => ({ n, text: `row ${n}` })) }),
  ],
  ['lists in lists', JSON.stringify(Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => [1, [2]])))],
  [
    'an object with many fields',
    JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`f${n}`, n]))),
  ],
])('%s costs what its length costs: values copied are in proportion to letters', (_, text) => {
  const stage = new ObjectStage(Any)
  const seen = new WeakSet<object>()
  let copied = 0
  const count = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    const inside = Object.values(value)
    copied += inside.length
    for (const each of inside) count(each)
  }
  let shown = 0
  for (let at = 0; at < text.length; at += 4) {
    for (const object of objects(stage.push([delta(text.slice(at, at + 4))]))) {
      count(object)
      shown += 1
    }
  }
  expect(stage.shown).toBeDefined()
  for (const object of objects(stage.push([FINISH]))) count(object)
  expect(stage.shown).toEqual(JSON.parse(text))
  expect(copied).toBeLessThanOrEqual(10 * text.length)
  expect(shown).toBeGreaterThan(100)
})

test('what is taken back makes no object any more, and what comes in its place does', () => {
  const stage = new ObjectStage(Recipe)
  expect(objects(stage.push([delta('{"title":"secret')]))).toEqual([{ title: 'secret' }])
  const redaction: ModelChunk = { type: 'redaction', id: 'text-0', candidate: 0, metadata: NO_METADATA }
  expect(objects(stage.push([redaction]))).toEqual([])
  expect(objects(stage.push([delta('{"title":"Dal"')]))).toEqual([{ title: 'Dal' }])
})
