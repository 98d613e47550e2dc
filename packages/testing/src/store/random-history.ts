import { deepEqual, equal } from 'node:assert/strict'
import { random } from '../random.ts'
import type { Law, Stores } from './contract.ts'
import { codeOf, ids } from './material.ts'
import { StoreModel } from './model.ts'

const HISTORIES = 60
const LONGEST = 25

/** Random branches, forks, appends, renamed and deleted branches and failing writes, and random questions about them. */
export function randomHistoryLaw(law: Law, seed: number): void {
  law('whatever is written, it reads as a list of lists would', async (stores) => {
    for (let index = 0; index < HISTORIES; index++) {
      try {
        await oneHistory(stores, random(seed * HISTORIES + index))
      } catch (error) {
        throw new Error(`history ${index} of seed ${seed}: ${String(error)}`, { cause: error })
      }
    }
  })
}

async function oneHistory({ fresh }: Stores, next: () => number): Promise<void> {
  const store = await fresh()
  const model = new StoreModel(next)
  const below = (limit: number): number => Math.floor(next() * limit)
  for (let left = below(LONGEST); left > 0; left--) {
    const changes = model.step()
    const [real, expected] = [await codeOf(store.write(changes)), model.write(changes)]
    equal(real, expected)
  }
  for (let left = below(LONGEST); left > 0; left--) {
    const asked = model.question()
    if (asked === undefined) continue
    deepEqual(ids(await store.messages(asked.branchId, asked.query)), asked.ids)
    equal(await store.length(asked.branchId), asked.length)
  }
  deepEqual(await store.branches(), model.branches())
  await store.close()
}
