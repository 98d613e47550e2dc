import type { BraidError } from '@braid/core'
import type { Dispatcher } from 'undici'
import { wireError } from './wire-error.ts'

export interface Head {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** Told of an answer as it comes. */
export interface OnAnswer {
  readonly head: (head: Head) => void
  readonly bytes: (bytes: Uint8Array) => void
}

/** What the bytes come through. */
export interface Tap {
  readonly origin: string
  /** Nothing more is read after the present network read. */
  pause(): void
  /** Reads on. Not while bytes are being given. */
  resume(): void
  /** Reads on when the present network read has been given. */
  release(): void
}

const SOON = Promise.resolve()

/**
 * One request's answer, as undici gives it, read by one reader.
 *
 * What has come and was not taken is at most one network read: it shuts the tap, and asking for more opens it again. All the HTTP chunks of
 * one network read are taken together.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #tap: Tap
  readonly #onWire: OnAnswer | undefined
  #head: Head | undefined
  #held: Uint8Array[] | undefined
  #ended = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined

  constructor(tap: Tap, onWire?: OnAnswer) {
    this.#tap = tap
    this.#onWire = onWire
  }

  /** Whether the answer has come to its end, and the connection may be used again. */
  get ended(): boolean {
    return this.#ended
  }

  /** Whether `take` has something to give or to throw. */
  get ready(): boolean {
    return this.#held !== undefined || this.#ended || this.#failure !== undefined
  }

  async head(): Promise<Head> {
    if (this.#head === undefined && this.#failure === undefined) await this.#more()
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#head!
  }

  /**
   * Calls `listener` when it is ready, and all of a network read is there. One at a time. A function and no promise: one that is there for
   * the whole answer costs nothing while it waits.
   */
  whenReady(listener: () => void): void {
    this.#wake = listener
    this.#tap.resume()
  }

  /** What one network read brought; undefined at the end. Throws what went wrong after what came before it. */
  take(): readonly Uint8Array[] | undefined {
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) return held
    if (this.#failure !== undefined) throw this.#failure.error
    return undefined
  }

  /** `take`, when there is something. */
  async read(): Promise<readonly Uint8Array[] | undefined> {
    if (!this.ready) await this.#more()
    return this.take()
  }

  /** Nothing more is given; who waits gets `reason`. Closing the connection is its owner's. */
  abort(reason: unknown): void {
    this.#held = undefined
    this.#failure = { error: reason }
    this.#rouse()
  }

  #more(): Promise<void> {
    return new Promise((resolve) => this.whenReady(resolve))
  }

  #rouse(): void {
    if (this.#wake === undefined) return
    // Later: what is left of a network read comes before anything else that waits.
    SOON.then(this.#wake)
    this.#wake = undefined
  }

  /** undici takes a handler for one of its present kind by this method. */
  onRequestStart(): void {}

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Head['headers']): void {
    if (status < 200) return
    this.#head = { status, headers }
    this.#onWire?.head(this.#head)
    this.#rouse()
  }

  onResponseData(_: Dispatcher.DispatchController, bytes: Uint8Array): void {
    this.#onWire?.bytes(bytes)
    if (this.#held === undefined) this.#held = [bytes]
    else this.#held.push(bytes)
    this.#tap.pause()
    this.#rouse()
  }

  onResponseEnd(): void {
    this.#ended = true
    // An idle connection has to notice when the server closes it.
    this.#tap.release()
    this.#rouse()
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#failure ??= { error: wireError(error, this.#tap.origin, this.#head !== undefined) satisfies BraidError }
    this.#rouse()
  }
}
