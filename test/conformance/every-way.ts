import { byteByByte, cutAtRandom } from '../pipeline/reading.ts'

const CUTTINGS = 20

/** The ways in which a network might cut these bytes: not at all, after every byte, and at random places. */
export function* everyWay(bytes: Uint8Array): Generator<readonly [how: string, pieces: Iterable<Uint8Array>]> {
  yield ['whole', [bytes]]
  yield ['byte by byte', byteByByte(bytes)]
  for (let seed = 1; seed <= CUTTINGS; seed++) yield [`cut at random, seed ${seed}`, cutAtRandom(bytes, seed)]
}
