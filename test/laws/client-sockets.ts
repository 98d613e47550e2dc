import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** The TCP sockets that this process opens as a client while it is watched, also those that never connect. */
export class ClientSockets implements Disposable {
  readonly sockets: Socket[] = []
  readonly #listener = (message: unknown): void => {
    this.sockets.push((message as { readonly socket: Socket }).socket)
  }

  constructor() {
    subscribe('net.client.socket', this.#listener)
  }

  /** How many have not emitted `close`. */
  get open(): number {
    return this.sockets.filter((socket) => !socket.closed).length
  }

  [Symbol.dispose](): void {
    unsubscribe('net.client.socket', this.#listener)
  }
}
