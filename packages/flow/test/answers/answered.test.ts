import {
  type ChunkOf,
  type MessageLike,
  type ModelChunk,
  type ModelRequest,
  NO_METADATA,
  tool,
  toMessage,
} from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flow, type FlowChunk, flowStream, Session } from '../../src/index.ts'
import { read, saidBy, thrown } from '../material.ts'

const Verdict = z.object({ ship: z.boolean(), because: z.string() })
const GOOD = '{"ship":true,"because":"it works"}'
const BAD = '{"ship":"perhaps","because":"who knows"}'

function asked(request: ModelRequest | undefined): string[] {
  return (request?.messages ?? []).map((like: MessageLike) => `${toMessage(like).role}: ${toMessage(like).text}`)
}

function objects(tuples: readonly FlowChunk[]): unknown[] {
  return tuples.flatMap(([, chunk]) => (chunk.type === 'object' ? [chunk.object] : []))
}

test('an answer with an `output` is a value, and is shown as it grows', async () => {
  const model = scriptedModel([['{"ship"', ':tr', 'ue,"bec', 'ause":"it ', 'works"}']])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const verdict = builder.generate({ instruction: 'Do we ship?', output: Verdict })
  const stream = flowStream(builder)
  const { tuples, error } = await read(stream)
  expect(error).toBeUndefined()
  expect(objects(tuples)).toEqual([
    {},
    { ship: true },
    { ship: true, because: 'it ' },
    { ship: true, because: 'it works' },
  ])
  expect((await stream.results).get(verdict)).toEqual({ ship: true, because: 'it works' })
  expect(model.calls[0]?.output).toBe(Verdict)
})

test('an answer that does not fit fails by path, with its text as the partial of the outcome, and is not asked for again', async () => {
  const model = scriptedModel([BAD])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const verdict = builder.communicate({ instruction: 'Do we ship?', output: Verdict, branch: 'chat' })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(verdict)).toMatchObject({
    status: 'failed',
    error: {
      code: 'invalid_output',
      message: expect.stringContaining('ship: expected boolean, got a string'),
      issues: [{ path: 'ship' }],
    },
    partial: { text: BAD },
  })
  expect(JSON.stringify(results.outcome(verdict))).not.toMatch(/perhaps.*perhaps/)
  const messages = await (await session.branch('chat')).messages()
  expect(messages.map(({ role, status }) => `${role} ${status}`)).toEqual(['user complete', 'assistant partial'])
})

test('with `repair`, the model is asked again with its answer and what is wrong with it, and each try counts', async () => {
  const usage = { inputTokens: 10, outputTokens: 5, totalTokens: 15 }
  const model = scriptedModel([BAD, '{"ship":true}', GOOD], { usage })
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const verdict = builder.communicate({ instruction: 'Do we ship?', output: Verdict, repair: 2, branch: 'chat' })
  const results = await flow(builder)
  expect(results.get(verdict)).toEqual({ ship: true, because: 'it works' })
  expect(results.usage).toEqual({ inputTokens: 30, outputTokens: 15, totalTokens: 45 })
  expect(asked(model.calls[1])).toEqual([
    'user: Do we ship?',
    `assistant: ${BAD}`,
    expect.stringContaining('- ship: expected boolean, got a string'),
  ])
  expect(asked(model.calls[2]).slice(1)).toEqual([
    'assistant: {"ship":true}',
    expect.stringContaining('- because: expected string, got nothing'),
  ])
  const messages = await (await session.branch('chat')).messages()
  expect(messages.map(({ text }) => text)).toEqual(['Do we ship?', GOOD])
})

test('the tries are bounded, and the last one fails by path', async () => {
  const model = scriptedModel([BAD, BAD, BAD])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const verdict = builder.generate({ instruction: 'Do we ship?', output: Verdict, repair: 2 })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors).toMatchObject([{ code: 'invalid_output', operationId: verdict.id, issues: [{ path: 'ship' }] }])
  expect(model.calls).toHaveLength(3)
})

test("with show: 'valid', nothing is shown of an answer until it fits, and of one that does not only what it used", async () => {
  const model = scriptedModel([BAD, GOOD])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const verdict = builder.generate({ instruction: 'Do we ship?', output: Verdict, repair: 1, show: 'valid' })
  const { tuples } = await read(flowStream(builder))
  expect(JSON.stringify(tuples)).not.toContain('perhaps')
  const said = saidBy(tuples, verdict.id)
  expect(said.slice(0, 5)).toEqual(['operation-start', 'message-start', 'finish', 'message-start', 'text-start'])
  expect(said.filter((each) => each !== 'object').join('')).toContain(GOOD)
  const ended = tuples.filter(([, chunk]) => chunk.type === 'finish') as [string, ChunkOf<'finish'>][]
  expect(ended).toHaveLength(2)
})

test.each([
  [{ output: 'text' }, '`output`'],
  [{ output: Verdict, repair: -1 }, '`repair`'],
  [{ output: Verdict, repair: 1.5 }, '`repair`'],
  [{ output: Verdict, repair: 11 }, '`repair`'],
  [{ output: Verdict, show: 'never' }, '`show`'],
  [{ repair: 1 }, '`output`'],
])('%j is refused where it is said', async (params, named) => {
  const error = await thrown('invalid_plan', () => new Builder().generate({ instruction: 'x', ...params } as never))
  expect(error.message).toContain(named)
})

test('a refusal is not asked again: it would be the same', async () => {
  const base = { candidate: 0, metadata: NO_METADATA } as const
  const refusal: readonly ModelChunk[] = [
    { ...base, type: 'refusal-start', id: 'r' },
    { ...base, type: 'refusal-delta', id: 'r', data: 'I would rather not' },
    { ...base, type: 'refusal-end', id: 'r' },
  ]
  const model = scriptedModel([refusal])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const verdict = builder.generate({ instruction: 'Do we ship?', output: Verdict, repair: 5 })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome(verdict)).toMatchObject({
    error: { code: 'invalid_output', message: expect.stringContaining('refused') },
    partial: { content: { parts: [{ type: 'refusal', text: 'I would rather not' }] } },
  })
})

test('an answer without a word is asked again without it, and one that was cut is asked to be shorter', async () => {
  const cut: ModelChunk = {
    type: 'finish',
    finishReason: 'length',
    usage: {},
    candidate: 0,
    metadata: NO_METADATA,
  }
  const model = scriptedModel([[], ['{"ship":true,"because":"it wo', cut], GOOD])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const verdict = builder.generate({ instruction: 'Do we ship?', output: Verdict, repair: 2 })
  expect((await flow(builder)).get(verdict)).toEqual({ ship: true, because: 'it works' })
  expect(asked(model.calls[1]).map((each) => each.split(':')[0])).toEqual(['user', 'user'])
  expect(asked(model.calls[2]).at(-1)).toContain('Be shorter')
})

test('what the model said before it called a tool is shown with its step, and the answer only when it fits', async () => {
  const call: readonly ModelChunk[] = [
    { type: 'tool-input-start', id: 'c', toolName: 'add', candidate: 0, metadata: NO_METADATA },
    { type: 'tool-input-delta', id: 'c', data: '{"a":1}', candidate: 0, metadata: NO_METADATA },
    { type: 'tool-input-end', id: 'c', candidate: 0, metadata: NO_METADATA },
    {
      type: 'tool-call',
      toolCallId: 'c',
      toolName: 'add',
      input: { a: 1 },
      rawInput: '{"a":1}',
      candidate: 0,
      metadata: NO_METADATA,
    },
  ]
  const model = scriptedModel([['let me see', ...call], BAD, GOOD])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const add = tool({ name: 'add', description: 'a + 1', input: z.object({ a: z.number() }), run: ({ a }) => a + 1 })
  const verdict = builder.communicate({ instruction: 'x', tools: [add], output: Verdict, repair: 1, show: 'valid' })
  const { tuples, error } = await read(flowStream(builder))
  expect(error).toBeUndefined()
  expect(JSON.stringify(tuples)).not.toContain('perhaps')
  const said = saidBy(tuples, verdict.id)
  expect(said.join('|')).toMatch(/tool-call\|.*let .*me .*see.*\|tool-result\|finish-step/s)
  expect(said.at(-1)).toBe('operation-end')
  expect(tuples.at(-1)?.[1]).toMatchObject({ status: 'completed', result: { ship: true, because: 'it works' } })
})

test('who leaves an answer that is kept back has seen nothing of it, and its branch has what came', async () => {
  let said = (): void => {}
  const much = new Promise<void>((resolve) => {
    said = resolve
  })
  const model = scriptedModel(async function* (_, signal) {
    yield '{"ship":tr'
    said()
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  })
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.communicate({ instruction: 'x', output: Verdict, show: 'valid', branch: 'chat' })
  const controller = new AbortController()
  const reading = read(flowStream(builder, { signal: controller.signal }))
  await much
  controller.abort(new Error('enough'))
  const { tuples } = await reading
  expect(tuples.map(([, { type }]) => type)).not.toContain('text-delta')
  const messages = await (await session.branch('chat')).messages()
  expect(messages.map(({ status, text }) => [status, text])).toEqual([
    ['complete', 'x'],
    ['partial', '{"ship":tr'],
  ])
})
