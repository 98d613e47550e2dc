import { setTimeout as delay } from 'node:timers/promises'
import { Producer } from './producer.mjs'

const TAKE = 6
const PAUSE_MS = 50
/** How long producers are watched after the reader has left. */
const AFTER_MS = 1_000

/**
 * Takes some chunks slowly, leaves the loop, and counts what was produced by then and afterwards.
 * @param {{ producers: number, each: number }} input
 * @param {(producers: readonly Producer[]) => AsyncIterable<unknown> | Promise<AsyncIterable<unknown>>} open Of chunks, and nothing else.
 * @returns {Promise<Record<string, number>>} `signalled` and `ended` count producers.
 */
export async function watch({ producers: count, each }, open) {
  const producers = Array.from({ length: count }, () => new Producer(each))
  const produced = () => producers.reduce((sum, producer) => sum + producer.produced, 0)
  let taken = 0
  for await (const _ of await open(producers)) {
    taken += 1
    if (taken === TAKE) break
    await delay(PAUSE_MS)
  }
  const before = produced()
  await delay(AFTER_MS)
  return {
    taken,
    produced: before,
    after: produced() - before,
    signalled: producers.filter((producer) => producer.told).length,
    ended: producers.filter((producer) => producer.stopped).length,
  }
}
