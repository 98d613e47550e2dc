import { repeat } from '../repeat.mjs'

/**
 * Reads an answer of `words` words, again and again, and checks that every word came.
 * @param {{ words: number, least?: number }} input `least` is how often at least, for who takes long.
 * @param {() => Promise<number>} read Resolves with how many words it was handed.
 * @returns {Promise<Record<string, number | null>>} Microseconds per frame: of the wall's clock, and on the processor.
 */
export async function perFrame({ words, least }, read) {
  const { wall, cpu } = await repeat({
    prepare: () => undefined,
    run: async () => {
      const count = await read()
      if (count !== words) throw new Error(`${words} words were said, and ${count} were read`)
    },
    least,
  })
  return { wall: (wall * 1_000) / words, cpu: cpu && (cpu * 1_000) / words }
}
