import { repeat } from '../repeat.mjs'

/** How many chunks are read in one timing at least. */
const TOGETHER = 10_000

/**
 * Reads what `operations` producers say, `each` so many chunks, and checks that everything came.
 * @template T
 * @param {{ operations: number, each: number }} input
 * @param {() => T | Promise<T>} prepare Makes whatever can be made before a run.
 * @param {(prepared: T) => Promise<number>} read Resolves with how many chunks it was handed.
 * @returns {Promise<Record<string, number | null>>} Microseconds per chunk: of the wall's clock, and on the processor.
 */
export async function perChunk({ operations, each }, prepare, read) {
  const chunks = operations * each
  const { wall, cpu } = await repeat({
    prepare,
    run: async (prepared) => {
      const count = await read(prepared)
      if (count !== chunks) throw new Error(`${chunks} chunks were said, and ${count} were read`)
    },
    together: Math.ceil(TOGETHER / chunks),
  })
  return { wall: (wall * 1_000) / chunks, cpu: cpu && (cpu * 1_000) / chunks }
}
