import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryStore } from '@braid/flow'
import { openStore } from '@braid/sqlite'
import { afterAll } from 'vitest'
import { storeContract } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'braid-contract-'))
afterAll(() => rmSync(folder, { recursive: true }))

let files = 0

storeContract('SQLite in a file', async () => {
  files++
  const path = join(folder, `${files}.db`)
  return { store: await openStore(path), reopen: () => openStore(path) }
})
storeContract('SQLite in memory', async () => ({ store: await openStore(':memory:') }))
storeContract('MemoryStore', async () => ({ store: new MemoryStore() }))
