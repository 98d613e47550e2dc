import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** The sockets that undici connects while it is watched: the one way to see them, since nothing public shows them. */
export function watchSockets(): { readonly sockets: readonly Socket[]; readonly open: number } & Disposable {
  const sockets: Socket[] = []
  const listener = (message: unknown) => {
    sockets.push((message as { socket: Socket }).socket)
  }
  subscribe('undici:client:connected', listener)
  return {
    sockets,
    get open() {
      return sockets.filter((socket) => !socket.closed).length
    },
    [Symbol.dispose]: () => unsubscribe('undici:client:connected', listener),
  }
}
