/** Whose turn it is on each branch: runs that write one branch at the same time take turns, first come, first served. */
export class Turns {
  /** The first of each queue has the turn. */
  readonly #queues = new Map<string, (() => void)[]>()

  /** True when the turn is granted at once; otherwise `granted` is called when it comes. */
  take(branch: string, granted: () => void): boolean {
    const queue = this.#queues.get(branch)
    if (queue) {
      queue.push(granted)
      return false
    }
    this.#queues.set(branch, [granted])
    return true
  }

  /** Gives the turn on, or gives up waiting for it. The next one is told in a turn of its own. */
  leave(branch: string, granted: () => void): void {
    const queue = this.#queues.get(branch)
    const place = queue?.indexOf(granted) ?? -1
    if (!queue || place < 0) return
    queue.splice(place, 1)
    const next = queue[0]
    if (!next) this.#queues.delete(branch)
    else if (place === 0) queueMicrotask(() => this.#queues.get(branch)?.[0] === next && next())
  }
}
