import { connect, createServer, type Socket } from 'node:net'
import { Builder, flow, flowStream } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { askers, byOperation, ground, read, SIZES, textOf } from './material.ts'

describe.each(SIZES)('law 1, with %i operations: order', (count) => {
  test('per operation, chunks arrive in the order in which they were produced', async () => {
    const { server, builder } = await ground()
    server.reply(({ prompt }) => Array.from({ length: 60 }, (_, at) => `${prompt}.${at}`).join(' '), {
      times: Number.POSITIVE_INFINITY,
      cut: { seed: count, max: 200 },
    })
    const plan = builder()
    askers(plan, count)
    const { tuples, error } = await read(flowStream(plan, { buffer: { chunks: 4 } }))
    expect(error).toBeUndefined()
    const chunks = byOperation(tuples)
    expect(chunks.size).toBe(count)
    for (const [id, own] of chunks) {
      const prompt = `question ${id.slice('ask-'.length)}`
      expect(textOf(own)).toBe(Array.from({ length: 60 }, (_, at) => `${prompt}.${at}`).join(' '))
      expect(own[0]?.type).toBe('operation-start')
      expect(own[1]?.type).toBe('message-start')
      expect(own.at(-2)?.type).toBe('finish')
      expect(own.at(-1)?.type).toBe('operation-end')
    }
  })

  test('across operations, chunks arrive in the order in which they were said', async () => {
    const builder = new Builder()
    const said: string[] = []
    for (let index = 0; index < count; index += 1) {
      builder.task({
        async *run() {
          for (let value = 0; value < 20; value += 1) {
            for (let turns = (index * 7 + value * 3) % 4; turns > 0; turns -= 1) await new Promise(setImmediate)
            said.push(`${index}.${value}`)
            yield { type: 'custom', name: `${index}.${value}`, value }
          }
        },
      })
    }
    const { tuples } = await read(flowStream(builder))
    const heard = tuples.flatMap(([, chunk]) => (chunk.type === 'custom' ? [chunk.name] : []))
    expect(heard).toHaveLength(count * 20)
    expect(heard).toEqual(said)
  })

  test('producers that never wait yield to the event loop at least every 1,024 chunks, read or not', async () => {
    for (const reading of ['loop', 'results'] as const) {
      const builder = new Builder()
      let produced = 0
      let most = 0
      let sinceTurn = 0
      let going = true
      const watch = (): void => {
        sinceTurn = 0
        if (going) setImmediate(watch)
      }
      for (let index = 0; index < count; index += 1) {
        builder.task({
          async *run() {
            for (let value = 0; value < 20_000 / count; value += 1) {
              produced += 1
              sinceTurn += 1
              most = Math.max(most, sinceTurn)
              yield { type: 'custom', name: 'n', value }
            }
          },
        })
      }
      watch()
      if (reading === 'loop') await read(flowStream(builder))
      else await flow(builder)
      going = false
      expect(produced).toBe(20_000)
      // Each of them may be in the middle of one more.
      expect(most).toBeLessThanOrEqual(1_024 + count)
    }
  })
})

test('law 1: a timer and a socket have their turns while an operation produces without waiting', async () => {
  const server = createServer((socket: Socket) => socket.pipe(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { readonly port: number }
  const builder = new Builder()
  let produced = 0
  let stop = false
  builder.task({
    async *run() {
      while (!stop) {
        produced += 1
        yield 'x'
      }
    },
  })
  const echoed = new Promise<number>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('hello'))
    socket.once('data', () => {
      socket.destroy()
      resolve(produced)
    })
  })
  const ticked = new Promise<number>((resolve) => {
    setTimeout(() => resolve(produced), 1)
  })
  const run = flow(builder)
  // The run would never end if either of them starved.
  await Promise.all([echoed, ticked])
  stop = true
  await run
  server.close()
  expect(produced).toBeGreaterThan(1_024)
})
