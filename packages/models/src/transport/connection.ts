import { isIP, type Socket, connect as tcp } from 'node:net'
import { connect as tls } from 'node:tls'
import { BraidError } from '@braid/core'
import { type buildConnector, Client } from 'undici'
import type { Exchange, Tap } from './exchange.ts'
import type { HttpRequest } from './http-request.ts'
import { DIRECT, type Route } from './network.ts'
import { tunnel } from './tunnel.ts'

/** A socket of this kind reads when it is asked for more than it has, and then once: nothing is read ahead of who wants it. */
const NOTHING_AHEAD = { readableHighWaterMark: 0 }

/**
 * One undici `Client`, and the one socket that it has at a time.
 *
 * The socket is opened here and not by undici's own connector, for two things that undici 7.30.2 does not give. It is held from its first
 * moment: undici forgets the socket of a client that is destroyed while it connects, and `destroy()` would resolve with a connection still
 * on its way. And it is paused here: undici's own pause stops the parser, and an answer that ends by closing the connection while the parser is
 * stopped fails an assertion in undici, in an event that nobody can catch.
 */
export class Connection implements Tap {
  readonly origin: string
  readonly #client: Client
  readonly #route: Route
  #socket: Socket | undefined
  #connectTimeout = 0
  #paused = false
  #destroyed: Promise<void> | undefined

  /** `onGone` is called when the server, or keep-alive's end, has closed the socket. */
  constructor(origin: string, onGone: (connection: Connection) => void, route: Route = DIRECT) {
    this.origin = origin
    this.#route = route
    this.#client = new Client(origin, {
      connect: (target, done) => this.#connect(target, done),
      pipelining: 1,
      // How long to wait is policy, and has its timers elsewhere: a paused reader is no stalled server.
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: -1,
    })
    this.#client.on('disconnect', () => onGone(this))
  }

  /** Whether it has a socket that the next request could use. */
  get open(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    const socket = this.#socket
    // What is there already undici has to be told of again; otherwise it is enough that the socket reads.
    if (socket !== undefined && socket.readableLength > 0) socket.emit('readable')
    else socket?.read(0)
  }

  release(): void {
    this.#paused = false
  }

  send(request: HttpRequest, exchange: Exchange): void {
    this.#connectTimeout = request.connectTimeout
    this.#paused = false
    this.#client.dispatch(
      { method: 'POST', path: request.path, headers: { ...request.headers }, body: request.body },
      exchange,
    )
  }

  /** Resolves when the socket has emitted `close`. No other is opened after that. */
  destroy(): Promise<void> {
    this.#destroyed ??= this.#destroy()
    return this.#destroyed
  }

  async #destroy(): Promise<void> {
    const destroyed = this.#client.destroy()
    const socket = this.#socket
    if (socket !== undefined && !socket.closed) {
      const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
      socket.destroy()
      await closed
    }
    await destroyed
  }

  #connect(target: buildConnector.Options, done: buildConnector.Callback): void {
    const { proxy, ca } = this.#route
    const limit = this.#connectTimeout
    const timer =
      limit > 0
        ? setTimeout(() => {
            this.#socket?.destroy(
              new BraidError(
                'timeout',
                `expected a connection to ${this.origin} within ${limit} ms (timeout.connect); none came. Is the server up, and is the address right?`,
              ),
            )
          }, limit)
        : undefined
    let waiting = true
    const settle = (...outcome: Parameters<typeof done>) => {
      clearTimeout(timer)
      if (!waiting) return
      waiting = false
      done(...outcome)
    }
    const hold = (socket: Socket): Socket => {
      this.#hold(socket)
      // It stays for the life of the socket: an error that nobody hears would end the process.
      socket.on('error', (error) => settle(error, null))
      socket.once('close', () => clearTimeout(timer))
      return socket
    }
    const secure = target.protocol === 'https:'
    const host = target.hostname
    const port = Number(target.port || (secure ? 443 : 80))
    if (proxy === undefined) {
      const socket = hold(dial({ secure, host, port, ca }))
      socket.once(secure ? 'secureConnect' : 'connect', () => settle(null, socket))
      return
    }
    const far = proxy.protocol === 'https:'
    const near = hold(dial({ secure: far, host: proxy.hostname, port: Number(proxy.port || (far ? 443 : 80)), ca }))
    near.once(far ? 'secureConnect' : 'connect', () => {
      tunnel(proxy, near, `${host}:${port}`).then(
        (through) => {
          if (!secure) {
            settle(null, through)
            return
          }
          const socket = hold(dial({ secure, host, port, ca, through }))
          socket.once('secureConnect', () => settle(null, socket))
        },
        (error: Error) => {
          settle(error, null)
          near.destroy()
        },
      )
    })
  }

  #hold(socket: Socket): void {
    this.#socket = socket
    // undici asks for what the socket has read until there is no more, and asking is what makes the socket read. While paused it is not asked.
    const read = socket.read
    socket.read = (size) => (this.#paused ? null : read.call(socket, size))
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
  }
}

interface Dialled {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  readonly ca: string | string[] | undefined
  /** A socket that leads there already. */
  readonly through?: Socket
}

function dial({ secure, host, port, ca, through }: Dialled): Socket {
  if (!secure) return tcp({ host, port, ...NOTHING_AHEAD })
  return tls({
    ...(through === undefined ? { host, port } : { socket: through }),
    // An address is no server name (RFC 6066, section 3).
    ...(isIP(host) === 0 ? { servername: host } : { host }),
    ...(ca === undefined ? {} : { ca }),
    ALPNProtocols: ['http/1.1'],
    ...NOTHING_AHEAD,
  })
}
