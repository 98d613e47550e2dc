/**
 * The slots of a run: how many operations may run at once, and who shares one. Who listens to another that runs shares its slot, since
 * neither gets on without the other; whoever of them stays keeps it.
 */
export class Slots {
  readonly #limit: number
  #taken = 0
  /** By who has a slot: those that share it. */
  readonly #riders = new Map<number, number[]>()
  /** By who shares one: who has it. */
  readonly #owners = new Map<number, number>()
  /** Who gave its slot away, and for how many waits at once. */
  readonly #parked = new Map<number, number>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get free(): boolean {
    return this.#taken < this.#limit
  }

  take(): void {
    this.#taken += 1
  }

  /** Shares the slot of one that runs. */
  ride(place: number, on: number): void {
    const owner = this.#owners.get(on) ?? on
    this.#owners.set(place, owner)
    const riders = this.#riders.get(owner)
    if (riders) riders.push(place)
    else this.#riders.set(owner, [place])
  }

  /** It has ended; of those that share its slot, the first that still runs keeps it. */
  leave(place: number, runs: (rider: number) => boolean): void {
    if (this.#riders.size === 0 && this.#parked.size === 0) {
      this.#taken -= 1
      return
    }
    if (this.#owners.delete(place)) return
    const [heir, ...others] = (this.#riders.get(place) ?? []).filter((rider) => this.#owners.has(rider) && runs(rider))
    this.#riders.delete(place)
    const parked = this.#parked.delete(place)
    if (heir === undefined) {
      if (!parked) this.#taken -= 1
      return
    }
    if (parked) this.#taken += 1
    this.#owners.delete(heir)
    for (const rider of others) this.#owners.set(rider, heir)
    if (others.length > 0) this.#riders.set(heir, others)
  }

  /** Gives its slot away for a while. False where it shares one, and where it waits for something else already. */
  park(place: number): boolean {
    const waits = this.#parked.get(place)
    if (waits === undefined && (this.#owners.has(place) || this.#riders.has(place))) return false
    this.#parked.set(place, (waits ?? 0) + 1)
    if (waits !== undefined) return false
    this.#taken -= 1
    return true
  }

  /** Waits for one thing less. Where that was the last it goes on, with a slot again; for that moment there may be one too many. */
  resume(place: number): void {
    const waits = this.#parked.get(place)
    if (waits === undefined) return
    if (waits > 1) this.#parked.set(place, waits - 1)
    else {
      this.#parked.delete(place)
      this.#taken += 1
    }
  }
}
