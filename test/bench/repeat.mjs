import { now, since } from './clock.mjs'
import { median } from './median.mjs'

const WARM_MS = 250
const TIMED_MS = 400

/**
 * Times `run(prepared)`, again and again: first to warm the compiler up, then at least `least` (three) times for the result. `together` runs
 * follow each other in one timing, so that short ones meet the collector as often as long ones. Garbage is part of the price, and is not
 * collected on purpose: that would also throw away what the compiler has learnt.
 * @template T
 * @param {{ prepare: () => T | Promise<T>, run: (prepared: T) => unknown, together?: number, least?: number }} work
 * @returns {Promise<import('./clock.mjs').Time>} One run: the median by the wall's clock, the mean on the processor.
 */
export async function repeat(work) {
  await collect(work, WARM_MS, 1)
  const times = await collect(work, TIMED_MS, work.least ?? 3)
  // The kernel's clock of the thread ticks every few milliseconds: only the sum of many is worth anything.
  const cpu = times.some((time) => time.cpu === null)
    ? null
    : times.reduce((sum, time) => sum + time.cpu, 0) / times.length
  return { wall: median(times.map((time) => time.wall)), cpu }
}

async function collect({ prepare, run, together = 1 }, ms, least) {
  const started = performance.now()
  const times = []
  while (times.length < least || performance.now() - started < ms) {
    const prepared = []
    for (let count = 0; count < together; count += 1) prepared.push(await prepare())
    const start = now()
    for (const each of prepared) await run(each)
    times.push(since(start, together))
  }
  return times
}
