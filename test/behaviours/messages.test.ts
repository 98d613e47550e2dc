import { BraidError, Message, type ToolOutcome } from '@braid/core'
import { iModel, type ModelId } from '@braid/models'
import { startProviderServer } from '@braid/testing'
import { expect, test } from 'vitest'
import { ground, openSession } from '../laws/material.ts'
import { served } from './served.ts'

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const field of Object.values(value)) frozen(field)
    Object.freeze(value)
  }
  return value
}

const PROVIDERS: readonly ModelId[] = ['openai/m', 'openai-responses/m', 'anthropic/m', 'gemini/m']

test.each(PROVIDERS)('%s is sent the conversation in its own roles, the system text among them', async (id) => {
  await using server = await startProviderServer()
  const model = new iModel(id, { baseUrl: server.url, apiKey: 'key' })
  const messages = [
    Message.system('Be brief.'),
    Message.instruction('one'),
    Message.assistant('two'),
    Message.instruction('three'),
  ]
  await model.invoke({ messages }).response
  expect(server.requests[0]?.messages).toEqual([
    { role: 'system', text: 'Be brief.' },
    { role: 'user', text: 'one' },
    { role: 'assistant', text: 'two' },
    { role: 'user', text: 'three' },
  ])
})

test.each(PROVIDERS)('%s gets what tools came to as results of its calls, not as text of the user', async (id) => {
  await using server = await startProviderServer()
  const model = new iModel(id, { baseUrl: server.url, apiKey: 'key' })
  const call = { toolCallId: 'call_1', toolName: 'add', input: { a: 1, b: 2 } }
  const outcomes: readonly ToolOutcome[] = [{ ...call, output: 3 }]
  const messages = [
    Message.instruction('1 + 2?'),
    new Message({ content: { type: 'action-request', calls: [call] } }),
    new Message({ content: { type: 'action-response', outcomes } }),
    Message.instruction('sure?'),
  ]
  await model.invoke({ messages }).response
  const [request] = server.requests
  expect(request?.toolResults).toMatchObject([{ toolName: 'add', output: expect.stringContaining('3'), failed: false }])
  expect(JSON.stringify(request?.body)).toContain('sure?')
  expect(request?.tools, 'tools of an earlier turn are not offered again').toEqual([])
})

test.each(PROVIDERS)('%s: sending leaves the messages as they were, all the way down', async (id) => {
  await using server = await startProviderServer()
  const model = new iModel(id, { baseUrl: server.url, apiKey: 'key' })
  const context = frozen({ audience: { age: [7, 8] } })
  const messages = frozen([
    Message.system('Be brief.'),
    Message.instruction('one', { context }),
    Message.assistant('two'),
    Message.assistant('and a half'),
    Message.instruction('three'),
  ])
  const before = JSON.stringify(messages)
  await model.invoke(frozen({ messages })).response
  expect(JSON.stringify(messages)).toBe(before)
  expect(JSON.stringify(server.requests[0]?.body)).toContain('audience')
})

test('what is done to a value after it was appended is not in the file, nor what is done to what was read', async () => {
  const { session } = await openSession()
  const branch = await session.createBranch()
  const context = { list: [1] }
  await branch.append(Message.instruction('one', { context }))
  context.list.push(2)
  const read = async () => {
    const [message] = await branch.messages()
    return (message?.content as { context?: { list: number[] } } | undefined)?.context
  }
  expect(await read()).toEqual({ list: [1] })
  ;(await read())?.list.push(3)
  expect(await read()).toEqual({ list: [1] })
})

test('a context that JSON cannot hold is an error, and no message is left out in silence', async () => {
  const { server, session } = await served()
  const circular: { self?: unknown } = {}
  circular.self = circular
  const error = await session
    .conduct('communicate', 'chat', { instruction: 'x', context: circular })
    .then(() => undefined)
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(BraidError)
  expect(server.requests).toEqual([])
})

test('whom a message is from and to, and what is noted on it, is in the file and not in the prompt', async () => {
  const { server, session } = await ground()
  const branch = await session.createBranch({ name: 'chat' })
  const message = new Message({
    content: { type: 'instruction', instruction: 'one' },
    sender: 'alice',
    recipient: 'bob',
    metadata: { mood: 'good' },
  })
  await branch.append(message)
  expect(await branch.messages()).toEqual([message])
  await session.conduct('communicate', branch, { instruction: 'two' })
  expect(JSON.stringify(server.requests[0]?.body)).not.toMatch(/alice|bob|mood/)
})

test('the role of a message follows from what it says, and a content of no known type is none', () => {
  expect(Message.system('x').role).toBe('system')
  expect(new Message({ content: { type: 'action-response', outcomes: [] } }).role).toBe('tool')
  expect(() => new Message({ content: { instruction: 'x' } as never })).toThrow(/`type`/)
})
