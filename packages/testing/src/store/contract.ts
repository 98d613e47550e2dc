import type { Store } from '@braid/core'
import { branchLaws } from './branches.ts'
import { changeLaws } from './changes.ts'
import { randomHistoryLaw } from './random-history.ts'
import { runLaws } from './runs.ts'
import { searchLaws } from './search.ts'
import { writeLaws } from './writes.ts'

/** A store with nothing in it. */
export interface OpenedStore {
  readonly store: Store
  /** Opens what `store` has kept once more, where it keeps anything. */
  readonly reopen?: () => Promise<Store>
}

export interface StoreContractOptions {
  /** What the random histories depend on: the same ones for the same number. Default: 1. */
  readonly seed?: number
}

/** One thing that every Store does, as a test for whatever runs your tests. */
export interface StoreLaw {
  /** A sentence. */
  readonly name: string
  /** Rejects when the store does otherwise. Closes the stores that it opens. */
  run(): Promise<void>
}

/** What the body of a law has: new stores, which are closed for it. */
export interface Stores {
  fresh(): Promise<Store>
  open(): Promise<OpenedStore>
}

/** States a law. */
export type Law = (name: string, body: (stores: Stores) => Promise<void>) => void

/**
 * What a Store must do, whatever it keeps things in: give it yours, and run what it returns as tests. A store without `runs` is not asked about
 * runs, one that is `search_off` not about words, and one that cannot be reopened not about what it kept.
 *
 * @example
 * import { storeContract } from '@braid/testing'
 * import { test } from 'node:test' // or vitest, or jest
 *
 * for (const { name, run } of storeContract(async () => ({ store: new MyStore() }))) test(name, run)
 */
export function storeContract(
  open: () => Promise<OpenedStore>,
  { seed = 1 }: StoreContractOptions = {},
): readonly StoreLaw[] {
  const laws: StoreLaw[] = []
  const law: Law = (name, body) => {
    laws.push({ name, run: () => withStores(open, body) })
  }
  branchLaws(law)
  changeLaws(law)
  writeLaws(law)
  runLaws(law)
  searchLaws(law)
  randomHistoryLaw(law, seed)
  return laws
}

async function withStores(open: () => Promise<OpenedStore>, body: (stores: Stores) => Promise<void>): Promise<void> {
  const opened: Store[] = []
  const openOne = async (): Promise<OpenedStore> => {
    const one = await open()
    opened.push(one.store)
    return one
  }
  try {
    await body({ open: openOne, fresh: async () => (await openOne()).store })
  } finally {
    await Promise.all(opened.map((store) => store.close()))
  }
}
