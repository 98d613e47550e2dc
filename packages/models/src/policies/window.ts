const MINUTE_MS = 60_000

/** Something that was sent, and how much it weighs. */
interface Sent {
  readonly at: number
  weight: number
}

/** How much was sent in the last minute, of what may be: in any minute, wherever it begins. */
export class Window {
  readonly #limit: number
  readonly #sent: Sent[] = []
  /** Of `#sent`, how many have left the minute. */
  #past = 0
  #sum = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Milliseconds until so much may be sent. More than the limit goes when nothing else was sent in the minute before it. */
  wait(weight: number, now: number): number {
    this.#forget(now)
    let sum = this.#sum
    let wait = 0
    for (let at = this.#past; at < this.#sent.length && sum + weight > this.#limit; at++) {
      sum -= this.#sent[at]!.weight
      wait = this.#leaves(at) - now
    }
    return wait
  }

  /** Returns the way to say later what it weighed. */
  add(weight: number, now: number): (weight: number) => void {
    const sent: Sent = { at: now, weight }
    this.#sent.push(sent)
    this.#sum += weight
    return (really) => {
      // What has left the minute is not counted any more.
      if (this.#sent.includes(sent, this.#past)) this.#sum += really - sent.weight
      sent.weight = really
    }
  }

  #leaves(at: number): number {
    return this.#sent[at]!.at + MINUTE_MS
  }

  #forget(now: number): void {
    while (this.#past < this.#sent.length && this.#leaves(this.#past) <= now)
      this.#sum -= this.#sent[this.#past++]!.weight
    // Now and then, so that forgetting one costs no copy of all.
    if (this.#past > 64 && this.#past * 2 > this.#sent.length) {
      this.#sent.splice(0, this.#past)
      this.#past = 0
    }
  }
}
