import { BraidError, type ModelChunk, onAbort } from '@braid/core'
import type { Timeouts } from './timeouts.ts'

type Waiting = 'first' | 'idle'

/** How long a stream has been waited for, of what it is allowed. What runs out aborts `signal`. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #unlink: () => void
  readonly #timeouts: Required<Timeouts>
  readonly #source: string
  readonly #total: NodeJS.Timeout | undefined
  #timer: NodeJS.Timeout | undefined
  #waiting: Waiting = 'first'
  /** Milliseconds waited since the last content, before `#since`. */
  #spent = 0
  /** When the present wait began; undefined while nobody waits. */
  #since: number | undefined

  constructor(timeouts: Required<Timeouts>, source: string, signal: AbortSignal) {
    this.#timeouts = timeouts
    this.#source = source
    this.#unlink = onAbort(signal, (reason) => {
      this.clear()
      this.#controller.abort(reason)
    })
    if (timeouts.total > 0) {
      this.#total = setTimeout(() => this.#expire('total', 'the end of the answer'), timeouts.total)
    }
    this.resume()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** A batch has come. */
  pause(batch: readonly ModelChunk[]): void {
    if (batch.some(isContent)) {
      // The timer of `first` may have longer to go than `idle` allows.
      if (this.#waiting === 'first') this.#disarm()
      this.#waiting = 'idle'
      this.#spent = 0
    } else if (this.#since !== undefined) {
      this.#spent += now() - this.#since
    }
    this.#since = undefined
  }

  /** Somebody waits for the next, or goes on waiting. */
  resume(): void {
    this.#since ??= now()
    if (this.#timer === undefined) this.#arm()
  }

  clear(): void {
    this.#unlink()
    clearTimeout(this.#total)
    this.#disarm()
  }

  #disarm(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #arm(): void {
    const limit = this.#timeouts[this.#waiting]
    if (limit <= 0 || this.#controller.signal.aborted) return
    this.#timer = setTimeout(() => this.#ring(), Math.max(1, limit - this.#spent))
  }

  /** The timer knows only when it was set: chunks that came meanwhile give more time. */
  #ring(): void {
    this.#timer = undefined
    if (this.#since === undefined) return
    const at = now()
    this.#spent += at - this.#since
    this.#since = at
    const waiting = this.#waiting
    // A timer may ring a fraction of a millisecond early.
    if (this.#spent + 1 < this.#timeouts[waiting]) this.#arm()
    else this.#expire(waiting, waiting === 'first' ? 'the first content' : 'more content')
  }

  #expire(limit: 'first' | 'idle' | 'total', awaited: string): void {
    const ms = this.#timeouts[limit]
    this.#controller.abort(
      new BraidError(
        'timeout',
        `expected ${awaited} from ${this.#source} within ${ms} ms (timeout.${limit}); it did not come. Try again, or allow more time`,
      ),
    )
    this.clear()
  }
}

/** Whole milliseconds: a fraction would be an object, made anew for every chunk. */
function now(): number {
  return Math.trunc(performance.now())
}

/** Whether a chunk is something said: what a provider sends to keep a connection alive is not. */
function isContent(chunk: ModelChunk): boolean {
  return chunk.type !== 'raw' && chunk.type !== 'usage' && chunk.type !== 'message-start'
}
