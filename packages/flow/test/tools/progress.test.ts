import { tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, type FlowChunk, flow, flowStream, Session } from '../../src/index.ts'
import { FakeClock, read, turns } from '../material.ts'
import { call, only, reply } from './material.ts'

test('what a tool yields is shown as it comes, and its result is what it returns', async () => {
  const search = tool({
    name: 'search',
    description: '',
    input: z.object({ q: z.string() }),
    async *run({ q }) {
      yield `looking for ${q}`
      yield { found: 2 }
      return ['a', 'b']
    },
  })
  const builder = new Builder({
    session: new Session({ imodel: scriptedModel([reply(call('1', 'search', { q: 'x' })), 'done']) }),
  })
  builder.react({ instruction: 'x', tools: [search] })
  const { tuples } = await read(flowStream(builder))
  const base = { toolCallId: '1', toolName: 'search', input: { q: 'x' } }
  expect(only(tuples, 'tool-result')).toMatchObject([
    { ...base, preliminary: true, output: 'looking for x' },
    { ...base, preliminary: true, output: { found: 2 } },
    { ...base, output: ['a', 'b'] },
  ])
  expect(only(tuples, 'tool-result').at(-1)).not.toHaveProperty('preliminary')
  expect(only(tuples, 'finish-step')[0]?.outcomes).toEqual([{ ...base, output: ['a', 'b'] }])
})

test('a tool that reports 10,000 times waits for a slow reader, and for the bound of its operation', async () => {
  let said = 0
  const chatty = tool({
    name: 'chatty',
    description: '',
    input: z.object({}),
    async *run() {
      while (said < 10_000) yield ++said
      return 'done'
    },
  })
  const builder = new Builder({
    session: new Session({ imodel: scriptedModel([reply(call('1', 'chatty', {})), 'done']) }),
  })
  builder.react({ instruction: 'x', tools: [chatty] })
  const stream = flowStream(builder, { buffer: { chunks: 10 } })
  let taken = 0
  for await (const [, chunk] of stream) {
    if (chunk.type !== 'tool-result') continue
    taken += 1
    if (taken % 1_000 === 1) {
      await turns(20)
      // The bound, the one that waits to be taken, and the one that is being made.
      expect(said).toBeLessThanOrEqual(taken + 10 + 2)
    }
  }
  expect(taken).toBe(10_001)
})

test('while a reader is slow, the time that a tool may take does not pass', async () => {
  const clock = new FakeClock()
  const patient = tool({
    name: 'patient',
    description: '',
    input: z.object({}),
    timeout: 50,
    async *run() {
      yield 1
      yield 2
      await clock.pass(49)
      return 'in time'
    },
  })
  const model = scriptedModel([reply(call('1', 'patient', {})), 'done'])
  const builder = new Builder({ session: new Session({ imodel: model }, { clock }) })
  builder.react({ instruction: 'x', tools: [patient] })
  const tuples: FlowChunk[] = []
  for await (const tuple of flowStream(builder, { buffer: { chunks: 1 } })) {
    tuples.push(tuple)
    await turns(5)
    // The last that it yields is taken, and is not heard of before the next one.
    if (only([tuple], 'tool-result').length > 0 && only(tuples, 'tool-result').length < 2) await clock.pass(1_000)
  }
  expect(only(tuples, 'tool-result').at(-1)?.output).toBe('in time')
  expect(clock.running).toBe(0)
})

test('a list or a text that a tool returns is a result, not progress', async () => {
  const list = tool({ name: 'list', description: '', input: z.object({}), run: () => [1, 2] })
  const builder = new Builder({
    session: new Session({ imodel: scriptedModel([reply(call('1', 'list', {})), 'done']) }),
  })
  builder.react({ instruction: 'x', tools: [list] })
  const { tuples } = await read(flowStream(builder))
  expect(only(tuples, 'tool-result').map(({ output }) => output)).toEqual([[1, 2]])
})

test('a run inside of a tool is a run like any other', async () => {
  const session = new Session()
  const inner = scriptedModel('inner answer')
  const ask = tool({
    name: 'ask',
    description: '',
    input: z.object({ question: z.string() }),
    async run({ question }, { signal }) {
      const builder = new Builder({ session })
      const answer = builder.communicate({ instruction: question, imodel: inner })
      return (await flow(builder, { signal })).get(answer)
    },
  })
  session.services.register(
    scriptedModel([reply(call('1', 'ask', { question: 'why' }), call('2', 'ask', { question: 'how' })), 'done']),
  )
  const builder = new Builder({ session })
  const agent = builder.react({ instruction: 'x', tools: [ask] })
  const stream = flowStream(builder, { concurrency: 1 })
  const { tuples } = await read(stream)
  expect(only(tuples, 'tool-result').map(({ output }) => output)).toEqual(['inner answer', 'inner answer'])
  expect(await stream.result(agent)).toBe('done')
})
