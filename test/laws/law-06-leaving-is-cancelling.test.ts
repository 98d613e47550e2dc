import { getEventListeners } from 'node:events'
import { Builder, flow, flowStream, Session } from '@braid/flow'
import type { Place } from '@braid/testing'
import { describe, expect, test } from 'vitest'
import { askers, ground, LEAVINGS, Outside, read, SIZES, WAYS_OF_LEAVING } from './material.ts'

const ENDLESS = { fault: { type: 'endless' }, times: Number.POSITIVE_INFINITY } as const
const STALLED = (after: Place | 'request') =>
  ({ fault: { type: 'stall', after }, times: Number.POSITIVE_INFINITY }) as const

/** True from the moment at which every one of these has said something. */
function all(count: number): (tuple: readonly [string, { readonly type: string }]) => boolean {
  const spoke = new Set<string>()
  return ([id, { type }]) => {
    if (type === 'text-delta') spoke.add(id)
    return spoke.size === count
  }
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
}

describe.each(SIZES)('law 6, with %i operations: leaving is cancelling', (count) => {
  test.each(LEAVINGS)(
    'by %s: before control returns every client socket has closed, none was opened, and no timer is left',
    async (leaving) => {
      const { server, sockets, builder, path } = await ground()
      server.reply('on and on', ENDLESS)
      const plan = builder()
      askers(plan, count)
      const before = timers()
      await WAYS_OF_LEAVING[leaving](plan, all(count))
      expect(sockets.open, 'sockets open when control returns').toBe(0)
      expect(sockets.sockets).toHaveLength(count)
      expect(timers(), 'timers left').toBeLessThanOrEqual(before)
      await server.until(({ openSockets }) => openSockets === 0)
      expect(server.connections, 'connections that the server saw').toBe(count)
      const ended = new Outside(path).operations().filter(({ id }) => id !== 'fails')
      expect(ended.map(({ status }) => status)).toEqual(new Array(count).fill('cancelled'))
      for (const { partial } of ended) expect(partial).toContain('on')
    },
  )

  test.each([
    ['before the status line', 'request'],
    ['in mid-stream', { frames: 3 }],
  ] as const)('a server that stalls %s holds nobody who leaves', async (_, after) => {
    const { server, sockets, builder } = await ground()
    server.reply('one two three four', STALLED(after))
    const plan = builder()
    askers(plan, count)
    const stream = flowStream(plan)
    const reader = stream[Symbol.asyncIterator]()
    for (let started = 0; started < count; ) {
      const { value } = await reader.next()
      if (value?.[1].type === 'operation-start') started += 1
    }
    await server.until(({ requests }) => requests.length === count)
    const pending = reader.next()
    await reader.return?.()
    await pending
    expect(sockets.open).toBe(0)
    expect(sockets.sockets).toHaveLength(count)
  })

  test.each(LEAVINGS)(
    'by %s: no timer is left of limits, of attempts that wait, or of readers that do',
    async (leaving) => {
      const { server, builder } = await ground()
      server.reply('on and on', { ...ENDLESS, when: ({ prompt }) => prompt.startsWith('question') })
      server.reply({ status: 503, retryAfter: 3_600 }, { times: Number.POSITIVE_INFINITY })
      const plan = builder()
      askers(plan, count)
      for (let index = 0; index < count; index += 1) {
        plan.generate({ name: `again-${index}`, instruction: 'again', retry: 3, timeout: 3_600_000 })
      }
      const before = timers()
      const spoken = all(count)
      const options = { timeout: 3_600_000, coalesce: 60_000 }
      const enough = (tuple: Parameters<typeof spoken>[0]): boolean => {
        const refused = server.requests.filter(({ prompt }) => prompt === 'again').length
        return spoken(tuple) && refused === count
      }
      await WAYS_OF_LEAVING[leaving](plan, enough, options)
      expect(timers(), 'timers left').toBeLessThanOrEqual(before)
    },
  )

  test('leaving before anything was connected opens nothing afterwards', async () => {
    const { server, sockets, builder } = await ground()
    server.reply('on and on', ENDLESS)
    const plan = builder()
    askers(plan, count)
    for await (const _ of flowStream(plan)) break
    const { length } = sockets.sockets
    expect(sockets.open).toBe(0)
    for (let index = 0; index < 20; index += 1) await new Promise(setImmediate)
    expect(sockets.sockets).toHaveLength(length)
    await server.until(({ openSockets }) => openSockets === 0)
    expect(server.connections).toBeLessThanOrEqual(length)
  })

  test('a signal that many runs share keeps no listener of a run that is over', async () => {
    const { server, builder } = await ground()
    server.reply('short', { times: Number.POSITIVE_INFINITY })
    const { signal } = new AbortController()
    for (const run of [
      (plan: Builder) => flow(plan, { signal }),
      async (plan: Builder) => {
        for await (const _ of flowStream(plan, { signal })) break
      },
      (plan: Builder) => flowStream(plan, { signal }).cancel(),
    ]) {
      const plan = builder()
      for (let index = 0; index < count; index += 1) plan.generate({ instruction: 'x' })
      await run(plan)
      expect(getEventListeners(signal, 'abort')).toHaveLength(0)
    }
  })

  test('every operation that runs is told, and what has stopped has stopped before control returns', async () => {
    const builder = new Builder()
    let told = 0
    for (let index = 0; index < count; index += 1) {
      builder.task({
        async *run({ signal }) {
          try {
            for (;;) {
              yield 'x'
              await new Promise(setImmediate)
              signal.throwIfAborted()
            }
          } finally {
            await new Promise(setImmediate)
            told += 1
          }
        },
      })
    }
    await WAYS_OF_LEAVING.break(builder, all(count))
    expect(told).toBe(count)
  })
})

test('law 6: a signal that has aborted before the run starts nothing, and every operation still ends', async () => {
  const { sockets, builder, path } = await ground()
  const plan = builder()
  askers(plan, 50)
  const reason = new Error('not today')
  const { tuples, error } = await read(flowStream(plan, { signal: AbortSignal.abort(reason) }))
  expect(error).toBe(reason)
  expect(tuples.map(([, chunk]) => chunk)).toEqual(
    new Array(50).fill(expect.objectContaining({ type: 'operation-end', status: 'cancelled', reason })),
  )
  expect(sockets.sockets).toHaveLength(0)
  expect(new Outside(path).operations()).toHaveLength(50)
})

test('law 6: connections that idle in the pool of a model close with the session', async () => {
  const { server, session, sockets, builder } = await ground()
  const plan = builder()
  askers(plan, 5)
  await flow(plan)
  expect(sockets.open).toBeGreaterThan(0)
  await session.close()
  expect(sockets.open).toBe(0)
  await server.until(({ openSockets }) => openSockets === 0)
})

test('law 6: an operation that ignores its signal is reported and fenced after the grace period, and writes nothing more', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error): void => void warnings.push(warning)
  process.on('warning', onWarning)
  const session = new Session({}, { grace: 1 })
  const branch = await session.createBranch({ name: 'notes' })
  const builder = new Builder({ session })
  let goOn!: () => void
  const ignored = new Promise<void>((resolve) => {
    goOn = resolve
  })
  let late: unknown
  let over!: () => void
  const isOver = new Promise<void>((resolve) => {
    over = resolve
  })
  const deaf = builder.task({
    name: 'deaf',
    branch,
    async *run(context) {
      await context.branch?.append({ role: 'user', content: 'before' })
      yield 'said'
      yield ' before'
      await ignored
      late = await context.branch?.append({ role: 'user', content: 'after' }).catch((error: unknown) => error)
      over()
      return 'completed after all'
    },
  })
  const stream = flowStream(builder, { onError: 'continue' })
  for await (const [, chunk] of stream) if (chunk.type === 'text-delta' && chunk.data === ' before') break
  goOn()
  await isOver
  await new Promise(setImmediate)
  process.off('warning', onWarning)
  expect(late).toMatchObject({ code: 'attempt_superseded' })
  expect((await branch.messages()).map(({ text }) => text)).toEqual(['before'])
  expect(stream.progress).toMatchObject({ cancelled: 1, completed: 0, running: 0 })
  await expect(stream.results).rejects.toMatchObject({ code: 'cancelled' })
  expect(warnings).toMatchObject([{ code: 'BRAID_FENCED', message: expect.stringContaining('"deaf"') }])
  // It is free to be run again, and its branch's turn was given back.
  expect(deaf.id).toBe('deaf')
  const next = new Builder({ session })
  const after = next.task({ branch, run: () => 'ran' })
  expect((await flow(next)).get(after)).toBe('ran')
})
