import { sumUsage } from '@braid/core'
import { flow, flowStream } from '@braid/flow'
import { iModel } from '@braid/models'
import { describe, expect, test } from 'vitest'
import { askers, ground, Outside, read, SIZES } from './material.ts'

describe.each(SIZES)('law 13, with %i operations: real usage only', (count) => {
  test('token counts are those of the provider, and the sum of a run is their sum', async () => {
    const { server, builder } = await ground()
    server.reply(
      ({ prompt }) => {
        const n = Number(prompt.slice('question '.length))
        return { text: 'an answer', usage: { inputTokens: 100 + n, outputTokens: 7 * n } }
      },
      { times: Number.POSITIVE_INFINITY },
    )
    const plan = builder()
    askers(plan, count)
    const results = await flow(plan)
    const expected = plan.operations.map((_, n) => ({ inputTokens: 100 + n, outputTokens: 7 * n }))
    for (const [n, { id }] of plan.operations.entries()) {
      expect(results.outcome(id)).toMatchObject({ status: 'completed', usage: expected[n] })
    }
    expect(results.usage).toMatchObject(sumUsage(expected))
    expect(results.usage).not.toHaveProperty('estimated')
  })

  test('what an answer had used when it broke off counts as far as its provider had said it, also when it is tried again', async () => {
    const { server, builder, path } = await ground()
    const usage = { inputTokens: 100, outputTokens: 7 }
    const claude = new iModel('anthropic/model', { baseUrl: server.url, apiKey: 'key' })
    // Each breaks off the first time, and those of the second run always.
    const asked = new Set<string>()
    const breaks = ({ prompt }: { readonly prompt: string }): boolean =>
      prompt.startsWith('never') || (!asked.has(prompt) && asked.add(prompt).has(prompt))
    server.reply(
      { text: 'so far and no further', usage },
      { fault: { type: 'truncate' }, when: breaks, times: count * 2 },
    )
    server.reply({ text: 'an answer', usage }, { times: count })
    const run = async (attempts: number) => {
      const plan = builder()
      for (let index = 0; index < count; index += 1) {
        const instruction = `${attempts === 1 ? 'never' : 'once'} ${index}`
        plan.generate({ name: `ask-${index}`, instruction, imodel: claude, retry: { attempts, backoff: 0 } })
      }
      return flow(plan, { onError: 'continue' })
    }
    const again = await run(2)
    for (const [, outcome] of again) expect(outcome).toMatchObject({ status: 'completed', attempts: 2 })
    // The first attempt was told what it sent, and not what it got.
    expect(again.usage.inputTokens).toBe(count * 200)
    expect(again.usage.outputTokens).toBeGreaterThanOrEqual(count * 7)
    const failed = await run(1)
    for (const [, outcome] of failed) expect(outcome).toMatchObject({ status: 'failed', usage: { inputTokens: 100 } })
    expect(failed.usage.inputTokens).toBe(count * 100)
    expect(new Outside(path).inputTokens()).toBe(count * 100)
  })

  test('a budget counts what providers say, ends the run, and the file knows why', async () => {
    const { server, builder, path } = await ground()
    server.reply(
      { text: 'an answer', usage: { inputTokens: 100, outputTokens: 7 } },
      { times: Number.POSITIVE_INFINITY },
    )
    const plan = builder()
    askers(plan, count + 2)
    const { error } = await read(flowStream(plan, { concurrency: 1, budget: { tokens: 107 * (count + 1) } }))
    expect(error).toMatchObject({ code: 'budget_spent' })
    expect(server.requests).toHaveLength(count + 1)
    expect(new Outside(path).runs()).toEqual(['cancelled'])
    expect(new Outside(path).runErrors()).toEqual([expect.stringContaining('budget_spent')])
  })

  test('where no provider gave a count there is none: nothing is guessed', async () => {
    const { builder } = await ground()
    const plan = builder()
    for (let index = 0; index < count; index += 1) {
      plan.task({
        async *run() {
          yield 'words that nobody counts'
        },
      })
    }
    const { tuples } = await read(flowStream(plan))
    const ends = tuples.flatMap(([, chunk]) => (chunk.type === 'operation-end' ? [chunk] : []))
    expect(ends).toHaveLength(count)
    for (const end of ends) expect(end).toMatchObject({ status: 'completed', usage: {} })
    expect((await flow(plan)).usage).toEqual({})
  })
})
