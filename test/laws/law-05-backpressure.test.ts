import { Builder, flow, flowStream } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { askers, ground, SIZES } from './material.ts'

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Waits until what is counted has not moved for so many turns of the event loop, each with time for the network. */
async function plateau(count: () => number): Promise<number> {
  let last = -1
  for (let still = 0; still < 40; ) {
    await new Promise((resolve) => setTimeout(resolve, 2))
    const now = count()
    still = now === last ? still + 1 : 0
    last = now
  }
  return last
}

describe.each(SIZES)('law 5, with %i operations: backpressure', (count) => {
  test('when the reader stops, the sockets of endless servers are read to a plateau and no further, however long it lasts', async () => {
    const { server, sockets, builder } = await ground()
    server.reply('word '.repeat(50), { fault: { type: 'endless' }, times: Number.POSITIVE_INFINITY })
    const plan = builder()
    askers(plan, count)
    const reader = flowStream(plan)[Symbol.asyncIterator]()
    const spoke = new Set<string>()
    while (spoke.size < count) {
      const { value } = await reader.next()
      if (value?.[1].type === 'text-delta') spoke.add(value[0])
    }
    const read = (): number => sockets.sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)
    const first = await plateau(read)
    expect(await plateau(read)).toBe(first)
    // Some reads of 64 KB each: what was parsed and not taken, one more network read, and the socket's own buffer.
    expect(first / count).toBeLessThan(1_000_000)
    // It is not stuck: whoever reads on gets more.
    for (let index = 0; index < 2_000 * count; index += 1) await reader.next()
    expect(await plateau(read)).toBeGreaterThan(first)
    await reader.return?.()
  })

  test('what was produced and not taken is bounded per operation, in chunks', async () => {
    for (const chunks of [1, 4, 64]) {
      const produced = new Array<number>(count).fill(0)
      const builder = talkers(count, produced, 'x')
      const reader = flowStream(builder, { buffer: { chunks } })[Symbol.asyncIterator]()
      await reader.next()
      await settle(produced)
      // The first chunk of the operation is its start.
      expect(Math.max(...produced)).toBeLessThanOrEqual(Math.max(1, chunks))
      await reader.return?.()
    }
  })

  test('and in bytes', async () => {
    const produced = new Array<number>(count).fill(0)
    const builder = talkers(count, produced, 'x'.repeat(1_000))
    const reader = flowStream(builder, { buffer: { chunks: 1_000_000, bytes: 5_000 } })[Symbol.asyncIterator]()
    await reader.next()
    await settle(produced)
    expect(Math.max(...produced)).toBe(5)
    await reader.return?.()
  })

  test('the slowest reader holds the run; a reader of one operation holds that one alone', async () => {
    const produced = new Array<number>(count + 1).fill(0)
    const builder = talkers(count + 1, produced, 'x')
    const stream = flowStream(builder, { buffer: { chunks: 8 } })
    const one = stream.operation('talks-0')[Symbol.asyncIterator]()
    await one.next()
    await settle(produced, 3)
    expect(produced[0]).toBeLessThanOrEqual(8)
    expect(produced[1]).toBeGreaterThan(20)
    await one.return?.()
  })
})

test('law 5: a full run starts nothing new, and goes on when it is read', async () => {
  const builder = new Builder()
  let started = 0
  for (let index = 0; index < 10_000; index += 1) {
    builder.task({
      async *run() {
        started += 1
        for (let value = 0; value < 21; value += 1) yield 'x'
      },
    })
  }
  const reader = flowStream(builder)[Symbol.asyncIterator]()
  await reader.next()
  for (let index = 0; index < 200; index += 1) await turn()
  expect(started).toBeLessThanOrEqual(1_025)
  let ends = 0
  for (let next = await reader.next(); !next.done; next = await reader.next()) {
    if (next.value[1].type === 'operation-end') ends += 1
  }
  expect(ends).toBe(10_000)
})

test('law 5: an operation that fails and is tried again, for ever, waits for its reader', async () => {
  const builder = new Builder()
  let attempts = 0
  builder.task({
    retry: { attempts: Number.POSITIVE_INFINITY, backoff: 0, on: () => true },
    run: async () => {
      attempts += 1
      throw new Error('again')
    },
  })
  const reader = flowStream(builder, { buffer: { chunks: 8 } })[Symbol.asyncIterator]()
  await reader.next()
  await plateau(() => attempts)
  expect(attempts).toBeLessThanOrEqual(9)
  for (let index = 0; index < 8; index += 1) await reader.next()
  expect(await plateau(() => attempts)).toBeGreaterThan(9)
  await reader.return?.()
})

test('law 5: what no reader asked for is not kept in memory', async () => {
  const builder = new Builder()
  const held: number[] = []
  builder.task({
    async *run() {
      for (let index = 0; index < 200; index += 1) {
        yield { type: 'custom', name: 'a megabyte', value: Buffer.alloc(1_000_000, index) }
        if (index % 20 !== 19) continue
        await turn()
        globalThis.gc?.()
        held.push(process.memoryUsage().arrayBuffers)
      }
    },
  })
  const before = process.memoryUsage().arrayBuffers
  await flow(builder)
  expect(held).toHaveLength(10)
  expect(Math.max(...held) - before).toBeLessThan(40_000_000)
})

test('law 5: one network read may go over the bound, and nothing after it', async () => {
  const { server, sockets, builder } = await ground()
  server.reply('word '.repeat(50), { fault: { type: 'endless' }, times: 1, cut: 'whole' })
  const plan = builder()
  askers(plan, 1)
  const reader = flowStream(plan, { buffer: { chunks: 1, bytes: 1 } })[Symbol.asyncIterator]()
  for (;;) {
    const { value } = await reader.next()
    if (value?.[1].type === 'text-delta') break
  }
  const [socket] = sockets.sockets
  const read = (): number => socket?.bytesRead ?? 0
  const first = await plateau(read)
  expect(await plateau(read)).toBe(first)
  expect(first).toBeLessThan(500_000)
  await reader.return?.()
})

function talkers(count: number, produced: number[], text: string): Builder {
  const builder = new Builder()
  for (let index = 0; index < count; index += 1) {
    builder.task({
      name: `talks-${index}`,
      async *run({ signal }) {
        while (!signal.aborted) {
          produced[index] = (produced[index] ?? 0) + 1
          yield { type: 'text-delta', id: '1', data: text, candidate: 0, metadata: {} }
        }
      },
    })
  }
  return builder
}

/** Until nobody produces any more, or for so many turns. */
async function settle(produced: readonly number[], atMost = 1_000): Promise<void> {
  let before = -1
  for (let turns = 0; turns < atMost; turns += 1) {
    const now = produced.reduce((sum, each) => sum + each, 0)
    if (now === before) return
    before = now
    await turn()
    await turn()
  }
}
