import { BraidError, errorOf, Message, sumUsage, toMessage } from '@braid/core'
import { expect, test } from 'vitest'

test('a message cannot be changed', () => {
  const message = Message.instruction('hello', { context: 'x' })
  expect(() => Object.assign(message, { id: 'other' })).toThrow(TypeError)
})

test('its role follows from its content', () => {
  const roles = [Message.system('s'), Message.instruction('i'), Message.assistant('a')].map((message) => message.role)
  expect(roles).toEqual(['system', 'user', 'assistant'])
})

test('the short form of chat APIs becomes a message, and a message stays itself', () => {
  const message = Message.assistant('a')
  expect(toMessage(message)).toBe(message)
  expect(toMessage({ role: 'user', content: 'hello' })).toMatchObject({ role: 'user', text: 'hello' })
})

test('usages add up where they say something, and stay silent where they do not', () => {
  expect(sumUsage([{ inputTokens: 1, raw: {} }, { inputTokens: 2, outputTokens: 3, estimated: true }, {}])).toEqual({
    inputTokens: 3,
    outputTokens: 3,
    estimated: true,
  })
})

test('an error of an operation names it, and keeps its code, its cause and whether to try again', () => {
  const cause = new BraidError('rate_limited', 'slow down', { retryAfterMs: 5, status: 429 })
  expect(errorOf('research', cause)).toMatchObject({
    code: 'rate_limited',
    operationId: 'research',
    retryable: true,
    retryAfterMs: 5,
    status: 429,
    cause,
  })
  expect(errorOf('research', 'thrown text')).toMatchObject({ code: 'operation_failed', message: 'thrown text' })
})

test('an error that an operation passes on names the operation that failed of it, and keeps the first as its cause', () => {
  const inner = errorOf('inner', new Error('x'))
  expect(errorOf('inner', inner)).toBe(inner)
  const outer = errorOf('outer', inner)
  expect(outer).toMatchObject({ code: 'operation_failed', message: 'x', operationId: 'outer' })
  expect(outer.cause).toBe(inner)
})

test('what is thrown and cannot be made text is an error all the same', () => {
  const thrown: unknown = Object.create(null)
  expect(errorOf('a', thrown)).toMatchObject({ code: 'operation_failed', operationId: 'a' })
  expect(errorOf('a', thrown).message).toContain('object')
})

test('an error shows only the fields it has', () => {
  expect(Object.keys(new BraidError('timeout', 'late')).sort()).toEqual(['code', 'fallbackable', 'name', 'retryable'])
})
