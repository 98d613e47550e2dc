import { onAbort } from '@braid/core'
import type { Feed } from './source.ts'

/** Reads a feed until it ends or its signal aborts: a read that is pending is given up then, and the feed is closed at once. */
export class Reader {
  readonly #feed: Feed
  readonly #signal: AbortSignal
  readonly #unlink: () => void
  #giveUp: (reason: unknown) => void = () => {}
  #closed: Promise<void> | undefined

  constructor(feed: Feed, signal: AbortSignal) {
    this.#feed = feed
    this.#signal = signal
    this.#unlink = onAbort(signal, (reason) => {
      this.#giveUp(reason)
      void this.close()
    })
  }

  /** The next piece; undefined at the end. Throws the signal's reason from the moment that it aborts. */
  async next(): Promise<object | string | undefined> {
    this.#signal.throwIfAborted()
    const { done, value } = await new Promise<{ done?: boolean | undefined; value?: unknown }>((resolve, reject) => {
      this.#giveUp = reject
      this.#feed.next().then(resolve, reject)
    })
    return done ? undefined : (value as object | string)
  }

  close(): Promise<void> {
    this.#unlink()
    this.#closed ??= this.#feed.close()
    return this.#closed
  }
}
