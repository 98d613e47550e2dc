import type { Node } from '../builder/node.ts'
import { branchLines } from '../builder/order.ts'

/** Those that write one branch, in their order; all before `head` have ended. */
interface Line {
  readonly branch: string
  readonly places: number[]
  head: number
}

/** Where one stands in a line. */
interface Stand {
  readonly line: Line
  readonly index: number
}

/**
 * The lines in which operations wait for each other on their branches (law 4). What is inside of a group stands in lines of its own.
 *
 * Invariant: whoever is next in a line goes when all before it have ended, not only the one before it: one that is skipped early does not
 * let those after it overtake those before it.
 */
export class BranchLines {
  /** By the place of the group that they are inside of, -1 for none, and by branch. */
  readonly #lines = new Map<number, Map<string, Line>>()
  /** Where each place stands. */
  readonly #of = new Map<number, Stand[]>()
  readonly #ended = new Set<number>()

  /** Lines these up behind those that are there. `placeOf` knows them all. */
  add(nodes: readonly Node[], group: number, placeOf: (node: Node) => number): void {
    for (const [branch, line] of branchLines(nodes)) for (const node of line) this.#join(group, branch, placeOf(node))
  }

  /** In how many lines it is not the next. */
  waits(place: number): number {
    const stands = this.#of.get(place)
    return stands === undefined ? 0 : stands.filter(({ line, index }) => line.head < index).length
  }

  /** Those directly before it, and on which branch; they may have ended. */
  *ahead(place: number): Generator<readonly [place: number, branch: string], void> {
    for (const { line, index } of this.#of.get(place) ?? []) {
      if (line.head < index) yield [line.places[index - 1] as number, line.branch]
    }
  }

  /** One has ended: calls `free` for each that has become the next in a line. */
  ended(place: number, free: (place: number) => void): void {
    const stands = this.#of.size === 0 ? undefined : this.#of.get(place)
    if (stands === undefined) return
    this.#ended.add(place)
    for (const { line } of stands) {
      const before = line.head
      while (line.head < line.places.length && this.#ended.has(line.places[line.head] as number)) line.head += 1
      const next = line.places[line.head]
      if (line.head > before && next !== undefined) free(next)
    }
  }

  #join(group: number, branch: string, place: number): void {
    let lines = this.#lines.get(group)
    if (!lines) {
      lines = new Map()
      this.#lines.set(group, lines)
    }
    let line = lines.get(branch)
    if (!line) {
      line = { branch, places: [], head: 0 }
      lines.set(branch, line)
    }
    const stand: Stand = { line, index: line.places.push(place) - 1 }
    const own = this.#of.get(place)
    if (own) own.push(stand)
    else this.#of.set(place, [stand])
  }
}
