import type { Operation } from '@braid/core'
import { type Builder, flow, flowStream } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { askers, byOperation, ground, LEAVINGS, Outside, read, SIZES, WAYS_OF_LEAVING } from './material.ts'

/** For each operation that asks: one that needs it, one that wants only its end, and one that a condition keeps from running. */
function around(plan: Builder): Operation[] {
  return plan.operations.flatMap((asks) => [
    plan.task({ name: `needs ${asks.id}`, dependsOn: asks, run: () => 1 }),
    plan.task({ name: `after ${asks.id}`, dependsOn: asks, join: 'settled', run: () => 1 }),
    plan.task({ name: `never ${asks.id}`, dependsOn: asks, join: 'settled', when: () => false, run: () => 1 }),
  ])
}

describe.each(SIZES)('law 2, with %i operations: one end', (count) => {
  test('whatever becomes of it, every operation shows exactly one end, and the same one is recorded', async () => {
    for (const onError of ['skipDependents', 'continue', 'abort'] as const) {
      const { server, builder, path } = await ground()
      // Every third answer fails: at once, in mid-stream, or by being cut off.
      server.reply({ status: 500 }, { times: Number.POSITIVE_INFINITY, when: ({ prompt }) => number(prompt) % 9 === 0 })
      server.reply('so far and no further', {
        times: Number.POSITIVE_INFINITY,
        when: ({ prompt }) => number(prompt) % 9 === 3,
        fault: { type: 'error-frame' },
      })
      server.reply('so far and no further', {
        times: Number.POSITIVE_INFINITY,
        when: ({ prompt }) => number(prompt) % 9 === 6,
        fault: { type: 'truncate' },
      })
      server.reply('an answer', { times: Number.POSITIVE_INFINITY })
      const plan = builder()
      askers(plan, count)
      around(plan)
      const { tuples, error } = await read(flowStream(plan, { onError }))
      const shown = [...byOperation(tuples)].map(([id, chunks]) => {
        const ends = chunks.filter(({ type }) => type === 'operation-end')
        expect(ends, `ends of ${id}`).toHaveLength(1)
        expect(chunks.at(-1), `${id} spoke after its end`).toBe(ends[0])
        const [end] = ends
        if (end?.type !== 'operation-end') throw new Error('no end')
        if (end.status === 'skipped') expect(chunks).toHaveLength(1)
        return [id, end.status, end.status === 'skipped' ? end.because : null] as const
      })
      expect(shown).toHaveLength(count * 4)
      const recorded = new Outside(path).operations().map(({ id, status, because }) => [id, status, because] as const)
      expect(new Map(recorded.map(([id, ...end]) => [id, end]))).toEqual(
        new Map(shown.map(([id, ...end]) => [id, end])),
      )
      expect(recorded).toHaveLength(count * 4)
      expect(new Outside(path).runs()).toEqual(['failed'])
      if (onError === 'continue') expect(error).toBeUndefined()
      else expect(error).toMatchObject({ code: 'run_failed' })
      if (onError === 'abort') continue
      const statuses = new Map(shown.map(([id, status, because]) => [id, `${status} ${because ?? ''}`.trim()]))
      for (let index = 0; index < count; index += 1) {
        const failed = index % 3 === 0
        expect(statuses.get(`ask-${index}`)).toBe(failed ? 'failed' : 'completed')
        expect(statuses.get(`needs ask-${index}`)).toBe(failed ? `skipped ask-${index}` : 'completed')
        expect(statuses.get(`after ask-${index}`)).toBe('completed')
        expect(statuses.get(`never ask-${index}`)).toBe(`skipped never ask-${index}`)
      }
    }
  })

  test.each(LEAVINGS)('where no reader is left because of %s, every end is recorded', async (leaving) => {
    const { server, builder, path } = await ground()
    server.reply('on and on', { fault: { type: 'endless' }, times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    around(plan)
    const total = plan.operations.length
    await WAYS_OF_LEAVING[leaving](plan, ([, { type }]) => type === 'text-delta')
    const recorded = new Outside(path).operations().filter(({ id }) => id !== 'fails')
    expect(new Set(recorded.map(({ id }) => id)).size).toBe(total)
    expect(recorded).toHaveLength(total)
    expect(new Set(recorded.map(({ status }) => status))).toEqual(new Set(['cancelled']))
    expect(new Outside(path).runs()).toEqual([leaving === 'a failure under abort' ? 'failed' : 'cancelled'])
  })

  test('where nothing was read at all before it was cancelled, every end is recorded, and nothing was asked', async () => {
    const { server, builder, path } = await ground()
    const plan = builder()
    askers(plan, count)
    const stream = flowStream(plan)
    await stream.cancelOperation('ask-0')
    await stream.cancel()
    const recorded = new Outside(path).operations()
    expect(recorded.map(({ id, status }) => `${id} ${status}`).sort()).toEqual(
      plan.operations.map(({ id }) => `${id} cancelled`).sort(),
    )
    expect(new Outside(path).runs()).toEqual(['cancelled'])
    expect(server.connections).toBe(0)
  })

  test('what is tried again has one start and one end, a reset before each further attempt, and is recorded once', async () => {
    const { server, builder, path } = await ground()
    // Every second question fails twice, in different ways; every fourth never comes through.
    const asked = new Map<string, number>()
    const nth = (prompt: string): number => {
      asked.set(prompt, (asked.get(prompt) ?? 0) + 1)
      return asked.get(prompt) as number
    }
    const failing = ({ prompt }: { readonly prompt: string }): boolean =>
      number(prompt) % 2 === 0 && (nth(prompt) < 3 || number(prompt) % 4 === 0)
    server.reply('so far and no further', {
      times: Number.POSITIVE_INFINITY,
      when: failing,
      fault: { type: 'truncate' },
    })
    server.reply('an answer', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    for (let index = 0; index < count; index += 1) {
      const retry = { attempts: 3, backoff: 1 }
      plan.communicate({
        name: `ask-${index}`,
        instruction: `question ${index}`,
        branch: `branch-${index}`,
        retry,
        timeout: 60_000,
      })
    }
    const { tuples } = await read(flowStream(plan))
    const outside = new Outside(path)
    const recorded = outside.operations()
    expect(recorded).toHaveLength(count)
    for (const [id, chunks] of byOperation(tuples)) {
      const index = Number(id.slice('ask-'.length))
      const attempts = index % 2 === 0 ? 3 : 1
      const types = chunks.map(({ type }) => type).filter((type) => type.startsWith('operation-'))
      const resets = new Array(attempts - 1).fill('operation-reset')
      expect(types, id).toEqual(['operation-start', ...resets, 'operation-end'])
      expect(chunks.at(-1)?.type).toBe('operation-end')
      const status = index % 4 === 0 ? 'failed' : 'completed'
      expect(recorded).toContainEqual(expect.objectContaining({ id, status, attempts }))
      // One instruction, and every answer that broke off, marked.
      const partials = new Array(status === 'failed' ? 3 : attempts - 1).fill(
        expect.stringMatching(/^assistant partial so far/),
      )
      const answer = status === 'failed' ? [] : ['assistant complete an answer']
      expect(outside.conversation(`branch-${index}`)).toEqual([
        `user complete question ${index}`,
        ...partials,
        ...answer,
      ])
    }
    // No attempt was sent what an earlier one had said.
    for (const { messages } of server.requests) expect(messages).toHaveLength(1)
  })

  test('a model call that reaches its end has one finish', async () => {
    const { server, builder } = await ground()
    server.reply('an answer', { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const { tuples } = await read(flowStream(plan))
    for (const [, chunks] of byOperation(tuples)) {
      expect(chunks.filter(({ type }) => type === 'finish')).toHaveLength(1)
    }
  })
})

test('law 2: an end that a function forges is not said', async () => {
  const { builder } = await ground()
  const plan = builder()
  plan.task({
    name: 'forger',
    async *run() {
      yield { type: 'operation-end', status: 'completed', result: 'forged' } as never
    },
  })
  const { tuples } = await read(flowStream(plan, { onError: 'continue' }))
  const ends = tuples.filter(([, { type }]) => type === 'operation-end')
  expect(ends).toMatchObject([['forger', { status: 'failed', error: { code: 'operation_failed' } }]])
  await expect(flow(plan)).rejects.toMatchObject({ code: 'run_failed' })
})

function number(prompt: string): number {
  return Number(prompt.slice('question '.length))
}
