import { setImmediate as nextTurn } from 'node:timers/promises'

/** After so many chunks the event loop has a turn. */
const PER_TURN = 20

/** What stands in for a model: says words as fast as it is let, looks at its signal, and notes what becomes of it. */
export class Producer {
  #each
  /** How many words it has said. */
  produced = 0
  /** Whether anyone told it to stop. */
  told = false
  /** Whether it stopped before it had said everything. */
  stopped = false

  /** @param {number} each How many words it has to say. */
  constructor(each) {
    this.#each = each
  }

  /** @param {AbortSignal | undefined} signal */
  listen(signal) {
    if (signal?.aborted) this.told = true
    signal?.addEventListener('abort', () => {
      this.told = true
    })
  }

  /** @param {AbortSignal | undefined} [signal] */
  async *words(signal) {
    this.listen(signal)
    try {
      while (this.produced < this.#each && !signal?.aborted) {
        this.produced += 1
        yield 'word '
        if (this.produced % PER_TURN === 0) await nextTurn()
      }
    } finally {
      this.stopped = this.produced < this.#each
    }
  }
}
