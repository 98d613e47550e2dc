import { turn } from './turn-clock.ts'

/** No random run needs nearly as many turns of the event loop; one that does hangs. */
const TURNS = 20_000

/** Counts the turns of the event loop while a run is under way. */
export class HangWatch {
  turn = 0
  #going = true

  /** Rejects when the run hangs, so that fast-check can shrink it. */
  async watch(): Promise<never> {
    while (this.#going && this.turn < TURNS) {
      await turn()
      this.turn += 1
    }
    if (this.#going) throw new Error(`not over after ${TURNS} turns of the event loop`)
    return new Promise(() => {})
  }

  stop(): void {
    this.#going = false
  }
}
