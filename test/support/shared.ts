import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, it } from 'vitest'
import { type Corpus, readCorpus } from './corpus.ts'

export interface Shared {
  /** The folder itself. */
  readonly root: string
  /** Recorded streams of real providers. */
  readonly corpus: Corpus
}

/**
 * Material that is not part of the repository: the folder that `BRAID_SHARED` names, by default `../shared` beside the repository.
 * This is its only reader. Undefined where it is absent.
 */
export function shared(): Shared | undefined {
  const found = find()
  return 'missing' in found ? undefined : found
}

/** Tests that need it. Without it they are skipped, loudly; where CI has the folder, a skip is an error. */
export function describeShared(name: string, tests: (shared: Shared) => void): void {
  const found = find()
  if (!('missing' in found)) {
    describe(name, () => tests(found))
    return
  }
  if (process.env['CI'] && found.folder) throw new Error(`${name}: ${found.missing}`)
  console.warn(`SKIPPED: ${name}: ${found.missing}`)
  // A skipped test, not an empty group: reports count tests.
  describe(name, () => it.skip(found.missing, () => {}))
}

function find(): Shared | { readonly missing: string; readonly folder: boolean } {
  const root = process.env['BRAID_SHARED'] ?? fileURLToPath(new URL('../../../shared', import.meta.url))
  if (!existsSync(root)) return { missing: 'there is no folder of shared material; set BRAID_SHARED', folder: false }
  const corpus = readCorpus(`${root}/corpus`)
  return corpus ? { root, corpus } : { missing: 'the folder of shared material has no corpus in it', folder: true }
}
