import type { Node } from '../builder/node.ts'
import { branchOrder } from '../builder/order.ts'

/**
 * The lines in which operations wait for each other on their branches (law 4).
 *
 * Invariant: whoever is next in a line goes when all before it have ended, not only the one before it: one that is skipped early does not
 * let those after it overtake those before it.
 */
export class BranchLines {
  /** Who comes next on the same branch, or -1. */
  readonly #next: Int32Array
  /** Whether somebody before it on its branch has not ended. */
  readonly #waits: Uint8Array
  readonly #ended: Uint8Array

  constructor(nodes: readonly Node[]) {
    this.#next = new Int32Array(nodes.length).fill(-1)
    this.#waits = new Uint8Array(nodes.length)
    this.#ended = new Uint8Array(nodes.length)
    for (const [before, after] of branchOrder(nodes)) {
      this.#next[before] = after
      this.#waits[after] = 1
    }
  }

  waits(place: number): boolean {
    return this.#waits[place] === 1
  }

  /** One has ended: calls `free` for each that nobody is before any more. */
  ended(place: number, free: (place: number) => void): void {
    this.#ended[place] = 1
    for (let at = place; this.#ended[at] && !this.#waits[at]; ) {
      const next = this.#next[at] ?? -1
      if (next < 0) return
      this.#waits[next] = 0
      free(next)
      at = next
    }
  }
}
