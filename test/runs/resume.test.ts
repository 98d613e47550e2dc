import { type BraidError, tool } from '@braid/core'
import { Builder, flow, flowStream, jsonSchema, type Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { startProviderServer } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { planRecordOf } from '../../packages/flow/src/builder/plan-record.ts'
import { PageWriter } from '../../packages/flow/src/journal/page.ts'
import { ground, openSession, Outside, read } from '../laws/material.ts'
import { besides, die } from './material.ts'

/** Ends when it is told to, and not before. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

/** What the branch has, role by role. */
async function conversation(session: Session, name: string): Promise<string[]> {
  const messages = await (await session.branch(name)).messages()
  return messages.map(({ role, status, text }) => `${role} ${status} ${text}`)
}

test('a failed run goes on: what completed keeps its result and is not run again, what failed starts attempt 2 with `operation-reset`', async () => {
  const { session, path } = await openSession()
  const runs = { good: 0, bad: 0 }
  let fails = true
  const plan = (of: Session): Builder => {
    const builder = new Builder({ session: of })
    const good = builder.task({ name: 'good', run: () => ({ made: ++runs.good }) })
    const bad = builder.task({
      name: 'bad',
      dependsOn: good,
      run: ({ results }) => {
        runs.bad += 1
        if (fails) throw new Error('no')
        return results.get(good).made
      },
    })
    builder.task({ name: 'last', dependsOn: bad, run: ({ results }) => results.get(bad) })
    return builder
  }
  const stream = flowStream(plan(session))
  const first = await read(stream)
  expect(first.error).toMatchObject({ code: 'run_failed' })
  await session.close()
  const again = await besides(path)
  fails = false
  const builder = plan(again)
  const resumed = again.resume(stream.runId, builder)
  const { tuples, error } = await read(resumed)
  expect(error).toBeUndefined()
  expect(tuples.map(([id, { type }]) => `${id} ${type}`)).toEqual([
    ...[
      'bad operation-reset',
      'bad operation-end',
      'last operation-reset',
      'last operation-start',
      'last operation-end',
    ],
  ])
  expect(tuples[0]?.[1]).toMatchObject({ attempt: 2, error: { message: 'no' } })
  expect(resumed.seq).toBe(first.tuples.length + tuples.length)
  expect((await resumed.results).get(builder.get('last'))).toBe(1)
  expect(runs).toEqual({ good: 1, bad: 2 })
  const whole = await read((await again.runs.get(stream.runId)).stream())
  expect(whole.tuples).toHaveLength(first.tuples.length + tuples.length)
  expect(whole.error).toBeUndefined()
  expect(new Outside(path).operations().map(({ id, status, attempts }) => `${id} ${status} ${attempts}`)).toEqual([
    ...['good completed 1', 'bad completed 2', 'last completed 1'],
  ])
  const finished = await read(again.resume(stream.runId, plan(again)))
  expect(finished.error).toMatchObject({ code: 'run_finished' })
})

test('after its process is gone a run reads `interrupted`, has what had arrived, and goes on', async () => {
  const server = await startProviderServer()
  server.reply('the first answer').reply('so far and on ', { fault: { type: 'stall', after: { frames: 4 } } })
  const { path, runId } = await die('half-way', { url: server.url })
  const session = await besides(path)
  session.services.register(new iModel('openai/model', { name: 'model', baseUrl: server.url, apiKey: 'key' }))
  const [found] = await session.runs.list({ status: 'interrupted', last: 1 })
  expect(found?.id).toBe(runId)
  const before = await read((found as NonNullable<typeof found>).stream())
  expect(before.error).toMatchObject({ code: 'run_interrupted' })
  const said = before.tuples.map(([, chunk]) => (chunk.type === 'text-delta' ? chunk.data : '')).join('')
  expect(said).toContain('first')
  expect(said).toContain('so far')
  server.reply('whole at last')
  const resumed = session.resume(runId)
  const { tuples, error } = await read(resumed)
  expect(error).toBeUndefined()
  expect(tuples[0]).toMatchObject([
    'second',
    { type: 'operation-reset', attempt: 2, error: { code: 'run_interrupted' } },
  ])
  expect(tuples.some(([id]) => id === 'first')).toBe(false)
  expect([...(await resumed.results)].map(([id, outcome]) => [id, 'result' in outcome && outcome.result])).toEqual([
    ...[
      ['first', 'the first answer'],
      ['second', 'whole at last'],
    ],
  ])
  expect(await conversation(session, 'talk')).toEqual([
    ...[
      'user complete one',
      'assistant complete the first answer',
      'user complete two',
      'assistant complete whole at last',
    ],
  ])
  expect(server.requests).toHaveLength(3)
  await server.close()
})

test('steps that were finished before a crash are told again and not asked again, and no `once` tool runs again after its result was kept', async () => {
  const server = await startProviderServer()
  server.reply({ text: 'first Ann', toolCalls: [{ toolName: 'pay', input: { to: 'Ann' } }] }).reply({
    toolCalls: [
      { toolName: 'pay', input: { to: 'Bo' } },
      { toolName: 'wait', input: {} },
    ],
  })
  const { path, runId } = await die('in-a-step', { url: server.url })
  const asked = server.requests.length
  const session = await besides(path)
  let paid = 0
  const pay = tool({
    name: 'pay',
    description: 'pays',
    input: z.object({ to: z.string() }),
    once: true,
    run: () => `receipt ${++paid}`,
  })
  const wait = tool({ name: 'wait', description: 'waits', input: z.object({}), run: () => 'never' })
  session.services.register(
    new iModel('openai/model', { name: 'model', baseUrl: server.url, apiKey: 'key' }),
    pay,
    wait,
  )
  server.reply({ toolCalls: [{ toolName: 'pay', input: { to: 'Bo' } }] }).reply('both were paid')
  const resumed = session.resume(runId)
  const { tuples, error } = await read(resumed)
  expect(error).toBeUndefined()
  // Both had been paid: Ann in a step that was finished, Bo in the one that was not.
  expect(paid).toBe(0)
  expect(server.requests.length - asked).toBe(2)
  const results = tuples.flatMap(([, chunk]) => (chunk.type === 'tool-result' ? [chunk.output] : []))
  expect(results).toEqual(['receipt 1', 'receipt 2'])
  const talk = await (await session.branch('talk')).messages()
  expect(new Set(talk.map(({ id }) => id)).size).toBe(talk.length)
  expect(talk.map(({ content }) => content.type)).toEqual([
    ...['instruction', 'assistant-response', 'action-request', 'action-response'],
    ...['assistant-response', 'action-request', 'action-response', 'assistant-response'],
  ])
  await server.close()
})

test('members of groups that completed are found again by their paths', async () => {
  const { session, path } = await openSession()
  const ran: string[] = []
  let broken = true
  let halted = true
  const plan = (of: Session): Builder => {
    const builder = new Builder({ session: of })
    const seed = builder.task({ name: 'seed', run: () => [1, 2, 3] })
    const all = builder.expand({
      name: 'all',
      dependsOn: seed,
      items: (results) => results.get(seed),
      each: (item, sub) =>
        sub.task({
          name: 'double',
          run: () => {
            ran.push(`double ${item}`)
            if (broken && item === 2) throw new Error('not yet')
            return item * 2
          },
        }),
      max: 5,
    })
    const sum = builder.task({
      name: 'sum',
      dependsOn: all,
      run: ({ results }) => results.get(all).reduce((a, b) => a + b),
    })
    builder.repeat({
      name: 'grow',
      from: sum,
      step: (current, sub) =>
        sub.task({
          name: 'more',
          dependsOn: current,
          run: ({ results, signal }): number | Promise<number> => {
            ran.push(`more ${results.get(current)}`)
            if (halted && results.get(current) === 14) return aborted(signal)
            return results.get(current) + 1
          },
        }),
      until: (value) => value >= 15,
      max: 5,
    })
    return builder
  }
  const stream = flowStream(plan(session))
  expect((await read(stream)).error).toMatchObject({ code: 'run_failed' })
  await session.close()
  expect(ran.splice(0).sort()).toEqual(['double 1', 'double 2', 'double 3'])
  const second = await besides(path)
  broken = false
  const half = plan(second)
  const controller = new AbortController()
  const { error } = await read(second.resume(stream.runId, half, { signal: controller.signal }), ([id, { type }]) => {
    if (id === 'grow/2/more' && type === 'operation-end') controller.abort(new Error('stop'))
  })
  expect(error).toMatchObject({ message: 'stop' })
  expect(ran.splice(0)).toEqual(['double 2', 'more 12', 'more 13', 'more 14'])
  halted = false
  await second.close()
  const third = await besides(path)
  const rest = plan(third)
  const results = await third.resume(stream.runId, rest).results
  expect(ran).toEqual(['more 14'])
  expect(results.get(rest.get('grow'))).toBe(15)
})

test('a plan that is not the one of the run is refused, by the first difference and without what it says', async () => {
  const { session } = await openSession()
  const builder = (instruction: string, more?: (plan: Builder) => unknown): Builder => {
    const plan = new Builder({ session })
    const a = plan.task({ name: 'a', run: () => Promise.reject(new Error('no')) })
    plan.communicate({ name: 'b', instruction, branch: 'talk', contextFrom: a, imodel: 'model' })
    more?.(plan)
    return plan
  }
  const stream = flowStream(builder('a secret'))
  await read(stream)
  const refused = async (plan: Builder): Promise<string> => {
    const { error } = await read(session.resume(stream.runId, plan))
    expect(error).toMatchObject({ code: 'plan_changed' })
    return (error as BraidError).message
  }
  expect(await refused(builder('another'))).toContain('operation "b" has another params.instruction')
  expect(await refused(builder('another'))).not.toContain('secret')
  expect(await refused(builder('a secret', (plan) => plan.task({ name: 'c', run: () => 1 })))).toContain(
    '"c" was not in it',
  )
  expect(
    await refused(builder('a secret', (plan) => plan.dependsOn('b', plan.task({ name: 'c', run: () => 1 })))),
  ).toContain('edges')
  const other = new Builder({ session })
  other.task({ name: 'a', run: () => 1 })
  expect(await refused(other)).toContain('"b" is not in it any more')
  const { error } = await read(session.resume(stream.runId))
  expect(error).toMatchObject({ code: 'plan_needed' })
  expect((error as BraidError).message).toContain('"a"')
  expect((await read(session.resume('nothing'))).error).toMatchObject({ code: 'unknown_run' })
})

test('a plan without functions is made again from what is kept of it: kinds, tools and models by name, schemas of plain data', async () => {
  const { server, session, builder, path } = await ground()
  const count = session.registerOperation('count', async (_, { text }: { text: string }) => text.length)
  const plan = builder()
  plan.add('count', count, { text: 'four' })
  const Verdict = jsonSchema<{ ship: boolean }>({ type: 'object', properties: { ship: { type: 'boolean' } } })
  plan.generate({
    name: 'verdict',
    instruction: 'Do we ship?',
    output: Verdict,
    imodel: 'model',
    dependsOn: plan.get('count'),
  })
  server.reply({ status: 400 })
  const stream = flowStream(plan)
  expect((await read(stream)).error).toMatchObject({ code: 'run_failed' })
  await session.close()
  const again = await besides(path)
  again.services.register(new iModel('openai/model', { name: 'model', baseUrl: server.url, apiKey: 'key' }))
  const missing = await read(again.resume(stream.runId))
  expect(missing.error).toMatchObject({ code: 'plan_needed' })
  again.registerOperation('count', async () => 0)
  server.reply('{"ship": true}')
  const resumed = again.resume(stream.runId)
  const results = await resumed.results
  expect([...results].map(([id, outcome]) => [id, 'result' in outcome && outcome.result])).toEqual([
    ['count', 4],
    ['verdict', { ship: true }],
  ])
})

test('two that resume one run: one wins, and the other is told who has it', async () => {
  const { session, path } = await openSession()
  let fails = true
  let open!: () => void
  const gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const plan = (of: Session): Builder => {
    const builder = new Builder({ session: of })
    builder.task({ name: 'a', run: () => (fails ? Promise.reject(new Error('no')) : gate) })
    return builder
  }
  const stream = flowStream(plan(session))
  await read(stream)
  await session.close()
  fails = false
  const sessions = await Promise.all([besides(path), besides(path)])
  const reading = sessions.map((each) => read(each.resume(stream.runId, plan(each))))
  const lost = await Promise.race(reading)
  expect(lost.error).toMatchObject({ code: 'run_leased' })
  expect((lost.error as BraidError).message).toContain(String(process.pid))
  const third = await besides(path)
  expect((await read(third.resume(stream.runId, plan(third)))).error).toMatchObject({ code: 'run_leased' })
  open()
  const ends = await Promise.all(reading)
  expect(ends.filter(({ error }) => error === undefined)).toHaveLength(1)
})

test('a result that could not be kept is made again', async () => {
  const { session, path } = await openSession()
  let made = 0
  const plan = (of: Session): Builder => {
    const builder = new Builder({ session: of })
    const maker = builder.task({ name: 'maker', run: () => () => ++made })
    builder.task({
      name: 'user',
      dependsOn: maker,
      run: ({ results }) => {
        results.get(maker)()
        if (made === 1) throw new Error('once')
        return made
      },
    })
    return builder
  }
  const stream = flowStream(plan(session))
  await read(stream)
  await session.close()
  const again = await besides(path)
  const builder = plan(again)
  expect((await again.resume(stream.runId, builder).results).get(builder.get('user'))).toBe(2)
})

test('what a resumed run of another builder’s completed operations needs is there: it is kept with the run', async () => {
  const { session, path } = await openSession()
  let ran = 0
  let fails = true
  const plan = (of: Session): Builder => {
    const builder = new Builder({ session: of })
    builder.task({ name: 'early', run: () => ++ran })
    return builder
  }
  const more = (builder: Builder): Builder => {
    builder.task({
      name: 'late',
      dependsOn: builder.get('early'),
      run: () => (fails ? Promise.reject(new Error('no')) : 'done'),
    })
    return builder
  }
  const builder = plan(session)
  await flow(builder)
  const stream = flowStream(more(builder))
  await read(stream)
  await session.close()
  fails = false
  const again = await besides(path)
  await again.resume(stream.runId, more(plan(again))).results
  expect(ran).toBe(1)
})

test('who reads the stream of an operation that completed before the crash is told it from the log', async () => {
  const { session, path } = await openSession()
  let fails = true
  const plan = (of: Session): Builder => {
    const builder = new Builder({ session: of })
    const speaker = builder.task({
      name: 'speaker',
      async *run() {
        yield 'one '
        yield 'two'
      },
    })
    builder.task({
      name: 'listener',
      streamFrom: speaker,
      run: async ({ stream }) => {
        let heard = ''
        for await (const chunk of stream(speaker)) if (chunk.type === 'text-delta') heard += chunk.data
        if (fails) throw new Error('no')
        return heard
      },
    })
    return builder
  }
  const stream = flowStream(plan(session))
  await read(stream)
  await session.close()
  fails = false
  const again = await besides(path)
  const builder = plan(again)
  expect((await again.resume(stream.runId, builder).results).get(builder.get('listener'))).toBe('one two')
})

test('an end that was recorded and not said any more is put into the log before the run goes on', async () => {
  const { session, path } = await openSession()
  const builder = new Builder({ session })
  const kind = session.registerOperation('count', async (_, { text }: { text: string }) => text.length)
  builder.add('one', kind, { text: 'four' })
  builder.add('two', kind, { text: 'three' }, { dependsOn: 'one' })
  // As a process leaves it that is killed between the two: the row of the first is there, and its end is not in the log.
  const runId = 'a-run'
  const operation = { runId, id: 'one', kind: 'count', attempts: 1 }
  const outcome = { status: 'completed', result: 4, usage: {}, durationMs: 1, attempts: 1 } as const
  const writer = new PageWriter(1)
  writer.push('one', [{ type: 'operation-start', kind: 'count', attempt: 1, candidate: 0, metadata: {} }], Date.now())
  await session.store.write([
    {
      type: 'run',
      run: { id: runId, status: 'running', startedAt: new Date(), plan: planRecordOf([...builder.nodes], true) },
    },
    { type: 'log', runId, page: writer.page() },
    { type: 'operation', operation: { ...operation, outcome } },
  ])
  await session.close()
  const again = await besides(path)
  again.registerOperation('count', async (_, { text }: { text: string }) => text.length)
  const live = await read(again.resume(runId))
  expect(live.tuples.map(([id, { type }]) => `${id} ${type}`)).toEqual(['two operation-start', 'two operation-end'])
  const { tuples, error } = await read((await again.runs.get(runId)).stream())
  expect(error).toBeUndefined()
  expect(tuples.map(([id, { type }]) => `${id} ${type}`)).toEqual([
    ...['one operation-start', 'one operation-end', 'two operation-start', 'two operation-end'],
  ])
  expect(tuples[1]?.[1]).toMatchObject(outcome)
})

test('a session in memory keeps no runs to go on with', async () => {
  const builder = new Builder()
  expect(() => builder.session.resume('some')).toThrow('in memory')
})
