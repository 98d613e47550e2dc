import { readFileSync } from 'node:fs'

/**
 * What time it is, and how long the main thread has run, in milliseconds; only Linux tells the latter, and elsewhere it is null. Where
 * the two drift apart, something else uses the machine, or the thread waits.
 * @typedef {{ wall: number, cpu: number | null }} Time
 * @returns {Time}
 */
export function now() {
  return { wall: performance.now(), cpu: thread() }
}

/**
 * @param {Time} start
 * @param {number} parts
 * @returns {Time} Per part.
 */
export function since(start, parts) {
  const cpu = thread()
  const wall = performance.now()
  return {
    wall: (wall - start.wall) / parts,
    cpu: cpu === null || start.cpu === null ? null : (cpu - start.cpu) / parts,
  }
}

function thread() {
  if (process.platform !== 'linux') return null
  try {
    // The first number: nanoseconds on a processor (Linux, Documentation/scheduler/sched-stats.rst).
    return Number(readFileSync('/proc/thread-self/schedstat', 'latin1').split(' ', 1)[0]) / 1e6
  } catch {
    return null
  }
}
