import type { Store } from '@braid/core'
import { afterEach, describe } from 'vitest'
import { branchContract } from './branches.ts'
import { randomHistoryContract } from './random-history.ts'
import { writeContract } from './writes.ts'

export interface OpenedStore {
  readonly store: Store
  /** Opens what `store` has kept once more, where it keeps anything. */
  readonly reopen?: () => Promise<Store>
}

/** What every Store must do. `open` gives one with nothing in it. */
export function storeContract(name: string, open: () => Promise<OpenedStore>): void {
  describe(`${name}, as a Store`, () => {
    const opened: Store[] = []
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((store) => store.close()))
    })
    const fresh = async (): Promise<Store> => {
      const { store } = await open()
      opened.push(store)
      return store
    }
    branchContract(fresh)
    writeContract(fresh, open)
    randomHistoryContract(open)
  })
}
