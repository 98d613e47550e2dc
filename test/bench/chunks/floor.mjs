import { perChunk } from './per-chunk.mjs'

const BOUND = 64
const NO_METADATA = Object.freeze({})
const DONE = { value: undefined, done: true }

/**
 * What one would write by hand for exactly this: generators that say text, lanes of at most 64 chunks, one queue for all with a single
 * wake-up, read with `for await` as tuples of id and chunk. No records of what ran, no results, no cancellation of what is under way.
 */
export default function measure({ operations, each }) {
  return perChunk(
    { operations, each },
    () => Array.from({ length: operations }, () => say(each)),
    async (generators) => {
      let count = 0
      for await (const [, chunk] of new Merge(generators)) if (chunk.type === 'text-delta') count += 1
      return count
    },
  )
}

async function* say(each) {
  for (let count = 0; count < each; count += 1) yield 'word '
}

class Merge {
  #queue = []
  #head = 0
  #open
  #wake

  constructor(generators) {
    this.#open = generators.length
    for (const [index, generator] of generators.entries()) void this.#pump(`n${index}`, generator)
  }

  [Symbol.asyncIterator]() {
    return this
  }

  async next() {
    while (this.#head === this.#queue.length) {
      if (this.#open === 0) return DONE
      await new Promise((resolve) => {
        this.#wake = resolve
      })
    }
    const entry = this.#queue[this.#head]
    this.#head += 1
    if (this.#head === this.#queue.length) {
      this.#queue = []
      this.#head = 0
    }
    const { lane, chunk } = entry
    lane.waiting -= 1
    if (lane.wake && lane.waiting <= BOUND / 2) {
      lane.wake()
      lane.wake = undefined
    }
    return { value: [lane.id, chunk], done: false }
  }

  async #pump(id, generator) {
    const lane = { id, waiting: 0, wake: undefined }
    for await (const data of generator) {
      const chunk = { type: 'text-delta', id: 'text-0', data, candidate: 0, metadata: NO_METADATA }
      this.#queue.push({ lane, chunk })
      lane.waiting += 1
      this.#rouse()
      if (lane.waiting >= BOUND) {
        await new Promise((resolve) => {
          lane.wake = resolve
        })
      }
    }
    this.#open -= 1
    this.#rouse()
  }

  #rouse() {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
