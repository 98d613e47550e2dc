import { Assembler, type ModelChunk, NO_METADATA } from '@braid/core'
import { expect, test } from 'vitest'

const BASE = { candidate: 0, metadata: NO_METADATA }

function assembled(...chunks: ModelChunk[]) {
  const assembler = new Assembler()
  for (const chunk of chunks) assembler.push(chunk)
  return assembler
}

test('blocks that interleave are kept apart, in the order they opened', () => {
  const message = assembled(
    { ...BASE, type: 'reasoning-start', id: 'reasoning-0' },
    { ...BASE, type: 'text-start', id: 'text-1' },
    { ...BASE, type: 'text-delta', id: 'text-1', data: 'so' },
    { ...BASE, type: 'reasoning-delta', id: 'reasoning-0', data: 'hm' },
    { ...BASE, type: 'reasoning-end', id: 'reasoning-0', signature: 'sig' },
    { ...BASE, type: 'text-delta', id: 'text-1', data: ' be it' },
  ).snapshot()
  expect(message.content.parts).toEqual([
    { type: 'reasoning', text: 'hm', signature: 'sig' },
    { type: 'text', text: 'so be it' },
  ])
})

test('a snapshot is not changed by what comes after it', () => {
  const assembler = assembled({ ...BASE, type: 'text-delta', id: 't', data: 'a' })
  const before = assembler.snapshot()
  assembler.push({ ...BASE, type: 'text-delta', id: 't', data: 'b' })
  expect([before.text, assembler.snapshot().text]).toEqual(['a', 'ab'])
})

test('a delta whose start never came opens its block', () => {
  expect(assembled({ ...BASE, type: 'text-delta', id: 't', data: 'a' }).snapshot().text).toBe('a')
})

test('a start with an id that was there before is a new block', () => {
  const message = assembled(
    { ...BASE, type: 'text-start', id: 'text-0' },
    { ...BASE, type: 'text-delta', id: 'text-0', data: 'one' },
    { ...BASE, type: 'text-end', id: 'text-0' },
    { ...BASE, type: 'text-start', id: 'text-0' },
    { ...BASE, type: 'text-delta', id: 'text-0', data: 'two' },
  ).snapshot()
  expect(message.content.parts).toEqual([
    { type: 'text', text: 'one' },
    { type: 'text', text: 'two' },
  ])
})

test('a redaction takes away what its block has said', () => {
  const message = assembled(
    { ...BASE, type: 'text-delta', id: 't', data: 'secret' },
    { ...BASE, type: 'redaction', id: 't' },
    { ...BASE, type: 'text-delta', id: 't', data: 'public' },
  ).snapshot()
  expect(message.text).toBe('public')
})

test('empty blocks are no parts, but reasoning is, whose signature is all it has', () => {
  const message = assembled(
    { ...BASE, type: 'text-start', id: 'text-0' },
    { ...BASE, type: 'reasoning-end', id: 'reasoning-1', signature: 'sig' },
  ).snapshot()
  expect(message.content.parts).toEqual([{ type: 'reasoning', text: '', signature: 'sig' }])
})

test('it is partial until its finish, and the finish has the last word on usage', () => {
  const assembler = assembled({ ...BASE, type: 'usage', usage: { inputTokens: 1 } })
  expect(assembler.snapshot()).toMatchObject({
    status: 'partial',
    content: { finishReason: 'other', usage: { inputTokens: 1 } },
  })
  assembler.push({ ...BASE, type: 'finish', finishReason: 'length', usage: { inputTokens: 1, outputTokens: 2 } })
  expect(assembler.snapshot()).toMatchObject({
    status: 'complete',
    content: { finishReason: 'length', usage: { inputTokens: 1, outputTokens: 2 } },
  })
})

test('other candidates are not its own', () => {
  expect(assembled({ ...BASE, candidate: 1, type: 'text-delta', id: 't', data: 'a' }).empty).toBe(true)
})
