import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStore } from '@braid/flow'
import { openStore } from '@braid/sqlite'
import { type OpenedStore, storeContract } from '@braid/testing'
import { afterAll, describe, test } from 'vitest'
import { ListStore, Shelf } from './list-store.ts'

const folder = mkdtempSync(join(tmpdir(), 'braid-contract-'))
afterAll(() => rmSync(folder, { recursive: true }))

// New histories on every machine, and the same ones in CI.
const seed = process.env['CI'] ? 1 : Date.now()
let files = 0

const STORES: Readonly<Record<string, () => Promise<OpenedStore>>> = {
  'SQLite in a file': async () => {
    files++
    const path = join(folder, `${files}.db`)
    return { store: await openStore(path), reopen: () => openStore(path) }
  },
  'SQLite in memory, with an index': async () => ({ store: await openStore(':memory:', { search: true }) }),
  MemoryStore: async () => ({ store: new MemoryStore() }),
  'a store of lists': async () => {
    const shelf = new Shelf()
    return { store: new ListStore(shelf), reopen: async () => new ListStore(shelf) }
  },
}

describe.each(Object.entries(STORES))('%s, as a Store', (_, open) => {
  for (const { name, run } of storeContract(open, { seed })) test(name, run)
})
