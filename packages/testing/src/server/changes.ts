import { BraidError } from '@braid/core'

interface Waiter {
  readonly holds: () => boolean
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Promises about the state of something: each is looked at again whenever that state has changed. */
export class Changes {
  readonly #waiters = new Set<Waiter>()
  #over = false

  /** Resolves when it holds, at once when it already does. Rejects with what it throws, or when no change can come any more. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter = { holds, resolve, reject }
      this.#waiters.add(waiter)
      this.#look(waiter)
      if (this.#over) this.#giveUp(waiter)
    })
  }

  changed(): void {
    for (const waiter of this.#waiters) this.#look(waiter)
  }

  /** The last change was the last one. */
  end(): void {
    this.#over = true
    for (const waiter of this.#waiters) this.#giveUp(waiter)
  }

  #look(waiter: Waiter): void {
    try {
      if (!waiter.holds()) return
      waiter.resolve()
    } catch (error) {
      waiter.reject(error)
    }
    this.#waiters.delete(waiter)
  }

  #giveUp(waiter: Waiter): void {
    if (!this.#waiters.delete(waiter)) return
    waiter.reject(
      new BraidError(
        'session_closed',
        'the server closed before what was waited for came about; wait for it before close()',
      ),
    )
  }
}
