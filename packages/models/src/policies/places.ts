import { onAbort } from '@braid/core'

/** How long a place may be in coming before that is worth a word, in milliseconds. */
const PATIENCE_MS = 30_000

/** How many calls of one model may be under way at once. Whoever comes first goes first, and whoever gives up waiting frees its place in the line. */
export class Places {
  readonly #limit: number
  #taken = 0
  readonly #waiting = new Set<() => void>()

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Resolves to the way to give the place back. Rejects with the signal's reason. `name` is for the word after a while. */
  async take(name: string, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#taken < this.#limit) this.#taken += 1
    else await this.#wait(name, signal)
    let given = false
    return () => {
      if (given) return
      given = true
      this.#give()
    }
  }

  async #wait(name: string, signal: AbortSignal): Promise<void> {
    const timer = setTimeout(() => warn(name), PATIENCE_MS).unref()
    let unlink = (): void => {}
    let mine = (): void => {}
    try {
      await new Promise<void>((resolve, reject) => {
        mine = resolve
        this.#waiting.add(mine)
        unlink = onAbort(signal, (reason) => {
          // At once: a place that is handed to whoever has left would be lost.
          this.#waiting.delete(mine)
          reject(reason)
        })
      })
    } finally {
      clearTimeout(timer)
      unlink()
      this.#waiting.delete(mine)
    }
  }

  /** A place that somebody waits for is handed on, and never free in between. */
  #give(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#taken -= 1
    else {
      this.#waiting.delete(next)
      next()
    }
  }
}

function warn(name: string): void {
  process.emitWarning(
    `a call of the model "${name}" has waited ${PATIENCE_MS / 1_000} s for a place (\`limits.concurrency\`); a call that is made while the answer of another is being read, and that needs its place, can never get it: read that one to its end first, or give the inner call a model of its own`,
    { code: 'BRAID_WAITING' },
  )
}
