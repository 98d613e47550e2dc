/** Who reads a run. One that lives by being read is cancelled when its last reader leaves. */
export class Readers {
  #count = 0
  #onNone: (() => Promise<void>) | undefined

  /** Without `onNone`, the run needs no readers. */
  constructor(onNone?: () => Promise<void>) {
    this.#onNone = onNone
  }

  enter(): void {
    this.#count += 1
  }

  /** Has read all that it wants. */
  retire(): void {
    this.#count -= 1
  }

  /** Leaves before the end. Resolves when what comes of that has. */
  async leave(): Promise<void> {
    this.#count -= 1
    if (this.#count === 0) await this.#onNone?.()
  }

  /** From now on the run needs no readers. */
  release(): void {
    this.#onNone = undefined
  }
}
