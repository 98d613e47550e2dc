import { Connection } from './connection.ts'
import { DIRECT, type Route } from './network.ts'

/**
 * Connections that idle after a whole answer, by origin. A live stream has its connection to itself: destroying that is the one way to leave
 * which closes the socket and opens no other (undici 7).
 */
export class Pool {
  readonly #idle = new Map<string, Connection[]>()
  readonly #route: Route

  constructor(route: Route = DIRECT) {
    this.#route = route
  }

  /** The one that idles for the shortest time, or a new one. It connects when it is used. */
  take(origin: string): Connection {
    const idle = this.#idle.get(origin)
    const connection = idle?.pop()
    if (idle?.length === 0) this.#idle.delete(origin)
    return connection ?? new Connection(origin, (gone) => this.#forget(gone), this.#route)
  }

  /** For a connection whose answer came to its end. */
  give(connection: Connection): void {
    // It may have been paused by the last of the answer, and would not see the server close it.
    connection.resume()
    if (!connection.open) return
    const idle = this.#idle.get(connection.origin)
    if (idle === undefined) this.#idle.set(connection.origin, [connection])
    else idle.push(connection)
  }

  /** Closes what idles. */
  async close(): Promise<void> {
    const idle = [...this.#idle.values()].flat()
    this.#idle.clear()
    await Promise.all(idle.map((connection) => connection.destroy()))
  }

  #forget(connection: Connection): void {
    const idle = this.#idle.get(connection.origin)
    const index = idle?.indexOf(connection) ?? -1
    if (idle === undefined || index < 0) return
    idle.splice(index, 1)
    if (idle.length === 0) this.#idle.delete(connection.origin)
  }
}
