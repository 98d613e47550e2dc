import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkEventStreamVectors } from './event-stream-vectors.ts'
import { checkJsonPathSuite } from './jsonpath-suite.ts'
import { checkSseVectors } from './sse-vectors.ts'

type Check = (folder: string) => Iterable<readonly [name: string, wrong: string | undefined]>

const CHECKS: readonly (readonly [standard: string, folder: string, check: Check])[] = [
  ['server-sent events', 'sse', checkSseVectors],
  ['AWS event stream', 'eventstream', checkEventStreamVectors],
  ['JSONPath', 'jsonpath', checkJsonPathSuite],
]

/** Somebody else's test vectors for one of the formats that the pipeline is made of. */
export interface Standard {
  readonly name: string
  readonly passed: number
  /** The vectors that fail, with what is wrong. */
  readonly failures: readonly (readonly [vector: string, wrong: string])[]
}

/** Runs the vectors of the folder `_standards` in a corpus, as far as they are there. */
export function checkStandards(corpus: string): readonly Standard[] {
  return CHECKS.flatMap(([name, folder, check]) => {
    const vectors = join(corpus, '_standards', folder)
    if (!existsSync(vectors)) return []
    const results = [...check(vectors)]
    const failures = results.flatMap(([vector, wrong]) => (wrong === undefined ? [] : [[vector, wrong] as const]))
    return [{ name, passed: results.length - failures.length, failures }]
  })
}
