import { getEventListeners } from 'node:events'
import { BraidError, type ModelRequest, NO_METADATA, tool } from '@braid/core'
import { Builder, type FlowOptions, flow, flowStream, type OperationContext, Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openSession } from './material.ts'

const MEBIBYTE = 2 ** 20
/** Milliseconds that 10,000 runs may take on a machine that has other things to do. */
const PATIENCE = 300_000

/** Bytes of the heap that are in use when all that can be collected has been. */
async function heap(): Promise<number> {
  for (let round = 0; round < 4; round += 1) {
    await new Promise(setImmediate)
    globalThis.gc?.()
  }
  return process.memoryUsage().heapUsed
}

/** How many bytes 10,000 of these leave on the heap over what the first 1,000 left. */
async function growth(run: (index: number) => Promise<unknown>): Promise<number> {
  expect(globalThis.gc, 'this test wants --expose-gc').toBeTypeOf('function')
  for (let index = 0; index < 1_000; index += 1) await run(index)
  const before = await heap()
  for (let index = 1_000; index < 10_000; index += 1) await run(index)
  return (await heap()) - before
}

/** An answer of a model that is made for it, as a web handler might, and what waits until it is told to stop. */
function plan(session: Session, index: number, waits: boolean): Builder {
  const builder = new Builder({ session })
  const imodel = iModel.from(
    async function* () {
      yield 'hello'
    },
    { name: 'once' },
  )
  builder.generate({ name: 'answer', instruction: 'x', imodel, timeout: 60_000 })
  if (waits) builder.task({ run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)) })
  else if (index % 10 === 0) {
    const run = ({ attempt }: OperationContext): void => {
      if (attempt === 1) throw new BraidError('overloaded', 'not in this attempt')
    }
    builder.task({ retry: { attempts: 2, backoff: 0 }, run })
  }
  return builder
}

test(
  '10,000 runs of one session leave the heap as the first 1,000 left it, and no listener',
  async () => {
    const { session } = await openSession()
    const { signal } = new AbortController()
    const options: FlowOptions = {
      signal,
      timeout: 60_000,
      budget: { tokens: 1_000 },
      hooks: { afterOperation: async () => {} },
    }
    expect(await growth((index) => flow(plan(session, index, false), options))).toBeLessThan(2 * MEBIBYTE)
    expect(getEventListeners(signal, 'abort')).toEqual([])
    expect(await session.runs.list({ status: 'running' })).toEqual([])
  },
  PATIENCE,
)

test(
  '10,000 runs that are left or aborted leave the heap as the first 1,000 left it, and no listener',
  async () => {
    const { session } = await openSession()
    const shared = new AbortController()
    const run = async (index: number): Promise<void> => {
      const own = index % 2 === 0 ? new AbortController() : shared
      const tuples = flowStream(plan(session, index, true), { signal: own.signal, timeout: 60_000, coalesce: 5 })[
        Symbol.asyncIterator
      ]()
      await tuples.next()
      if (own === shared) await tuples.return?.()
      else own.abort(new Error('stop'))
      await tuples.next().catch(() => {})
    }
    expect(await growth(run)).toBeLessThan(2 * MEBIBYTE)
    expect(getEventListeners(shared.signal, 'abort')).toEqual([])
  },
  PATIENCE,
)

const count = tool({
  name: 'count',
  description: 'How many letters a word has',
  input: z.object({ word: z.string() }),
  async *run({ word }) {
    yield 'counting'
    return word.length
  },
})

/** Calls the tool, and then answers. */
async function* calls({ messages }: ModelRequest): AsyncGenerator<string | object> {
  if (messages.at(-1)?.role === 'tool') yield 'five'
  else {
    const call = { toolCallId: '1', toolName: 'count', input: { word: 'braid' }, rawInput: '{"word":"braid"}' }
    yield { type: 'tool-call', candidate: 0, metadata: NO_METADATA, ...call }
  }
}

/** Groups in groups, built when they run; tools; retries; and one that reads what another says. */
function shapes(session: Session): Builder {
  const builder = new Builder({ session })
  const asks = builder.generate({
    name: 'asks',
    instruction: 'x',
    tools: [count],
    imodel: iModel.from(calls as never, { name: 'once' }),
  })
  builder.task({
    streamFrom: asks,
    run: async ({ stream }) => {
      for await (const _ of stream(asks));
    },
  })
  const list = builder.task({ run: () => [1, 2] })
  builder.expand({
    name: 'items',
    dependsOn: list,
    items: (results) => results.get(list),
    each: (item, sub) =>
      sub.repeat({
        from: sub.task({ branch: `branch-${item}`, run: () => item }),
        step: (current, round) =>
          round.subgraph({ build: (inner) => inner.task({ dependsOn: current, retry: 2, run: () => item }) }),
        until: (_, rounds) => rounds === 1,
        max: 2,
      }),
    max: 2,
  })
  return builder
}

test(
  '10,000 runs of groups, tools and readers of streams, of which some are left or aborted, leave nothing either',
  async () => {
    const session = new Session()
    const shared = new AbortController()
    const run = async (index: number): Promise<void> => {
      const own = index % 3 === 2 ? new AbortController() : shared
      if (index % 3 === 0) return void (await flow(shapes(session), { signal: own.signal }))
      const tuples = flowStream(shapes(session), { signal: own.signal })[Symbol.asyncIterator]()
      for (let taken = index % 12; taken >= 0; taken -= 1) await tuples.next()
      if (own === shared) await tuples.return?.()
      else own.abort(new Error('stop'))
      await tuples.next().catch(() => {})
    }
    expect(await growth(run)).toBeLessThan(2 * MEBIBYTE)
    expect(getEventListeners(shared.signal, 'abort')).toEqual([])
    expect(await session.runs.list({ status: 'running' })).toEqual([])
  },
  PATIENCE,
)
