import { tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, type FlowStream, flow, flowStream, Session } from '../../src/index.ts'
import { endsOf, read, thrown, turns } from '../material.ts'
import { add, call, cameTo, only, reply, told } from './material.ts'

function refunding(more: object = {}) {
  const refunded: number[] = []
  const refund = tool({
    name: 'refund',
    description: '',
    input: z.object({ cents: z.number() }),
    approval: ({ cents }) => cents > 100,
    run: ({ cents }) => {
      refunded.push(cents)
      return `refunded ${cents}`
    },
    ...more,
  })
  return { refund, refunded }
}

/** Reads to the end, and answers each request for approval. */
async function answering(stream: FlowStream, answer: (id: string, input: unknown) => Promise<void>) {
  return read(
    (async function* () {
      for await (const tuple of stream) {
        yield tuple
        const [, chunk] = tuple
        if (chunk.type === 'tool-approval-request') await answer(chunk.approvalId, chunk.input)
      }
    })(),
  )
}

test('a call that asks first waits for a person; one that need not does not', async () => {
  const { refund, refunded } = refunding()
  const model = scriptedModel([reply(call('1', 'refund', { cents: 500 }), call('2', 'refund', { cents: 5 })), 'done'])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const agent = builder.react({ instruction: 'x', tools: [refund] })
  const stream = flowStream(builder)
  const { tuples, error } = await answering(stream, async (id) => {
    await turns(10)
    expect(refunded).toEqual([5])
    await stream.approve(id)
  })
  expect(error).toBeUndefined()
  expect(refunded).toEqual([5, 500])
  expect(only(tuples, 'tool-approval-request')).toMatchObject([
    { toolCallId: '1', toolName: 'refund', input: { cents: 500 }, approvalId: expect.any(String) },
  ])
  expect(only(tuples, 'finish-step')[0]?.outcomes.map(cameTo)).toEqual(['refunded 500', 'refunded 5'])
  expect(await stream.result(agent)).toBe('done')
})

test('a denial is an error for the model to read, with the reason', async () => {
  const { refund, refunded } = refunding()
  const session = new Session({ imodel: scriptedModel([reply(call('1', 'refund', { cents: 500 })), 'sorry']) })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [refund], branch: 'b' })
  const stream = flowStream(builder)
  const { tuples, error } = await answering(stream, (id) => stream.deny(id, 'not without the manager'))
  expect(error).toBeUndefined()
  expect(refunded).toEqual([])
  const [denied] = only(tuples, 'tool-error')
  expect(denied).toMatchObject({ toolCallId: '1', error: { code: 'access_denied' } })
  expect(denied?.error.message).toContain('not without the manager')
  expect(await told(await session.branch('b'))).toEqual([
    'user: x',
    'assistant: ',
    'calls: refund {"cents":500}',
    'came to: "access_denied"',
    'assistant: sorry',
  ])
})

test('an id is answered once, and one that nobody knows is a named error', async () => {
  const { refund, refunded } = refunding()
  const session = new Session({ imodel: scriptedModel([reply(call('1', 'refund', { cents: 500 })), 'done']) })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [refund] })
  const stream = flowStream(builder)
  await thrown('unknown_approval', () => stream.approve('before it began'))
  await answering(stream, async (id) => {
    await thrown('unknown_approval', () => stream.deny('nobody'))
    await stream.approve(id)
    const error = await thrown('unknown_approval', () => stream.deny(id))
    expect(error.message).toContain('answered already')
  })
  expect(refunded).toEqual([500])
})

test('while one operation waits for a person, the others go on, also where only one may run', async () => {
  const { refund } = refunding()
  const model = scriptedModel(() => reply(call('1', 'refund', { cents: 500 })), { name: 'agent' })
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.react({ name: 'agent', instruction: 'x', tools: [refund], maxSteps: 1 })
  builder.react({ name: 'waits', instruction: 'x', tools: [refund], maxSteps: 2 })
  const other = builder.task({ name: 'other', run: () => 'went on' })
  const stream = flowStream(builder, { concurrency: 1, onError: 'continue' })
  let approval = ''
  const ended: string[] = []
  for await (const [id, chunk] of stream) {
    if (chunk.type === 'tool-approval-request') approval = chunk.approvalId
    if (chunk.type === 'operation-end') ended.push(id)
    if (id === other.id && chunk.type === 'operation-end') await stream.deny(approval)
  }
  expect(ended).toEqual(['agent', 'other', 'waits'])
})

test('what waits for a person when it is cancelled runs no more, and its answer comes too late', async () => {
  const { refund, refunded } = refunding()
  const session = new Session({
    imodel: scriptedModel([reply(call('1', 'refund', { cents: 500 }), call('2', 'add', { a: 1, b: 1 }))]),
  })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [refund, add], branch: 'b' })
  builder.task({ name: 'other', run: () => 1 })
  const stream = flowStream(builder, { onError: 'continue' })
  const { tuples } = await answering(stream, async (id) => {
    await turns(5)
    await stream.cancelOperation(agent)
    const error = await thrown('unknown_approval', () => stream.approve(id))
    expect(error.message).toContain('cancelled')
  })
  expect(endsOf(tuples).get(agent.id)).toMatchObject({ status: 'cancelled' })
  expect(endsOf(tuples).get('other')).toMatchObject({ status: 'completed' })
  expect(refunded).toEqual([])
  expect((await told(await session.branch('b'))).at(-1)).toMatch(/^came to\?: "cancelled", (2|"cancelled")$/)
})

test('leaving the run while a call waits for a person ends it', async () => {
  const { refund, refunded } = refunding()
  const session = new Session({ imodel: scriptedModel([reply(call('1', 'refund', { cents: 500 }))]) })
  const builder = new Builder({ session })
  builder.react({ instruction: 'x', tools: [refund], branch: 'b' })
  for await (const [, chunk] of flowStream(builder)) if (chunk.type === 'tool-approval-request') break
  expect(refunded).toEqual([])
  expect((await told(await session.branch('b'))).at(-1)).toBe('came to?: "cancelled"')
})

test('where nobody can be asked, a call that has to ask is denied, and nothing hangs', async () => {
  const { refund, refunded } = refunding({ approval: true })
  const session = new Session({ imodel: scriptedModel(() => reply(call('1', 'refund', { cents: 5 }))) })
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [refund], maxSteps: 2, branch: 'b' })
  await flow(builder, { onError: 'continue' })
  expect(refunded).toEqual([])
  const [, , , response] = await (await session.branch('b')).messages()
  expect(response?.content).toMatchObject({ outcomes: [{ error: { code: 'access_denied' } }] })
  expect(JSON.stringify(response?.content)).not.toContain('undefined')
  expect(agent.kind).toBe('react')
})

test('whether a call asks that cannot be told is a failure, and it does not run', async () => {
  const { refund, refunded } = refunding({
    approval: () => {
      throw new Error('no rule for this')
    },
  })
  const builder = new Builder({
    session: new Session({ imodel: scriptedModel([reply(call('1', 'refund', { cents: 5 })), 'x']) }),
  })
  builder.react({ instruction: 'x', tools: [refund] })
  const { tuples } = await read(flowStream(builder))
  expect(only(tuples, 'tool-error')).toMatchObject([{ error: { code: 'tool_failed' } }])
  expect(refunded).toEqual([])
})
