import { repeat } from '../repeat.mjs'
import { graph } from './graph.mjs'

/** Small graphs are run so many nodes at a time. */
const TOGETHER = 10_000

/**
 * Runs graphs of one shape in several sizes, and checks that every node ran.
 * @template T
 * @param {{ shape: string, sizes: readonly number[], together?: number }} input
 * @param {(parents: number[][], operation: () => Promise<void>) => T | Promise<T>} prepare Makes whatever can be made before a run.
 * @param {(prepared: T) => unknown} run
 * @returns {Promise<Record<string, number | null>>} Microseconds per node by size, and of them on the processor.
 */
export async function perNode({ shape, sizes, together = TOGETHER }, prepare, run) {
  const measured = {}
  for (const size of sizes) {
    const parents = graph(shape, size)
    let asked = 0
    let ran = 0
    const operation = async () => {
      ran += 1
    }
    const time = await repeat({
      prepare: () => prepare(parents, operation),
      run: (prepared) => {
        asked += size
        return run(prepared)
      },
      together: Math.max(1, together / size),
    })
    if (ran !== asked) throw new Error(`${asked} nodes were to run, and ${ran} did`)
    measured[size] = (time.wall * 1_000) / size
    measured[`cpu ${size}`] = time.cpu && (time.cpu * 1_000) / size
  }
  return measured
}
