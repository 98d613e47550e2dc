import { createServer } from 'node:net'
import { BraidError, type ModelStream } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { iModel, type ModelId } from '../src/index.ts'
import { watchSockets } from './support/client-sockets.ts'
import { startRawServer } from './support/raw-server.ts'
import { read } from './support/read.ts'

let server: ProviderServer
let client: ReturnType<typeof watchSockets>
beforeEach(async () => {
  server = await startProviderServer()
  client = watchSockets()
})
afterEach(async () => {
  client[Symbol.dispose]()
  await server.close()
})

const model = (id: ModelId = 'openai/m') => new iModel(id, { baseUrl: server.url, apiKey: 'key' })
const endless = () => server.reply('on and on', { fault: { type: 'endless' }, times: Infinity })
const IDS: readonly ModelId[] = ['openai/m', 'anthropic/m', 'gemini/m']

/** What law 6 asks for at the moment when control returns. */
async function expectClosed(connections: number): Promise<void> {
  expect(client.open).toBe(0)
  expect(client.sockets.length).toBe(connections)
  await server.until(({ openSockets }) => openSockets === 0)
  expect(server.connections).toBe(connections)
}

describe.each(IDS)('leaving a stream of %s', (id) => {
  it('by break closes its socket before control returns, and opens no other', async () => {
    endless()
    for await (const chunk of model(id).invoke('x')) if (chunk.type === 'text-delta') break
    await expectClosed(1)
    expect(server.requests[0]?.outcome).toBe('client-left')
  })

  it('by a throw in the loop does the same', async () => {
    endless()
    const loop = async () => {
      for await (const _ of model(id).invoke('x').text()) throw new Error('enough')
    }
    await expect(loop()).rejects.toThrow('enough')
    await expectClosed(1)
  })
})

describe('an abort', () => {
  it('before anything is read sends nothing, and is thrown as it was given', async () => {
    const reason = new Error('not today')
    const { chunks, error } = await read(model().invoke('x', { signal: AbortSignal.abort(reason) }))
    expect([chunks.length, error, server.connections]).toEqual([0, reason, 0])
  })

  it('before the first byte closes the socket', async () => {
    server.reply('x', { fault: { type: 'stall', after: 'request' } })
    const controller = new AbortController()
    const reading = read(model().invoke('x', { signal: controller.signal }))
    await server.until(({ requests }) => requests.length === 1)
    controller.abort('changed my mind')
    expect((await reading).error).toBe('changed my mind')
    await expectClosed(1)
  })

  it('in mid-stream keeps what came, and closes the socket', async () => {
    server.reply('one two three', { fault: { type: 'stall', after: { frames: 3 } } })
    const controller = new AbortController()
    const stream = model().invoke('x', { signal: controller.signal })
    let error: unknown
    try {
      for await (const chunk of stream) if (chunk.type === 'text-delta') controller.abort(new Error('enough'))
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBe(controller.signal.reason)
    expect(stream.partial.status).toBe('partial')
    expect('one two three'.startsWith(stream.partial.text)).toBe(true)
    expect(stream.partial.text).not.toBe('')
    await expectClosed(1)
  })

  it('while nobody reads closes the socket all the same', async () => {
    endless()
    const controller = new AbortController()
    const iterator = model().invoke('x', { signal: controller.signal })[Symbol.asyncIterator]()
    await iterator.next()
    controller.abort(new Error('enough'))
    await server.until(({ openSockets }) => openSockets === 0)
    await expectClosed(1)
    // What had been taken in one read with the first chunk may still be given; then the reason.
    await expect(
      (async () => {
        for (;;) await iterator.next()
      })(),
    ).rejects.toBe(controller.signal.reason)
  })

  it('while connecting leaves no connection behind', async () => {
    // A server that accepts and does not shake hands.
    let opened = () => {}
    const connecting = new Promise<void>((resolve) => {
      opened = resolve
    })
    let closed = () => {}
    const gone = new Promise<void>((resolve) => {
      closed = resolve
    })
    const silent = createServer((socket) => {
      opened()
      socket.resume().on('error', () => {})
      socket.on('close', closed)
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as { port: number }
    const controller = new AbortController()
    const https = new iModel('openai/m', { baseUrl: `https://127.0.0.1:${port}`, apiKey: 'key' })
    const reading = read(https.invoke('x', { signal: controller.signal }))
    await connecting
    controller.abort('changed my mind')
    expect((await reading).error).toBe('changed my mind')
    await gone
    expect(await new Promise((resolve) => silent.getConnections((_, count) => resolve(count)))).toBe(0)
    await new Promise((resolve) => silent.close(resolve))
  })

  it('while a key is being fetched does not wait for the key', async () => {
    const controller = new AbortController()
    const apiKey = () => new Promise<string>(() => {})
    const reading = read(
      new iModel('openai/m', { baseUrl: server.url, apiKey }).invoke('x', { signal: controller.signal }),
    )
    controller.abort('changed my mind')
    expect((await reading).error).toBe('changed my mind')
    expect(server.connections).toBe(0)
  })
})

describe('fifty streams that never end', () => {
  it('on one signal are left without a warning, a socket, a listener or a new connection', async () => {
    endless()
    const warnings: Error[] = []
    const warn = (warning: Error) => warnings.push(warning)
    process.on('warning', warn)
    const controller = new AbortController()
    const { signal } = controller
    let listeners = 0
    const { addEventListener, removeEventListener } = signal
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++
      addEventListener.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--
      removeEventListener.apply(signal, args)
    }

    const streams = Array.from({ length: 50 }, () => model().invoke('x', { signal }))
    const some = async (stream: ModelStream) => {
      let count = 0
      for await (const _ of stream) if (++count === 20) break
    }
    await Promise.all(streams.slice(0, 25).map(some))
    expect(client.open).toBe(0)
    expect(listeners).toBe(0)

    const readers = streams.slice(25).map((stream) => read(stream))
    await server.until(({ requests }) => requests.length === 50)
    expect(listeners).toBe(1)
    controller.abort(new Error('enough'))
    expect((await Promise.all(readers)).map(({ error }) => error)).toEqual(Array(25).fill(signal.reason))
    await expectClosed(50)
    process.off('warning', warn)
    expect(warnings).toEqual([])
  })
})

describe('connections', () => {
  it('are used again after a whole answer, and closed by close', async () => {
    const one = model()
    for (let turn = 0; turn < 3; turn++) await one.invoke('x').response
    expect(server.connections).toBe(1)
    await Promise.all([one.invoke('x').response, one.with({ temperature: 0.1 }).invoke('x').response])
    expect(server.connections).toBe(2)
    expect(client.open).toBe(2)
    await one.close()
    await expectClosed(2)
    await one.invoke('x').response
    expect(server.connections).toBe(3)
    await one.close()
  })

  it('are used again after an error that was read to its end', async () => {
    const one = model()
    server.reply({ status: 500 })
    await read(one.invoke('x'))
    await one.invoke('x').response
    expect(server.connections).toBe(1)
    await one.close()
  })

  it('are not used again when the server closes them', async () => {
    const one = model()
    await one.invoke('x').response
    const [socket] = client.sockets
    socket?.destroy()
    await new Promise<void>((resolve) => socket?.once('close', () => resolve()))
    await one.invoke('x').response
    expect(server.connections).toBe(2)
    await one.close()
  })

  it('notice that the server closes them, also after a slow reader', async () => {
    let rest = () => {}
    let hangUp = () => {}
    await using raw = await startRawServer((socket) => {
      const frame = (choice: object) => `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [choice] })}\n\n`
      const last = `${frame({ index: 0, delta: {}, finish_reason: 'stop' })}data: [DONE]\n\n`
      const first = frame({ index: 0, delta: { content: 'one' } })
      const head = `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nKeep-Alive: timeout=600\r\n`
      socket.write(`${head}Content-Length: ${first.length + last.length}\r\n\r\n${first}`)
      rest = () => socket.write(last)
      hangUp = () => socket.end()
    })
    const one = new iModel('openai/m', { baseUrl: raw.url, apiKey: 'key' })
    for await (const chunk of one.invoke('x')) {
      if (chunk.type !== 'text-delta') continue
      rest()
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(client.open).toBe(1)
    const [socket] = client.sockets
    const closed = new Promise<void>((resolve) => socket!.once('close', () => resolve()))
    hangUp()
    await closed
  })

  it('refused are an error that says so', async () => {
    const free = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => free.once('listening', resolve))
    const { port } = free.address() as { port: number }
    await new Promise((resolve) => free.close(resolve))
    const { error } = await read(
      new iModel('openai/m', { baseUrl: `http://127.0.0.1:${port}`, apiKey: 'key' }).invoke('x'),
    )
    expect(error).toBeInstanceOf(BraidError)
    expect(error).toMatchObject({ code: 'connection_failed', retryable: true })
    expect((error as BraidError).message).toContain('ECONNREFUSED')
  })
})

describe('a reader that stops', () => {
  it('stops the socket: the client reads no more, and the server waits', async () => {
    endless()
    const iterator = model().invoke('x').batches()[Symbol.asyncIterator]()
    for (let read = 0; read < 3; read++) await iterator.next()
    const [socket] = client.sockets
    let before = -1
    // A plateau: the same count after as many turns of the event loop as would have brought megabytes.
    for (let round = 0; round < 200 && before !== socket!.bytesRead; round++) {
      before = socket!.bytesRead
      for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(socket!.bytesRead).toBe(before)
    // Three reads taken, one held, and the socket's own buffer of 64 KiB; each read is at most that too.
    expect(before).toBeLessThanOrEqual(6 * 64 * 1024)
    await iterator.next()
    await iterator.next()
    await iterator.return?.()
    await expectClosed(1)
  })
})
