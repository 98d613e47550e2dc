import { getEventListeners } from 'node:events'
import { Builder, flow, flowStream, type Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { expect, test } from 'vitest'
import { openSession } from './material.ts'

const MEBIBYTE = 2 ** 20

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
function plan(session: Session, waits: boolean): Builder {
  const builder = new Builder({ session })
  const imodel = iModel.from(
    async function* () {
      yield 'hello'
    },
    { name: 'once' },
  )
  builder.generate({ name: 'answer', instruction: 'x', imodel })
  if (waits) builder.task({ run: ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)) })
  return builder
}

test('10,000 runs of one session leave the heap as the first 1,000 left it, and no listener', async () => {
  const { session } = await openSession()
  const { signal } = new AbortController()
  expect(await growth(() => flow(plan(session, false), { signal }))).toBeLessThan(2 * MEBIBYTE)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('10,000 runs that are left or aborted leave the heap as the first 1,000 left it, and no listener', async () => {
  const { session } = await openSession()
  const shared = new AbortController()
  const run = async (index: number): Promise<void> => {
    const own = index % 2 === 0 ? new AbortController() : shared
    const tuples = flowStream(plan(session, true), { signal: own.signal })[Symbol.asyncIterator]()
    await tuples.next()
    if (own === shared) await tuples.return?.()
    else own.abort(new Error('stop'))
    await tuples.next().catch(() => {})
  }
  expect(await growth(run)).toBeLessThan(2 * MEBIBYTE)
  expect(getEventListeners(shared.signal, 'abort')).toEqual([])
})
