import { type ErrorCode, type ToolOutcome, tool } from '@braid/core'
import { Builder, flow, type GenerateParams, type OperateParams, type Structured } from '@braid/flow'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { loose, served } from './served.ts'

const Verdict = z.object({ ship: z.boolean(), because: z.string() })
const GOOD = '{"ship":true,"because":"it works"}'

function outcomeOf(outcome: ToolOutcome): unknown {
  return 'error' in outcome ? outcome.error.code : outcome.output
}

test('one call of a model is its text, its message and its chunks, by what it is asked for and not by an option', async () => {
  const { server, model: modelOf } = await served()
  server.reply('two words', { times: 3 })
  const model = modelOf('openai/model')
  const text: string[] = []
  for await (const piece of model.invoke('x').text()) text.push(piece)
  expect(text.join('')).toBe('two words')
  expect(await model.invoke('x').response).toMatchObject({ role: 'assistant', text: 'two words', status: 'complete' })
  const types: string[] = []
  for await (const { type } of model.invoke('x')) types.push(type)
  expect(types).toEqual(['message-start', 'text-start', 'text-delta', 'text-delta', 'text-end', 'usage', 'finish'])
})

test('a generate leaves no branch and no message behind, also when it fails', async () => {
  const { server, session } = await served()
  server.reply('an answer').reply({ status: 400 })
  const builder = new Builder({ session })
  builder.generate({ name: 'good', instruction: 'x' })
  builder.generate({ name: 'bad', instruction: 'y' })
  await flow(builder, { onError: 'continue', concurrency: 1 })
  expect(server.requests).toHaveLength(2)
  expect(await session.branches()).toEqual([])
})

test.each<[string, ErrorCode, object, string]>([
  ['a parameter that it does not have', 'invalid_plan', { instruction: 'x', temprature: 1 }, 'temprature'],
  ['no instruction', 'invalid_plan', {}, '`instruction`'],
  ['a model that is none', 'invalid_plan', { instruction: 'x', imodel: 5 }, '`imodel`'],
  ['a model that nobody knows', 'unknown_imodel', { instruction: 'x', imodel: 'nobody' }, '"nobody"'],
  ['a tool that nobody knows', 'unknown_tool', { instruction: 'x', tools: ['nothing'] }, '"nothing"'],
])('with %s, no kind of operation asks anybody', async (_, code, params, named) => {
  const { server, session } = await served()
  for (const kind of ['generate', 'communicate', 'operate', 'react'] as const) {
    const output = kind === 'operate' ? { output: Verdict } : {}
    const conducting = (async () =>
      session.conduct(loose<'generate'>(kind), 'chat', loose<GenerateParams>({ ...params, ...output })))()
    await expect(conducting, kind).rejects.toMatchObject({ code, message: expect.stringContaining(named) })
  }
  expect(server.requests).toEqual([])
})

test('a call that the provider refuses is the error of its operation, with the status', async () => {
  const { server, session } = await served()
  server.reply({ status: 503, message: 'busy' })
  await expect(session.conduct('communicate', 'chat', { instruction: 'x' })).rejects.toMatchObject({
    status: 503,
    retryable: true,
    operationId: 'communicate',
  })
})

test('a turn that fails leaves no answer as if it were one: what came is there, marked', async () => {
  const { server, session } = await served()
  server.reply('never to the end', { fault: { type: 'truncate' } })
  await expect(session.conduct('communicate', 'chat', { instruction: 'x' })).rejects.toMatchObject({
    code: 'stream_truncated',
  })
  const messages = await (await session.branch('chat')).messages()
  expect(messages.map(({ role, status }) => `${role} ${status}`)).toEqual(['user complete', 'assistant partial'])
})

test('an operate without an output is refused where it is added, and needs nothing else but its instruction', async () => {
  const { server, session } = await served()
  const builder = new Builder({ session })
  expect(() => builder.operate(loose<OperateParams & Structured<unknown>>({ instruction: 'Do we ship?' }))).toThrow(
    /`output`/,
  )
  expect(builder.operations).toEqual([])
  server.reply(GOOD)
  expect(await session.conduct('operate', 'chat', { instruction: 'Do we ship?', output: Verdict })).toEqual({
    ship: true,
    because: 'it works',
  })
})

test('the message that a value came in is the last one on its branch', async () => {
  const { server, session } = await served()
  server.reply(GOOD)
  const value = await session.conduct('operate', 'chat', { instruction: 'Do we ship?', output: Verdict })
  const [message] = await (await session.branch('chat')).messages({ last: 1 })
  expect(message).toMatchObject({ role: 'assistant', status: 'complete' })
  expect(JSON.parse(message?.text ?? '')).toEqual(value)
})

test('a schema without a list of allowed fields is enough for a value; a text that never was one is no result', async () => {
  const { server, session } = await served()
  server.reply('I would say yes.')
  await expect(
    session.conduct('communicate', 'chat', { instruction: 'Do we ship?', output: Verdict }),
  ).rejects.toMatchObject({ code: 'invalid_output' })
})

test('a text is read in a way of one’s own by a task', async () => {
  const { server, session } = await served()
  server.reply('ship=yes')
  const builder = new Builder({ session })
  const answer = builder.generate({ instruction: 'Do we ship?' })
  const ship = builder.task({ dependsOn: answer, run: ({ results }) => results.get(answer).endsWith('=yes') })
  expect((await flow(builder)).get(ship)).toBe(true)
})

test('an act of nothing gives an empty list', async () => {
  const { session } = await served()
  expect(await session.conduct('act', 'chat', { calls: [] })).toEqual([])
})

test('an act runs functions that wait and functions that do not, and one that fails is a failed outcome in its place', async () => {
  const { session } = await served()
  const input = z.object({})
  const at = tool({ name: 'at-once', description: '', input, run: () => 1 })
  const later = tool({ name: 'later', description: '', input, run: async () => 2 })
  const fails = tool({ name: 'fails', description: '', input, run: () => Promise.reject(new Error('no')) })
  const calls = ['later', 'fails', 'at-once'].map((toolName) => ({ toolCallId: toolName, toolName, input: {} }))
  const outcomes = await session.conduct('act', 'chat', { calls, tools: [at, later, fails] })
  expect(outcomes.map(outcomeOf)).toEqual([2, 'tool_failed', 1])
  const messages = await (await session.branch('chat')).messages()
  expect(messages.map(({ content }) => content.type)).toEqual(['action-request', 'action-response'])
})

test('a react whose model fails has failed with the model’s error, and not with a step that says so', async () => {
  const { server, session } = await served()
  server.reply({ toolCalls: [{ toolName: 'one', input: {} }] }).reply({ status: 401 })
  const one = tool({ name: 'one', description: '', input: z.object({}), run: () => 1 })
  await expect(session.conduct('react', 'chat', { instruction: 'x', tools: [one] })).rejects.toMatchObject({
    code: 'authentication',
  })
  expect(server.requests).toHaveLength(2)
})
