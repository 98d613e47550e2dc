import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { iModel, type Network } from '../src/index.ts'
import { failure } from './support/read.ts'

const pem = (name: string) => readFileSync(new URL(`support/${name}`, import.meta.url), 'utf8')
const CERT = pem('localhost.cert.pem')
const TLS = { key: pem('localhost.key.pem'), cert: CERT }

const ANSWER = ['Hello', ' over TLS']
  .map((content) => `data: ${JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta: { content } }] })}\n\n`)
  .join('')

/** What a proxy was asked for, and the sockets that it has open. */
class TunnelProxy {
  readonly asked: { readonly target: string | undefined; readonly credentials: string | undefined }[] = []
  readonly sockets = new Set<Socket>()
  readonly server: Server
  answers = true
  status = 200

  constructor(secure = false) {
    this.server = secure ? createSecureServer(TLS) : createServer()
    this.server.on(secure ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => {})
    })
    this.server.on('connect', ({ url, headers }, socket: Socket) => {
      this.asked.push({ target: url, credentials: headers['proxy-authorization'] })
      if (!this.answers) {
        // Who does not read does not see it close, and a server of Node's leaves its half open.
        socket.resume().once('end', () => socket.destroy())
        return
      }
      if (this.status !== 200) {
        socket.end(`HTTP/1.1 ${this.status} No\r\ncontent-length: 0\r\n\r\n`)
        return
      }
      const far = connect(Number(url?.split(':')[1]), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        far.pipe(socket).pipe(far)
      })
      far.on('error', () => socket.destroy())
      socket.on('close', () => far.destroy())
      far.on('close', () => socket.destroy())
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `localhost:${(this.server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    return new Promise((resolve) => this.server.close(() => resolve()))
  }
}

let provider: ProviderServer
const secure = createSecureServer(TLS, (_, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(`${ANSWER}data: [DONE]\n\n`)
})
let proxy: TunnelProxy
let address: string
let secureUrl: string
beforeAll(async () => {
  provider = await startProviderServer()
  await new Promise<void>((resolve) => secure.listen(0, '127.0.0.1', resolve))
  secureUrl = `https://localhost:${(secure.address() as AddressInfo).port}`
})
beforeEach(async () => {
  proxy = new TunnelProxy()
  address = await proxy.listen()
  return () => proxy.close()
})
afterAll(async () => {
  await provider.close()
  await new Promise((resolve) => secure.close(resolve))
})

const open = (baseUrl: string, network: Network, timeout?: { connect: number }) =>
  new iModel('openai/m', { baseUrl, apiKey: 'canary-key', network, ...(timeout ? { timeout } : {}) })

describe('a proxy', () => {
  it('is asked for a tunnel, with its own name and password, and again for no more than one connection', async () => {
    const model = open(`${provider.url}/v1`, { proxy: `http://me:p%40ss@${address}` })
    provider.reply('Hello').reply('Hello')
    expect((await model.invoke('x').response).text).toBe('Hello')
    expect((await model.invoke('x').response).text).toBe('Hello')
    const credentials = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
    expect(proxy.asked).toEqual([{ target: `127.0.0.1:${provider.port}`, credentials }])
    expect(inspect(model, { depth: 9 })).not.toContain('p%40ss')
    await model.close()
  })

  it('leads to an https address, whose certificate is checked at its end', async () => {
    const model = open(secureUrl, { proxy: address, ca: CERT })
    expect((await model.invoke('x').response).text).toBe('Hello over TLS')
    await model.close()
    const error = await failure(open(secureUrl, { proxy: address }).invoke('x'))
    expect(error).toMatchObject({ code: 'connection_failed', retryable: false })
  })

  it('may be reached by https itself', async () => {
    const other = new TunnelProxy(true)
    const model = open(secureUrl, { proxy: `https://${await other.listen()}`, ca: [CERT] })
    expect((await model.invoke('x').response).text).toBe('Hello over TLS')
    expect(other.asked).toHaveLength(1)
    await model.close()
    await other.close()
  })

  it('that refuses is an error that says so, and no password', async () => {
    proxy.status = 407
    const error = await failure(open(secureUrl, { proxy: `http://me:canary-pass@${address}` }).invoke('x'))
    expect(error).toMatchObject({ code: 'connection_failed', retryable: false })
    expect(error.message).toContain('407')
    expect(inspect(error, { depth: 9, showHidden: true })).not.toMatch(/canary|bWU6Y2FuYXJ5/)
  })

  it('that says nothing is given up in the time that connecting has', async () => {
    proxy.answers = false
    expect(await failure(open(secureUrl, { proxy: address }, { connect: 100 }).invoke('x'))).toMatchObject({
      code: 'timeout',
    })
    expect(await failure(open('https://localhost:1', { proxy: 'http://localhost:1' }).invoke('x'))).toMatchObject({
      code: 'connection_failed',
    })
  })

  it('is left with everything closed: at the tunnel, and in mid-stream', async () => {
    proxy.answers = false
    const controller = new AbortController()
    const waiting = failureOf(open(secureUrl, { proxy: address }).invoke('x', { signal: controller.signal }).response)
    while (proxy.asked.length === 0) await new Promise((resolve) => setImmediate(resolve))
    controller.abort(new Error('enough'))
    expect(await waiting).toMatchObject({ message: 'enough' })
    while (proxy.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))

    proxy.answers = true
    provider.reply('on and on', { fault: { type: 'endless' } })
    for await (const _ of open(`${provider.url}/v1`, { proxy: address }).invoke('x').text()) break
    while (proxy.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve))
    await provider.whenIdle()
    expect(provider.requests.at(-1)?.outcome).toBe('client-left')
  })

  it.each(['socks5://localhost:1', 'http://', 7 as never])(
    'that is no address of one throws, and is not shown: %s',
    (wrong) => {
      expect(() => open(secureUrl, { proxy: wrong })).toThrowError(
        expect.objectContaining({ code: 'unsupported_parameter', message: expect.not.stringContaining('socks5') }),
      )
    },
  )
})

it('certificates of one’s own are trusted without a proxy as well, by the models that `with` makes too', async () => {
  const model = new iModel('openai/m', { baseUrl: secureUrl, apiKey: 'canary-key' })
  expect(await failure(model.invoke('x'))).toMatchObject({ code: 'connection_failed' })
  const other = model.with({ network: { ca: CERT } })
  expect((await other.invoke('x').response).text).toBe('Hello over TLS')
  await other.close()
})

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    return error
  }
}
