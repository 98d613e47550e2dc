import type { Chunk } from '@braid/core'
import { tool } from '@braid/core'
import { Builder, flow, type FlowChunk, flowStream, Session } from '@braid/flow'
import { iModel, type ModelId } from '@braid/models'
import { openStore } from '@braid/sqlite'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ground, openSession, Outside, read } from '../laws/material.ts'
import { loose, served } from './served.ts'

const input = z.object({ city: z.string() })
const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  input,
  run: ({ city }) => `${city}: rain`,
})
const broken = tool({ name: 'broken', description: 'Fails', input, run: () => Promise.reject(new Error('no')) })
const CALL = { toolCalls: [{ toolName: 'weather', input: { city: 'Oslo' } }] }
const PROVIDERS: readonly ModelId[] = ['openai/m', 'openai-responses/m', 'anthropic/m', 'gemini/m']

/** Opened by hand. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open!: () => void
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

function of<K extends Chunk['type']>(chunks: readonly Chunk[], type: K): readonly Extract<Chunk, { type: K }>[] {
  return chunks.filter((chunk): chunk is Extract<Chunk, { type: K }> => chunk.type === type)
}

const said = (tuples: readonly FlowChunk[], id: string) =>
  tuples.flatMap(([from, chunk]) => (from === id ? [chunk] : []))

// The numbers are those of the list of weaknesses in docs/behaviours.md.

describe('1: a graph streams', () => {
  test('a token of an operation is read, under the id of that operation, while its answer is still being written', async () => {
    const { server, builder } = await served()
    const rest = gate()
    server.reply('one two three', {
      fault: { type: 'stall', until: rest.opened },
      when: ({ prompt }) => prompt === 'b',
    })
    server.reply('another', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    const [a, b] = ['a', 'b'].map((name) => plan.communicate({ name, instruction: name }))
    const seen = new Map<string, string>()
    for await (const [operationId, chunk] of flowStream(plan)) {
      if (chunk.type !== 'text-delta') continue
      const before = seen.get(operationId) ?? ''
      if (operationId === b?.id && before === '') {
        expect(server.requests.find(({ prompt }) => prompt === 'b')?.outcome).toBe('open')
        rest.open()
      }
      seen.set(operationId, before + chunk.data)
    }
    expect(Object.fromEntries(seen)).toEqual({ [`${a?.id}`]: 'another', [`${b?.id}`]: 'one two three' })
  })

  test('an operation says that it starts and how it ended, and one that was skipped says that', async () => {
    const { server, builder } = await served()
    server.reply({ status: 400 })
    const plan = builder()
    const first = plan.generate({ name: 'first', instruction: 'x' })
    plan.generate({ name: 'second', instruction: 'y', dependsOn: first })
    const { tuples } = await read(flowStream(plan))
    expect(said(tuples, 'first').map(({ type }) => type)).toEqual(['operation-start', 'operation-end'])
    expect(said(tuples, 'second')).toMatchObject([{ type: 'operation-end', status: 'skipped', because: 'first' }])
  })
})

describe('2: a failure is not swallowed', () => {
  test('a flow in which something failed rejects, with the failure and with what completed', async () => {
    const { server, builder } = await served()
    server.reply({ status: 400 }, { when: ({ prompt }) => prompt === 'bad' })
    server.reply('fine', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    const bad = plan.generate({ name: 'bad', instruction: 'bad' })
    const good = plan.generate({ name: 'good', instruction: 'good' })
    const needs = plan.generate({ name: 'needs', instruction: 'needs', dependsOn: bad })
    const error = await flow(plan).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'run_failed', errors: [{ operationId: 'bad', status: 400 }] })
    const { results } = error as { results: Awaited<ReturnType<typeof flow>> }
    expect(results.get(good)).toBe('fine')
    expect(results.outcome(needs)).toMatchObject({ status: 'skipped', because: 'bad' })
    expect(server.requests.map(({ prompt }) => prompt).sort()).toEqual(['bad', 'good'])
  })

  test('with onError abort, what runs beside the failure is stopped, down to its socket', async () => {
    const { server, builder } = await served()
    server.reply('on and on', { fault: { type: 'endless' }, when: ({ prompt }) => prompt === 'endless' })
    const plan = builder()
    const running = gate()
    plan.generate({ name: 'endless', instruction: 'endless' })
    plan.task({
      name: 'fails',
      run: async () => {
        await running.opened
        throw new Error('failed')
      },
    })
    const { tuples, error } = await read(flowStream(plan, { onError: 'abort' }), ([, { type }]) => {
      if (type === 'text-delta') running.open()
    })
    expect(error).toMatchObject({ code: 'run_failed', errors: [{ operationId: 'fails' }] })
    expect(said(tuples, 'endless').at(-1)).toMatchObject({ type: 'operation-end', status: 'cancelled' })
    await server.whenIdle()
    expect(server.requests[0]?.outcome).toBe('client-left')
  })
})

test('3: a condition that is false keeps its operation, and what needs it, from being asked', async () => {
  const { server, builder } = await served()
  server.reply('no')
  const plan = builder()
  const judge = plan.generate({ name: 'judge', instruction: 'judge' })
  const ship = plan.generate({
    name: 'ship',
    instruction: 'ship',
    dependsOn: judge,
    when: (results) => results.get(judge) === 'yes',
  })
  const party = plan.generate({ name: 'party', instruction: 'party', dependsOn: ship })
  const results = await flow(plan)
  expect(server.requests.map(({ prompt }) => prompt)).toEqual(['judge'])
  expect(results.outcome(ship)).toMatchObject({ status: 'skipped', because: 'ship' })
  expect(results.outcome(party)).toMatchObject({ status: 'skipped', because: 'ship' })
})

test('4: what an operation takes its context from, or aggregates, is in the prompt that the provider gets', async () => {
  const { server, builder } = await served()
  server
    .reply(({ prompt }) => `findings on ${prompt}`, { times: 2 })
    .reply('written')
    .reply('summed up')
  const plan = builder()
  const topics = ['bees', 'ants'].map((name) => plan.generate({ name, instruction: name }))
  plan.generate({ name: 'write', instruction: 'Write.', contextFrom: topics })
  plan.addAggregation('sum', 'generate', { instruction: 'Sum up.' }, { sources: ['bees', 'write'] })
  await flow(plan)
  const [, , write, sum] = server.requests
  expect(write?.prompt).toMatch(/Write\.[\s\S]*findings on bees[\s\S]*findings on ants/)
  expect(sum?.prompt).toMatch(/Sum up\.[\s\S]*findings on bees[\s\S]*written/)
})

test('5: whoever leaves the loop early has left the run, and nothing happens to what they do next', async () => {
  const { server, session } = await served()
  server.reply('on and on', { fault: { type: 'endless' }, times: 2 }).reply('still here')
  const builder = new Builder({ session })
  builder.generate({ name: 'a', instruction: 'a' })
  builder.generate({ name: 'b', instruction: 'b' })
  for await (const [, { type }] of flowStream(builder)) if (type === 'text-delta') break
  await server.whenIdle()
  expect(server.requests.every(({ outcome }) => outcome === 'client-left')).toBe(true)
  expect(await session.conduct('generate', 'any', { instruction: 'c' })).toBe('still here')
})

test('6: conversations are in the file: a session that is opened on it again goes on with them', async () => {
  const { server, session, path } = await ground()
  server.reply('Hello, Ada.').reply('Ada.')
  await session.createBranch({ name: 'chat', system: 'Be brief.' })
  await session.conduct('communicate', 'chat', { instruction: 'I am Ada.' })
  await session.close()
  const store = await openStore(path)
  await using again = new Session({}, { store, record: await store.session() })
  again.services.register(new iModel('openai/model', { baseUrl: server.url, apiKey: 'key' }))
  expect(again.id).toBe(session.id)
  await again.conduct('communicate', 'chat', { instruction: 'Who am I?' })
  expect(server.requests[1]?.messages.map(({ text }) => text)).toEqual([
    'Be brief.',
    'I am Ada.',
    'Hello, Ada.',
    'Who am I?',
  ])
})

describe('7: agents work from end to end, over the wire', () => {
  test.each(PROVIDERS)('a react of %s calls its tool and answers', async (id) => {
    const { server, session, model } = await served()
    server.reply(CALL).reply('It rains.')
    const answer = await session.conduct('react', 'chat', { instruction: 'x', imodel: model(id), tools: [weather] })
    expect(answer).toBe('It rains.')
    expect(server.requests).toHaveLength(2)
    expect(server.requests[1]?.toolResults).toMatchObject([{ output: expect.stringContaining('Oslo: rain') }])
  })

  test('an operate with tools, and with nothing else said, gives its value', async () => {
    const { server, session } = await served()
    server.reply(CALL).reply('{"umbrella":true}')
    const output = z.object({ umbrella: z.boolean() })
    expect(await session.conduct('operate', 'chat', { instruction: 'x', tools: [weather], output })).toEqual({
      umbrella: true,
    })
  })
})

test('8: calls beyond the limit of a model wait for their place, and all of them are answered', async () => {
  const { server, builder } = await served()
  server.reply(({ prompt }) => `answer to ${prompt}`, { times: Number.POSITIVE_INFINITY })
  const limited = new iModel('openai/model', { baseUrl: server.url, apiKey: 'key', limits: { concurrency: 1 } })
  const plan = builder()
  const asked = Array.from({ length: 8 }, (_, n) => plan.generate({ instruction: `${n}`, imodel: limited }))
  expect((await flow(plan)).all(asked)).toEqual(asked.map((_, n) => `answer to ${n}`))
  expect(server.peakActive).toBe(1)
})

describe('9: trying again', () => {
  test('a retry tries again after what a provider answers by status, and after a stream that broke', async () => {
    const { server, builder } = await served()
    server
      .reply({ status: 503 })
      .reply({ status: 429 })
      .reply('half', { fault: { type: 'reset' } })
      .reply('whole')
    const plan = builder()
    const asked = plan.communicate({ name: 'asked', instruction: 'x', retry: { attempts: 4, backoff: 0 } })
    const stream = flowStream(plan)
    const { tuples } = await read(stream)
    expect(await stream.result(asked)).toBe('whole')
    expect(of(said(tuples, 'asked'), 'operation-reset').map(({ error }) => error.code)).toEqual([
      'overloaded',
      'rate_limited',
      'stream_truncated',
    ])
  })

  test('an answer that would be the same again is not asked for again', async () => {
    const { server, builder } = await served()
    server.reply({ status: 401 })
    const plan = builder()
    plan.communicate({ instruction: 'x', retry: { attempts: 4, backoff: 0 } })
    await expect(flow(plan)).rejects.toMatchObject({ errors: [{ code: 'authentication' }] })
    expect(server.requests).toHaveLength(1)
  })

  test('how long the provider asks to wait is on the error', async () => {
    const { server, session } = await served()
    server.reply({ status: 429, retryAfter: 7 })
    await expect(session.conduct('generate', 'any', { instruction: 'x' })).rejects.toMatchObject({
      code: 'rate_limited',
      retryAfterMs: 7000,
    })
  })
})

describe('10: a stream is read, not passed on as lines', () => {
  test.each(PROVIDERS)(
    '%s: text, tool input as it comes, usage and the reason to finish, the same for all',
    async (id) => {
      const { server, builder, model } = await served()
      server.reply({ text: 'let me see', ...CALL }).reply('It rains.')
      const plan = builder()
      plan.react({ name: 'agent', instruction: 'x', imodel: model(id), tools: [weather] })
      const heard: Chunk[] = []
      const { tuples } = await read(flowStream(plan, { hooks: { onChunk: (_, chunk) => heard.push(chunk) } }))
      const chunks = said(tuples, 'agent')
      const text = of(chunks, 'text-delta').map(({ data }) => data)
      expect(text.join('|').replaceAll('|', '')).toBe('let me seeIt rains.')
      expect(text.join('')).not.toMatch(/data:|\[DONE\]/)
      const raw = of(chunks, 'tool-input-delta').map(({ data }) => data)
      expect(JSON.parse(raw.join(''))).toEqual({ city: 'Oslo' })
      expect(of(chunks, 'finish').map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop'])
      for (const { usage } of of(chunks, 'finish')) expect(usage).toMatchObject({ outputTokens: expect.any(Number) })
      expect(heard, 'the hook has heard every chunk').toEqual(chunks)
    },
  )

  test('a chunk of a model has its text, the provider’s own fields, and the frame that it comes from', async () => {
    const { server, model } = await served()
    server.reply('Hello')
    const chunks: Chunk[] = []
    for await (const chunk of model('openai/m').invoke('x')) chunks.push(chunk)
    const [delta] = of(chunks, 'text-delta')
    expect(delta).toMatchObject({
      data: 'Hello',
      rawResponse: { object: 'chat.completion.chunk', choices: [{ delta: { content: 'Hello' } }] },
    })
    const [finish] = of(chunks, 'finish')
    expect(finish?.metadata).toMatchObject({ finish_reason: 'stop' })
  })
})

describe('11: tools', () => {
  test.each(PROVIDERS)('one that fails is kept as failed, and %s is told so', async (id) => {
    const { server, session, model } = await served()
    server.reply({ toolCalls: [{ toolName: 'broken', input: { city: 'Oslo' } }] }).reply('I could not.')
    await session.conduct('react', 'chat', { instruction: 'x', imodel: model(id), tools: [broken] })
    const messages = await (await session.branch('chat')).messages()
    const kept = messages.find(({ content }) => content.type === 'action-response')
    expect(kept?.content).toMatchObject({ outcomes: [{ toolName: 'broken', error: { code: 'tool_failed' } }] })
    expect(kept?.content).not.toHaveProperty('outcomes.0.output')
    expect(server.requests[1]?.toolResults).toMatchObject([{ output: expect.stringMatching(/fail|error|no/i) }])
  })

  test('those that an operation is given are offered to the provider, each with the schema of its input', async () => {
    const { server, session } = await served()
    server.reply('No need.').reply('{"umbrella":true}')
    const output = z.object({ umbrella: z.boolean() })
    await session.conduct('react', 'chat', { instruction: 'x', tools: [weather] })
    await session.conduct('operate', 'other', { instruction: 'x', tools: [weather], output })
    for (const { tools } of server.requests) {
      expect(tools).toMatchObject([{ name: 'weather', schema: { properties: { city: { type: 'string' } } } }])
    }
  })

  test('the time that a tool may take is kept to', async () => {
    const { server, session } = await served()
    server.reply({ toolCalls: [{ toolName: 'slow', input: { city: 'Oslo' } }] }).reply('It took too long.')
    const slow = tool({
      name: 'slow',
      description: 'Never ends by itself',
      input,
      timeout: 20,
      run: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        }),
    })
    expect(await session.conduct('react', 'chat', { instruction: 'x', tools: [slow] })).toBe('It took too long.')
    const messages = await (await session.branch('chat')).messages()
    expect(messages.find(({ role }) => role === 'tool')?.content).toMatchObject({
      outcomes: [{ error: { code: 'timeout' } }],
    })
  })
})

test('12: operations added one after the other without an edge are asked at the same time', async () => {
  const { server, builder } = await served()
  const all = gate()
  server.reply(
    async () => {
      await all.opened
      return 'an answer'
    },
    { times: Number.POSITIVE_INFINITY },
  )
  const plan = builder()
  for (const name of ['a', 'b', 'c', 'd']) plan.add(name, 'communicate', { instruction: name })
  expect(plan.operations.flatMap(({ dependsOn }) => dependsOn)).toEqual([])
  const running = flow(plan)
  await server.until(({ active }) => active === 4)
  all.open()
  await running
})

test('13: a branch that is not there is an error, or made by its own name: never another one in its place', async () => {
  const { server, session, builder } = await served()
  server.reply('an answer')
  const main = await session.createBranch({ name: 'main', resources: ['openai/model'] })
  await expect(session.branch('mian')).rejects.toMatchObject({
    code: 'unknown_branch',
    message: expect.stringContaining('main'),
  })
  const elsewhere = await new Session().createBranch({ name: 'main' })
  expect(() => builder().communicate({ instruction: 'x', branch: elsewhere })).toThrow(
    expect.objectContaining({ code: 'foreign_branch' }),
  )
  for (const none of ['', null, 5, []]) {
    expect(() => builder().communicate({ instruction: 'x', branch: loose(none) })).toThrow(
      expect.objectContaining({ code: 'invalid_plan' }),
    )
  }
  await session.conduct('communicate', 'mian', { instruction: 'x' })
  expect(await main.messages()).toEqual([])
  expect(await (await session.branch('mian')).messages()).toHaveLength(2)
})

test('14: a call that is refused leaves the plan as it was, under one code for one mistake', () => {
  const builder = new Builder()
  const first = builder.add('first', 'generate', { instruction: 'x' })
  const unknown = { code: 'unknown_operation' }
  const thrown = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      return error
    }
    return undefined
  }
  expect(thrown(() => builder.add('a', 'generate', { instruction: 'x' }, { dependsOn: ['none'] }))).toMatchObject(
    unknown,
  )
  expect(thrown(() => builder.add('a', 'generate', { instruction: 'x' }, { contextFrom: ['none'] }))).toMatchObject(
    unknown,
  )
  expect(
    thrown(() => builder.addAggregation('a', 'generate', { instruction: 'x' }, { sources: ['first', 'none'] })),
  ).toMatchObject(unknown)
  expect(thrown(() => builder.dependsOn('first', ['none']))).toMatchObject(unknown)
  for (const again of [
    () => builder.add('first', 'generate', { instruction: 'y' }),
    () => builder.addAggregation('first', 'generate', { instruction: 'y' }),
  ]) {
    expect(thrown(again)).toMatchObject({ code: 'duplicate_name' })
  }
  expect(builder.operations).toEqual([first])
  expect(builder.get('first').params).toMatchObject({ instruction: 'x' })
})

test('15: turns on one branch wait for each other, in the order added, and the later one has heard the earlier', async () => {
  const { server, builder } = await served()
  server.reply('first answer').reply('second answer')
  const plan = builder()
  plan.communicate({ instruction: 'first', branch: 'chat' })
  plan.communicate({ instruction: 'second', branch: 'chat' })
  await flow(plan)
  expect(server.peakActive).toBe(1)
  expect(server.requests[1]?.messages.map(({ text }) => text)).toEqual(['first', 'first answer', 'second'])
})

describe('16: a plan is used again', () => {
  test('after a failure what is unfinished runs, and what completed keeps its result; fresh runs all of it', async () => {
    const { server, builder } = await served()
    server.reply('one').reply({ status: 400 })
    server.reply(({ prompt }) => `again ${prompt}`, { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    const a = plan.generate({ name: 'a', instruction: 'a' })
    const b = plan.generate({ name: 'b', instruction: 'b', dependsOn: a })
    await expect(flow(plan)).rejects.toMatchObject({ code: 'run_failed' })
    expect((await flow(plan)).all([a, b])).toEqual(['one', 'again b'])
    expect((await flow(plan, { fresh: true })).all([a, b])).toEqual(['again a', 'again b'])
    expect(server.requests.map(({ prompt }) => prompt)).toEqual(['a', 'b', 'b', 'a', 'b'])
  })

  test('an operation has a time of its own, and tries of its own', async () => {
    const { server, builder } = await served()
    server.reply('never', { fault: { type: 'stall', after: 'request' } }).reply('in time')
    const plan = builder()
    const asked = plan.generate({ instruction: 'x', timeout: 300, retry: { attempts: 5, backoff: 0 } })
    expect((await flow(plan)).get(asked)).toBe('in time')
    expect(server.requests[0]?.outcome).toBe('client-left')
  })
})

test('17: results are by operation, of which no two have one name, and an error is the one that happened', async () => {
  const { server, builder } = await served()
  server.reply('one').reply('two').reply({ status: 429, type: 'insufficient_quota', code: 'insufficient_quota' })
  const plan = builder()
  const asked = [1, 2].map(() => plan.generate({ instruction: 'x' }))
  expect(new Set(asked.map(({ id }) => id)).size).toBe(2)
  const thrown = new TypeError('not a function')
  const throws = plan.task({ name: 'throws', dependsOn: asked, run: () => Promise.reject(thrown) })
  const refused = plan.generate({ name: 'refused', instruction: 'y', dependsOn: asked })
  const results = await flow(plan, { onError: 'continue', concurrency: 1 })
  expect(results.all(asked)).toEqual(['one', 'two'])
  expect(results.outcome(refused)).toMatchObject({
    error: { code: 'quota_exhausted', status: 429, operationId: 'refused' },
  })
  expect(results.outcome(throws)).toMatchObject({ error: { code: 'operation_failed', cause: thrown } })
})

test('18: a chain of ten thousand operations is built and runs', async () => {
  const builder = new Builder()
  let last = builder.task({ run: () => 1 })
  for (let index = 1; index < 10_000; index += 1) {
    const before = last
    last = builder.task({ dependsOn: before, run: ({ results }) => results.get(before) + 1 })
  }
  expect(builder.build().operations).toHaveLength(10_000)
  expect((await flow(builder)).get(last)).toBe(10_000)
})

test('19: calls after one another go over one connection, and a run that is over is not kept by its session', async () => {
  const { server, session } = await served()
  server.reply('an answer', { times: Number.POSITIVE_INFINITY })
  for (let index = 0; index < 20; index += 1) await session.conduct('generate', 'any', { instruction: `${index}` })
  expect(server.connections).toBe(1)
  expect(await session.runs.list()).toEqual([])
})

describe('21: system text and tools in the provider’s own form', () => {
  test.each(PROVIDERS)('%s', async (id) => {
    const { server, session, model } = await served()
    server.reply(CALL).reply('It rains.')
    await session.createBranch({ name: 'chat', system: 'Be brief.' })
    await session.conduct('react', 'chat', { instruction: 'Rain?', imodel: model(id), tools: [weather] })
    const [first, second] = server.requests
    expect(first?.messages).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'Rain?' },
    ])
    expect(first?.prompt).toBe('Rain?')
    expect(first?.tools.map(({ name }) => name)).toEqual(['weather'])
    expect(second?.toolResults).toMatchObject([{ toolName: 'weather', failed: false }])
  })
})

test('22: forks without a name get free ones, and what they share stands in each once', async () => {
  const { session, path } = await openSession()
  const chat = await session.createBranch({ name: 'chat', system: 'Be brief.' })
  await chat.append({ role: 'user', content: 'one' })
  const forks = [await chat.fork(), await chat.fork(), await chat.fork()]
  expect(new Set(['chat', ...forks.map(({ name }) => name)]).size).toBe(4)
  const outside = new Outside(path)
  for (const { name } of forks) {
    expect(outside.conversation(name)).toEqual(['system complete Be brief.', 'user complete one'])
  }
})

describe('streaming, as their documents promised it', () => {
  test('an answer that streams is on its branch without anybody joining it; what broke off is there too, marked', async () => {
    const { server, builder, path } = await ground()
    server.reply('as it was said').reply('so far and no further', { fault: { type: 'truncate' } })
    const plan = builder()
    plan.communicate({ name: 'a', instruction: 'x', branch: 'chat' })
    plan.communicate({ name: 'b', instruction: 'y', branch: 'chat' })
    const { tuples } = await read(flowStream(plan))
    expect(of(said(tuples, 'b'), 'text-delta').length).toBeGreaterThan(0)
    expect(new Outside(path).conversation('chat')).toEqual([
      'user complete x',
      'assistant complete as it was said',
      'user complete y',
      expect.stringMatching(/^assistant partial so far/),
    ])
  })

  test('one stream has as many readers as there are, each with all of it and its end', async () => {
    const { server, builder } = await served()
    server.reply('to all of you')
    const plan = builder()
    plan.generate({ instruction: 'x' })
    const stream = flowStream(plan)
    const readers = [stream[Symbol.asyncIterator](), stream[Symbol.asyncIterator]()]
    const [first, second] = await Promise.all(
      readers.map((reader) => read({ [Symbol.asyncIterator]: () => reader }).then(({ tuples }) => tuples)),
    )
    expect(first?.at(-1)?.[1]).toMatchObject({ type: 'operation-end', status: 'completed', result: 'to all of you' })
    expect(second).toEqual(first)
  })
})
