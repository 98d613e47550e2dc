import { BraidError, type ToolOutcome, tool } from '@braid/core'
import { flow, flowStream } from '@braid/flow'
import { iModel, type ModelId } from '@braid/models'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Ground, ground, openSession, read, SIZES } from './material.ts'

const Refund = z.object({ order: z.string().min(1), cents: z.number().int().positive() })

/** A tool that remembers what it was run on; `safe`, so that with `toolStreaming` it starts as early as it may. */
function refunding() {
  const ran: unknown[] = []
  const refund = tool({
    name: 'refund',
    description: 'Refunds an order',
    input: Refund,
    safe: true,
    run: (input) => {
      ran.push(input)
      return 'refunded'
    },
  })
  return { ran, refund }
}

const PROVIDERS: readonly ModelId[] = ['openai/gpt-4o', 'anthropic/claude-sonnet-4-5', 'gemini/gemini-2.5-flash']

function modelOf(id: ModelId, { server }: Ground): iModel {
  return new iModel(id, { baseUrl: id.startsWith('openai/') ? `${server.url}/v1` : server.url, apiKey: 'key' })
}

function codes(outcomes: readonly ToolOutcome[]): readonly unknown[] {
  return outcomes.map((each) => ('error' in each ? each.error.code : each.output))
}

/** The outcomes that are in the file, read again from there. */
async function kept({ session }: Ground, branch: string): Promise<readonly ToolOutcome[]> {
  const messages = await (await session.branch(branch)).messages()
  return messages.flatMap(({ content }) => (content.type === 'action-response' ? content.outcomes : []))
}

describe.each([false, true])(
  'law 12, toolStreaming %s: a tool never runs on arguments that did not parse and validate',
  (toolStreaming) => {
    test.each(PROVIDERS)('%s: what does not fit is not run, and the model is told where', async (id) => {
      const ground_ = await ground()
      const { ran, refund } = refunding()
      const [good, bad] = [
        { order: 'a', cents: 5 },
        { order: '', cents: 1.5 },
      ]
      ground_.server.reply({ toolCalls: [bad, good].map((input) => ({ toolName: 'refund', input })) }).reply('I see')
      const plan = ground_.builder()
      const params = { instruction: 'x', tools: [refund], imodel: modelOf(id, ground_), toolStreaming }
      const agent = plan.react({ ...params, branch: 'desk' })
      expect((await flow(plan)).get(agent)).toBe('I see')
      expect(ran).toEqual([good])
      const outcomes = await kept(ground_, 'desk')
      expect(codes(outcomes)).toEqual(['invalid_tool_input', 'refunded'])
      const sent = JSON.stringify(ground_.server.requests.at(-1)?.body)
      for (const path of ['`order`', '`cents`']) expect(sent).toContain(path)
    })

    // Gemini's arguments are no text, and so cannot be cut.
    test.each(PROVIDERS.slice(0, 2))(
      '%s: what is no JSON is not run, whether cut off at the limit or not',
      async (id) => {
        for (const finishReason of ['tool-calls', 'length'] as const) {
          for (const rawInput of [
            '{"order": "a", "cents": 5',
            '{"order": "a", "cents": 5}}',
            '["a", 5]',
            'null',
            '5',
          ]) {
            const ground_ = await ground()
            const { ran, refund } = refunding()
            const call = { toolName: 'refund', input: {}, rawInput }
            ground_.server.reply({ text: 'Let me', toolCalls: [call], finishReason }).reply('I see')
            const plan = ground_.builder()
            const params = { instruction: 'x', tools: [refund], imodel: modelOf(id, ground_), toolStreaming }
            const agent = plan.react({ ...params, branch: 'desk' })
            expect((await flow(plan)).get(agent)).toBe('I see')
            expect(ran).toEqual([])
            expect(codes(await kept(ground_, 'desk'))).toEqual(['invalid_tool_input'])
          }
        }
      },
    )

    test('a call that is cut off before its arguments begin is not run without any', async () => {
      const ground_ = await ground()
      const ran: unknown[] = []
      const wipe = tool({
        name: 'wipe',
        description: '',
        input: z.object({ only: z.string().optional() }),
        safe: true,
        run: () => ran.push(1),
      })
      const call = { toolName: 'wipe', input: {}, rawInput: '' }
      ground_.server.reply({ toolCalls: [call], finishReason: 'length' }).reply('I see')
      const plan = ground_.builder()
      plan.react({ instruction: 'x', tools: [wipe], imodel: modelOf('openai/gpt-4o', ground_), toolStreaming })
      await flow(plan)
      expect(ran).toEqual([])
    })
  },
)

describe.each(SIZES)('law 12, with %i calls', (count) => {
  test('whatever the arguments are, a tool runs on those that validate, as they validated, and on no others', async () => {
    const anything = fc.oneof(
      fc.record({ order: fc.string(), cents: fc.integer({ min: -2, max: 5 }) }),
      fc.record({ order: fc.anything(), cents: fc.anything() }, { requiredKeys: [] }),
      fc.anything(),
    )
    const { session } = await openSession()
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { minLength: count, maxLength: count }), async (inputs) => {
        const { ran, refund } = refunding()
        const calls = inputs.map((input, at) => ({ toolCallId: `${at}`, toolName: 'refund', input }))
        const outcomes = await session.conduct('act', 'desk', { calls, tools: [refund] })
        const valid = inputs.flatMap((input) => {
          const read = Refund.safeParse(input)
          return read.success ? [read.data] : []
        })
        expect(ran).toEqual(valid)
        expect(codes(outcomes).filter((each) => each === 'refunded')).toHaveLength(valid.length)
        for (const outcome of outcomes) {
          if ('error' in outcome) expect(outcome.error).toMatchObject({ code: 'invalid_tool_input' })
        }
      }),
      { numRuns: count === 1 ? 200 : 10 },
    )
  })

  test('nor when it is run by hand', async () => {
    const { ran, refund } = refunding()
    for (let index = 0; index < count; index += 1) {
      await expect(refund.run({ order: '', cents: index })).rejects.toMatchObject({ code: 'invalid_tool_input' })
      await refund.run({ order: `${index}`, cents: 1 })
    }
    expect(ran).toHaveLength(count)
  })
})

test('law 12: a schema that breaks has not said yes', async () => {
  const ground_ = await ground()
  const ran: unknown[] = []
  const broken = tool({
    name: 'broken',
    description: '',
    input: z.object({ n: z.number() }).refine(() => {
      throw new RangeError('a rule that breaks')
    }),
    run: () => ran.push(1),
  })
  ground_.server.reply({ toolCalls: [{ toolName: 'broken', input: { n: 1 } }] }).reply('I see')
  const plan = ground_.builder()
  plan.react({ instruction: 'x', tools: [broken], branch: 'desk' })
  const { tuples, error } = await read(flowStream(plan))
  expect(error).toBeUndefined()
  expect(ran).toEqual([])
  expect(tuples.flatMap(([, chunk]) => (chunk.type === 'tool-error' ? [chunk.error] : []))).toEqual([
    expect.any(BraidError),
  ])
})
