interface Said<T> {
  readonly what: T
  readonly taken: () => void
}

/**
 * What several say, for one reader. Whoever says something waits until the reader comes for the next thing, so that nobody is ahead of it by
 * more than one.
 */
export class Feed<T extends object> {
  readonly #said: Said<T>[] = []
  #last: Said<T> | undefined
  #wake = (): void => {}
  #closed = false

  /** Resolves when it was taken, and at once when nobody listens any more. */
  say(what: T): Promise<void> {
    if (this.#closed) return Promise.resolve()
    return new Promise((taken) => {
      this.#said.push({ what, taken })
      this.#wake()
    })
  }

  /** The next thing said, in order; undefined when it was closed and all was taken. One reader, one `next` at a time. */
  async next(): Promise<T | undefined> {
    this.#last?.taken()
    for (;;) {
      this.#last = this.#said.shift()
      if (this.#last) return this.#last.what
      if (this.#closed) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** What was said until now is still read; nothing more is heard. */
  close(): void {
    this.#closed = true
    this.#wake()
  }

  /** The reader is gone: nobody waits for it any more. */
  leave(): void {
    this.close()
    this.#last?.taken()
    for (const { taken } of this.#said.splice(0)) taken()
  }
}
