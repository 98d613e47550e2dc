import { sumUsage } from '@braid/core'
import { flow, flowStream } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { askers, ground, read, SIZES } from './material.ts'

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
