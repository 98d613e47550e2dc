import { type Chunk, type ModelChunk, NO_METADATA } from '@braid/core'
import { expect, test } from 'vitest'
import { Held } from '../../src/answers/held.ts'

const BASE = { candidate: 0, metadata: { secret: 'secret' }, rawResponse: { secret: 'secret' } }
const START: ModelChunk = { ...BASE, type: 'message-start', id: 'm', model: 'm' }
const FINISH: ModelChunk = { ...BASE, type: 'finish', finishReason: 'stop', usage: { outputTokens: 3 } }
const delta = (id: string, data: string): ModelChunk => ({ ...BASE, type: 'text-delta', id, data })
const redaction = (id: string): ModelChunk => ({ candidate: 0, metadata: NO_METADATA, type: 'redaction', id })

test('that a call began, and what it calls, goes through at once; its frames and its words do not', () => {
  const held = new Held()
  const call: ModelChunk = { ...BASE, type: 'tool-input-start', id: 'c', toolName: 'weather' }
  const now = held.push([START, delta('t', 'secret'), call, FINISH])
  expect(now.map(({ type }) => type)).toEqual(['message-start', 'tool-input-start'])
  expect(JSON.stringify(now)).not.toContain('secret')
})

test('what is valid is shown in order, with its frames', () => {
  const held = new Held()
  held.push([START, delta('t', 'a')])
  held.push([delta('t', 'b'), FINISH])
  expect(held.release()).toEqual([delta('t', 'a'), delta('t', 'b'), FINISH])
  expect(held.release()).toEqual([])
})

test('of what is not, how it ended and what it used is shown, and nothing else', () => {
  const held = new Held()
  held.push([START, delta('t', 'secret'), FINISH])
  const shown = held.drop()
  expect(shown).toEqual([
    { type: 'finish', finishReason: 'stop', usage: { outputTokens: 3 }, candidate: 0, metadata: {} },
  ])
  expect(held.release()).toEqual([])
})

test.each([
  ['a block', 't', ['kept']],
  ['the message', 'm', []],
])('what was taken back of %s is not shown when the rest is', (_, id, left) => {
  const held = new Held()
  const object: Chunk = { candidate: 0, metadata: NO_METADATA, type: 'object', object: 'secret' }
  held.push([START, delta('t', 'secret'), object, delta('u', 'kept'), redaction(id), FINISH])
  const shown = held.release()
  expect(shown.map(({ type }) => type)).not.toContain('object')
  expect(
    shown
      .filter(({ type }) => type !== 'finish')
      .map((chunk) => JSON.stringify(chunk))
      .join(),
  ).not.toContain('secret')
  expect(shown.flatMap((chunk) => ('data' in chunk ? [chunk.data] : []))).toEqual(left)
})
