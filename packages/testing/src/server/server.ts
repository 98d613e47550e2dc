import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { asBraidError, checkKnown, type Known } from '@braid/core'
import { Issued } from '../wire/issued.ts'
import { Changes } from './changes.ts'
import { deliver } from './deliver.ts'
import { checkFault } from './fault.ts'
import { broken, type Plan, planned, refusal } from './plan.ts'
import type { ProviderServer, ProviderServerOptions } from './provider-server.ts'
import { bodyOf, type Reading, read } from './reading.ts'
import type { Received, ReceivedRequest } from './request.ts'
import { DELIVERY, type Reply, type ReplyOptions, Script } from './script.ts'

/**
 * Starts a server on 127.0.0.1 that speaks the APIs of OpenAI (`POST /v1/chat/completions`, `/v1/responses`), Anthropic (`POST /v1/messages`), Gemini
 * (`POST /v1beta/models/{model}:streamGenerateContent` and `:generateContent`) and Bedrock (`POST /model/{model}/converse-stream` and `/converse`) as their providers do, streaming and not, over real HTTP/1.1.
 * What the real ones refuse with a 400 (tool calls without results, changed signatures, schemas they do not take), it refuses in their words.
 * It answers from a script or replays recorded bytes, at a pace, cut anywhere, and misbehaves on request; and it reports what clients did.
 * The same script and the same requests give the same bytes. A token is one word-like piece of text.
 *
 * @example
 * await using server = await startProviderServer()
 * server.reply('It scatters blue light.', { interval: 5 })
 *
 * const model = new iModel({ provider: 'openai', model: 'gpt-4o-mini', baseUrl: `${server.url}/v1`, apiKey: 'any' })
 * const { text } = await model.invoke('Why is the sky blue?').response
 *
 * server.requests[0]?.prompt // 'Why is the sky blue?'
 * server.requests[0]?.outcome // 'answered'
 *
 * @example
 * // Leaving in mid-stream: what the server saw of it, without a sleep.
 * server.reply('never ending', { fault: { type: 'endless' } })
 * for await (const _ of model.invoke('go').text()) break
 * await server.whenIdle()
 * server.requests[1]?.outcome // 'client-left'
 */
export async function startProviderServer(options: ProviderServerOptions = {}): Promise<ProviderServer> {
  const server = new LocalProviderServer(options)
  await server.listen(options.port ?? 0)
  return server
}

const OPTIONS = { reply: true, requireKey: true, port: true, ...DELIVERY } satisfies Known<ProviderServerOptions>

class LocalProviderServer implements ProviderServer {
  readonly #options: ProviderServerOptions
  readonly #http: Server
  readonly #script = new Script()
  readonly #changes = new Changes()
  readonly #issued = new Issued()
  readonly #sockets = new Map<Socket, number>()
  readonly #requests: Received[] = []
  #connections = 0
  #active = 0
  #peakActive = 0
  #port = 0
  #unreffed = false
  #closing: Promise<void> | undefined

  constructor(options: ProviderServerOptions) {
    checkKnown(options, OPTIONS, { of: 'startProviderServer' })
    checkFault(options.fault)
    this.#options = options
    // The server never closes a connection by itself: what its counters say is what clients did.
    this.#http = createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 })
    this.#http.on('connection', (socket) => this.#connected(socket))
    this.#http.on('request', (incoming, response) => void this.#serve(incoming, response))
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#http.once('error', reject)
      this.#http.listen(port, '127.0.0.1', () => {
        this.#http.off('error', reject)
        this.#port = (this.#http.address() as AddressInfo).port
        resolve()
      })
    })
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get requests(): readonly ReceivedRequest[] {
    return this.#requests
  }

  get unused(): number {
    return this.#script.unused
  }

  get connections(): number {
    return this.#connections
  }

  get openSockets(): number {
    return this.#sockets.size
  }

  get active(): number {
    return this.#active
  }

  get peakActive(): number {
    return this.#peakActive
  }

  reply(reply: Reply, options: ReplyOptions = {}): this {
    this.#script.add(reply, options)
    return this
  }

  replay(
    recording: string | URL | Uint8Array,
    { contentType, ...options }: ReplyOptions & { readonly contentType?: string } = {},
  ): this {
    const source = recording instanceof Uint8Array ? { bytes: recording } : { file: recording }
    return this.reply(contentType === undefined ? source : { ...source, contentType }, options)
  }

  until(condition: (server: ProviderServer) => boolean): Promise<void> {
    return this.#changes.until(() => condition(this))
  }

  whenIdle(): Promise<void> {
    return this.until(({ active }) => active === 0)
  }

  unref(): this {
    this.#unreffed = true
    this.#http.unref()
    for (const socket of this.#sockets.keys()) socket.unref()
    return this
  }

  close(): Promise<void> {
    this.#closing ??= this.#end()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #end(): Promise<void> {
    const closed = new Promise((resolve) => {
      this.#http.close(resolve)
    })
    for (const socket of this.#sockets.keys()) socket.destroy()
    await closed
    // The HTTP server counts a socket as gone before the socket has emitted its `close`.
    await this.until(({ openSockets, active }) => openSockets === 0 && active === 0)
    this.#changes.end()
  }

  #connected(socket: Socket): void {
    this.#connections++
    this.#sockets.set(socket, this.#connections)
    if (this.#unreffed) socket.unref()
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#changes.changed()
    })
    this.#changes.changed()
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const text = await bodyOf(incoming)
    // The client left before its request was complete: there is no request.
    if (text === undefined) return
    const reading = read(incoming, text, {
      index: this.#requests.length,
      connection: this.#sockets.get(incoming.socket) ?? 0,
      requireKey: this.#options.requireKey ?? false,
      issued: this.#issued,
    })
    const { request } = reading
    this.#requests.push(request)
    this.#active++
    this.#peakActive = Math.max(this.#peakActive, this.#active)
    const ended = (): void => {
      request.end(response.writableFinished ? 'answered' : this.#closing ? 'server-closed' : 'client-left')
      this.#active--
      this.#changes.changed()
    }
    if (gone.signal.aborted) return ended()
    gone.signal.addEventListener('abort', ended, { once: true })
    this.#changes.changed()
    try {
      const plan = await this.#plan(reading)
      await deliver(plan, response, request, gone.signal, () => this.#changes.changed())
    } catch (error) {
      // Status or headers of the script that no HTTP answer can have.
      request.error = asBraidError(error, 'invalid_request')
      response.destroy()
    }
  }

  async #plan(reading: Reading): Promise<Plan> {
    if (reading.problem) return refusal(reading, reading.problem)
    try {
      const { reply, ...delivery } = this.#options
      return await planned(reading, this.#script, { reply, delivery }, this.#issued)
    } catch (error) {
      reading.request.error = asBraidError(error, 'invalid_request')
      return broken(reading, error)
    }
  }
}
