import { type ModelChunk, onAbort } from '@braid/core'
import { Backlog } from './backlog.ts'

type Batch = readonly ModelChunk[]
type Done = IteratorReturnResult<undefined>

export interface Room {
  readonly chunks: number
  /** Of text, in UTF-16 code units, and of files, in bytes. */
  readonly bytes: number
}

const DONE: Done = Object.freeze({ value: undefined, done: true })

/**
 * Reads ahead of its reader while there is room: what was read and not taken is at most `room` and what one read of the source brings. Without
 * room the source is read when the reader asks.
 */
export class ReadAhead implements AsyncIterableIterator<Batch, undefined> {
  readonly #source: AsyncIterator<Batch, unknown>
  readonly #room: Room
  readonly #abort = new AbortController()
  readonly #unlink: () => void
  readonly #waiting = new Backlog()
  #reading = false
  #wanted: (() => void) | undefined
  #ending: { readonly failed: boolean; readonly error?: unknown } | undefined

  constructor(open: (signal: AbortSignal) => AsyncIterator<Batch, unknown>, room: Room, signal: AbortSignal) {
    this.#room = room
    this.#source = open(this.#abort.signal)
    this.#unlink = onAbort(signal, (reason) => this.#abort.abort(reason))
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Batch, undefined>> {
    for (;;) {
      const batch = this.#waiting.take()
      if (batch !== undefined) {
        // What one read brought is being taken while the next is read.
        if (this.#hasRoom()) this.#read()
        return { value: batch, done: false }
      }
      if (this.#ending?.failed) throw this.#ending.error
      if (this.#ending) return DONE
      await new Promise<void>((resolve) => {
        this.#wanted = resolve
        this.#read()
      })
      this.#wanted = undefined
    }
  }

  async return(): Promise<Done> {
    this.#waiting.clear()
    this.#ending ??= { failed: false }
    this.#abort.abort(new DOMException('the reader left', 'AbortError'))
    await this.#source.return?.()
    this.#unlink()
    return DONE
  }

  #hasRoom(): boolean {
    return this.#waiting.chunks < this.#room.chunks && this.#waiting.bytes < this.#room.bytes
  }

  #read(): void {
    if (this.#reading || this.#ending) return
    this.#reading = true
    void this.#fill()
  }

  async #fill(): Promise<void> {
    try {
      do {
        const { done, value } = await this.#source.next()
        if (this.#ending) return
        if (done) this.#ending = { failed: false }
        else this.#waiting.add(value)
        this.#wanted?.()
      } while (!this.#ending && this.#hasRoom())
    } catch (error) {
      this.#ending ??= { failed: true, error }
    } finally {
      this.#reading = false
      if (this.#ending) this.#unlink()
      this.#wanted?.()
    }
  }
}
