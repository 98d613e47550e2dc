import { BraidError, type Store } from '@braid/core'

/**
 * Creates under `wanted`, or else `wanted-2`, `wanted-3`, …: the first that no branch is called, where none was left out. Whoever is faster
 * gets a name first. Finding one takes few questions, however many are taken.
 */
export async function withFreeName<T>(store: Store, wanted: string, create: (name: string) => Promise<T>): Promise<T> {
  for (let taken = 0; ; ) {
    const count = await freeAfter(taken, (each) => store.branch(nameOf(wanted, each)))
    try {
      return await create(nameOf(wanted, count))
    } catch (error) {
      if (!isDuplicate(error) || !(await store.branch(nameOf(wanted, count)))) throw error
      taken = count
    }
  }
}

export function isDuplicate(error: unknown): boolean {
  return error instanceof BraidError && error.code === 'duplicate_branch'
}

function nameOf(wanted: string, count: number): string {
  return count === 1 ? wanted : `${wanted}-${count}`
}

/** A number after `taken` which is free, and the one before it is not: found in steps that double, then by halves. */
async function freeAfter(taken: number, find: (count: number) => Promise<unknown>): Promise<number> {
  let below = taken
  let free = taken + 1
  for (let step = 1; await find(free); step *= 2) {
    below = free
    free += step
  }
  while (free - below > 1) {
    const middle = Math.floor((below + free) / 2)
    if (await find(middle)) below = middle
    else free = middle
  }
  return free
}
