import { createServer } from 'node:net'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iModel, type ModelOptions } from '../src/index.ts'
import { watchSockets } from './support/client-sockets.ts'
import { startRawServer } from './support/raw-server.ts'
import { failure, read } from './support/read.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

const model = (timeout: NonNullable<ModelOptions['timeout']>, baseUrl = server.url) =>
  new iModel('openai/m', { baseUrl, apiKey: 'key', timeout })

// The limits are long enough for a busy machine: a question that gives up before it arrives leaves its reply to the next one.

function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length
}

describe('a timeout', () => {
  it('of `connect` names itself', async () => {
    const silent = createServer((socket) => socket.resume().on('error', () => {})).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const error = await failure(model({ connect: 30 }, `https://127.0.0.1:${port}`).invoke('x'))
    expect(error).toMatchObject({ code: 'timeout', retryable: true })
    expect(error.message).toContain('timeout.connect')
    await new Promise((resolve) => silent.close(resolve))
  })

  it('of `first` counts to the first content, not to the first byte', async () => {
    using client = watchSockets()
    for (const after of ['request', { frames: 0 }, { frames: 1 }] as const) {
      server.reply('x', { fault: { type: 'stall', after } })
      const error = await failure(model({ first: 300 }).invoke('x'))
      expect(error).toMatchObject({ code: 'timeout', retryable: true })
      expect(error.message).toContain('timeout.first')
    }
    expect(client.open).toBe(0)
  })

  it('of `idle` keeps what came', async () => {
    server.reply('one two three', { fault: { type: 'stall', after: { frames: 3 } } })
    const stream = model({ idle: 30 }).invoke('x')
    const { error } = await read(stream)
    expect(error).toMatchObject({ code: 'timeout' })
    expect(String(error)).toContain('timeout.idle')
    expect(stream.partial.text).not.toBe('')
  })

  it('of `idle` is not fed by keep-alives', async () => {
    let alive: NodeJS.Timeout | undefined
    await using raw = await startRawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n')
      socket.write('data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"one"}}]}\n\n')
      alive = setInterval(() => socket.write(': keep-alive\n\n'), 5)
    })
    expect((await failure(model({ idle: 40 }, raw.url).invoke('x'))).message).toContain('timeout.idle')
    clearInterval(alive)
  })

  it('of `idle` does not count while nobody waits', async () => {
    server.reply('one two three', { interval: 1 })
    const stream = model({ idle: 500 }).invoke('x')
    let slow = true
    for await (const chunk of stream) {
      if (chunk.type !== 'text-delta' || !slow) continue
      slow = false
      await new Promise((resolve) => setTimeout(resolve, 800))
    }
    expect(stream.partial.status).toBe('complete')
  })

  it('of `total`, or a number, ends a stream that goes on and on', async () => {
    for (const timeout of [400, { total: 400 }]) {
      server.reply('on and on', { fault: { type: 'endless' } })
      const stream = model(timeout).invoke('x')
      expect((await failure(stream)).message).toContain('timeout.total')
      expect(stream.partial.text).not.toBe('')
    }
  })

  it('of `total` counts while nobody reads, too', async () => {
    using client = watchSockets()
    server.reply('on and on', { fault: { type: 'endless' } })
    const iterator = model(400).invoke('x').batches()[Symbol.asyncIterator]()
    await iterator.next()
    const [socket] = client.sockets
    await new Promise<void>((resolve) => (socket!.closed ? resolve() : socket!.once('close', () => resolve())))
    await expect(iterator.next()).rejects.toMatchObject({ code: 'timeout' })
  })
})

it('a limit is a time: less than none is refused, and for ever is no limit', async () => {
  expect(() => model({ idle: -1 })).toThrowError(
    expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('timeout.idle') }),
  )
  const { error } = await read(
    model({ connect: Infinity, first: Infinity, idle: Infinity, total: Infinity }).invoke('x'),
  )
  expect(error).toBeUndefined()
})

it('a stream leaves no timer behind, however it ends', async () => {
  const before = timers()
  const limits = { connect: 60_000, first: 60_000, idle: 60_000, total: 60_000 }
  await read(model(limits).invoke('x'))
  server.reply({ status: 500 })
  await read(model(limits).invoke('x'))
  server.reply('x', { fault: { type: 'reset' } })
  await read(model(limits).invoke('x'))
  server.reply('x', { fault: { type: 'endless' } })
  for await (const _ of model(limits).invoke('x')) break
  server.reply('x', { fault: { type: 'endless' } })
  const controller = new AbortController()
  const iterator = model(limits).invoke('x', { signal: controller.signal }).batches()[Symbol.asyncIterator]()
  await iterator.next()
  controller.abort()
  expect(timers()).toBeLessThanOrEqual(before)
})
