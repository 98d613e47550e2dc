import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Store } from '@braid/core'
import { openStore } from '@braid/sqlite'
import { describe, expect, onTestFinished, test } from 'vitest'
import { create, ended, MAIN, rejects, say, started, temporaryFolder } from './history.ts'
import { holdLock } from './other-process.ts'
import { CommitCounter } from './wal.ts'

describe('writes are grouped into transactions', () => {
  test('those of one turn of the event loop are one transaction', async () => {
    const { store, counter } = await openCounted()
    await Promise.all(Array.from({ length: 20 }, (_, index) => store.write([say(`${index}`)])))
    expect(counter.commits).toBe(1)
  })

  test('those that wait for each other are one each', async () => {
    const { store, counter } = await openCounted()
    for (let index = 0; index < 5; index++) await store.write([say(`${index}`)])
    expect(counter.commits).toBe(5)
  })

  test('large messages go about ten to a transaction, and the loop has a turn between two of them', async () => {
    const { store, counter } = await openCounted()
    const writes = Array.from({ length: 100 }, (_, index) => store.write([say(`${index} ${'x'.repeat(2048)}`)]))
    let written = false
    const writing = Promise.all(writes).then(() => {
      written = true
    })
    const commits = [0]
    while (!written) {
      await nextTurn()
      commits.push(counter.commits)
    }
    await writing
    expect(counter.commits).toBeGreaterThanOrEqual(9)
    expect(counter.commits).toBeLessThanOrEqual(13)
    for (const [index, count] of commits.entries()) expect(count - (commits[index - 1] ?? 0)).toBeLessThanOrEqual(1)
  })

  test('ten thousand ends in one call are one transaction', async () => {
    const { store, counter } = await openCounted()
    const ends = Array.from({ length: 10_000 }, (_, index) =>
      ended('run', `op-${index}`, { status: 'skipped', because: 'op' }),
    )
    await store.write([started('run'), ...ends])
    expect(counter.commits).toBe(1)
  })

  test('a call that fails takes no other with it: they are done again, one by one', async () => {
    const { store, counter } = await openCounted()
    const outcomes = await Promise.allSettled([
      store.write([say('0', 0)]),
      store.write([say('lost'), create()]),
      store.write([say('1', 1)]),
      store.write([say('2', 2)]),
    ])
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect((await store.messages(MAIN.id)).map((message) => message.text)).toEqual(['0', '1', '2'])
    expect(counter.commits).toBe(3)
  })
})

describe('a lock that another process holds', () => {
  test('leaves the event loop free, and the writes wait for it in order', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const store = await openStore(path)
    await store.write([create()])
    const holder = await holdLock(path)
    const writing = Promise.all([store.write([say('one')]), store.write([say('two')])])
    // The lock is let go by this very loop, so a store that blocked it would wait for ever, or give up.
    let turns = 0
    while (turns < 20_000) {
      await nextTurn()
      turns++
    }
    expect(await isSettled(writing)).toBe(false)
    expect(await store.length(MAIN.id)).toBe(0)
    await holder.release()
    await writing
    expect((await store.messages(MAIN.id)).map((message) => message.text)).toEqual(['one', 'two'])
    await store.close()
  })

  test('is database_locked for all who wait, when it lasts too long, and writing goes on afterwards', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const store = await openStore(path, { lockTimeout: 60 })
    await store.write([create()])
    const holder = await holdLock(path)
    const writes = Array.from({ length: 30 }, (_, index) => store.write([say(`${index} ${'x'.repeat(2000)}`)]))
    const rejected = writes.map((write) => rejects(write, 'database_locked', path))
    await rejected[0]
    expect(await isSettled(Promise.all(rejected))).toBe(true)
    await Promise.all(rejected)
    await holder.release()
    await store.write([say('free', 0)])
    expect(await store.length(MAIN.id)).toBe(1)
    await store.close()
  })

  test('does not keep a store from closing: what waits is rejected', async () => {
    const path = join(temporaryFolder(), 'work.db')
    const store = await openStore(path, { lockTimeout: 60 })
    await store.write([create()])
    const holder = await holdLock(path)
    const writing = rejects(store.write([say('late')]), 'database_locked')
    await store.close()
    await writing
    await holder.release()
  })
})

async function openCounted(): Promise<{ store: Store; counter: CommitCounter }> {
  const path = join(temporaryFolder(), 'work.db')
  const store = await openStore(path)
  await store.write([create()])
  const counter = new CommitCounter(path)
  onTestFinished(async () => {
    counter.close()
    await store.close()
  })
  return { store, counter }
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const settle = () => {
    settled = true
  }
  promise.then(settle, settle)
  await nextTurn()
  return settled
}
