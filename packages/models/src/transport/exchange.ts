import type { BraidError } from '@braid/core'
import type { Dispatcher } from 'undici'
import { wireError } from './wire-error.ts'

export interface Head {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** What the bytes come through. */
export interface Tap {
  readonly origin: string
  /** Nothing more is read after the present network read. */
  pause(): void
  resume(): void
}

/**
 * One request's answer, as undici gives it, read by one reader.
 *
 * What has come and was not taken is at most one network read: bytes that come while nobody waits are held and shut the tap, and asking for
 * more opens it again. All the HTTP chunks of one network read are taken together.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #tap: Tap
  #head: Head | undefined
  #held: Uint8Array[] = []
  #ended = false
  #failure: { readonly error: unknown } | undefined
  /** Somebody waits, or has been woken and not come yet: the rest of a network read is theirs too. */
  #waiting = false
  #wake: (() => void) | undefined

  constructor(tap: Tap) {
    this.#tap = tap
  }

  /** Whether the answer has come to its end, and the connection may be used again. */
  get ended(): boolean {
    return this.#ended
  }

  async head(): Promise<Head> {
    if (this.#head === undefined && this.#failure === undefined) await this.#wait()
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#head!
  }

  /** What one network read brought; undefined at the end. Throws what went wrong after what came before it. */
  async read(): Promise<readonly Uint8Array[] | undefined> {
    if (this.#held.length === 0 && !this.#ended && this.#failure === undefined) await this.#wait()
    if (this.#held.length > 0) {
      const taken = this.#held
      this.#held = []
      return taken
    }
    if (this.#failure !== undefined) throw this.#failure.error
    return undefined
  }

  /** Nothing more is given; who waits gets `reason`. Closing the connection is its owner's. */
  abort(reason: unknown): void {
    this.#held = []
    this.#failure = { error: reason }
    this.#wake?.()
  }

  async #wait(): Promise<void> {
    this.#waiting = true
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      this.#tap.resume()
    })
    this.#wake = undefined
    this.#waiting = false
  }

  /** undici takes a handler for one of its present kind by this method. */
  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Head['headers']): void {
    if (status < 200) return
    this.#head = { status, headers }
    this.#wake?.()
  }

  onResponseData(_: Dispatcher.DispatchController, bytes: Uint8Array): void {
    this.#held.push(bytes)
    if (this.#waiting) this.#wake?.()
    else this.#tap.pause()
  }

  onResponseEnd(): void {
    this.#ended = true
    this.#wake?.()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#failure ??= { error: wireError(error, this.#tap.origin, this.#head !== undefined) satisfies BraidError }
    this.#wake?.()
  }
}
