import { setMaxListeners } from 'node:events'
import { BraidError } from '@braid/core'

/**
 * An AbortController with a deadline and listeners, for those who know it from elsewhere. Its `signal` goes wherever one is taken.
 *
 * @example
 * const token = new CancelToken({ timeout: 30_000 })
 * for await (const text of model.invoke('Hello', { signal: token.signal }).text()) if (enough(text)) token.cancel('enough')
 */
export class CancelToken {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout | undefined

  /** `timeout` in milliseconds: cancels then, with an error `timeout`. It keeps no process alive. */
  constructor({ timeout }: { readonly timeout?: number } = {}) {
    // It is for many listeners: that there are many is no leak.
    setMaxListeners(0, this.signal)
    if (timeout === undefined) return
    if (!(timeout >= 0 && timeout < 2 ** 31)) {
      throw new BraidError('invalid_request', `expected \`timeout\` in milliseconds, less than 25 days; got ${timeout}`)
    }
    const late = () =>
      this.cancel(new BraidError('timeout', `the token was cancelled after ${timeout} ms, its timeout`))
    this.#timer = setTimeout(late, timeout).unref()
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get cancelled(): boolean {
    return this.signal.aborted
  }

  /** What waits with its signal ends with `reason`. Once: later calls do nothing. */
  cancel(reason: unknown = new BraidError('cancelled', 'the token was cancelled')): void {
    clearTimeout(this.#timer)
    this.#controller.abort(reason)
  }

  /** Calls `listener` with the reason, at once when that has come already. Returns the way to stop listening. */
  onCancel(listener: (reason: unknown) => void): () => void {
    if (this.cancelled) {
      listener(this.signal.reason)
      return () => {}
    }
    const listen = () => listener(this.signal.reason)
    this.signal.addEventListener('abort', listen, { once: true })
    return () => this.signal.removeEventListener('abort', listen)
  }
}
