import { deepEqual, equal } from 'node:assert/strict'
import { Message, type Store } from '@braid/core'
import type { Law, Stores } from './contract.ts'
import { append, branch, codeOf, fork, ids, say } from './material.ts'

/** What a store finds by its words, where it has an index. */
export function searchLaws(law: Law): void {
  law('messages are found by all of their words, in any order, whatever their case and accents', async (stores) => {
    await withSearch(stores, async (store) => {
      const main = branch('main')
      const [tea, coffee, answer] = [
        Message.instruction('Thé vert, ou thé noir?'),
        Message.instruction('Coffee in Nürnberg'),
        Message.assistant('Green tea in NUERNBERG: vert.'),
      ]
      await store.write([{ type: 'branch', branch: main }, append(main, [tea, coffee, answer])])
      deepEqual(await found(store, 'the'), [tea.id])
      deepEqual(await found(store, 'NOIR thé'), [tea.id])
      deepEqual(await found(store, 'nurnberg'), [coffee.id])
      deepEqual((await found(store, 'vert')).sort(), [tea.id, answer.id].sort())
      deepEqual(await found(store, 'vert coffee'), [])
      deepEqual(await found(store, 'ver'), [])
      const [hit] = await store.search('coffee')
      deepEqual(hit, { message: coffee, branches: ['main'] })
    })
  })

  law('what is searched for is words, and no query language', async (stores) => {
    await withSearch(stores, async (store) => {
      const main = branch('main')
      const [said] = say('to be, or not to be: "that" is NEAR the question*') as [Message]
      await store.write([{ type: 'branch', branch: main }, append(main, [said])])
      for (const words of ['be OR not', 'question*', '"that', 'NEAR(', 'to-be', 'the:question']) {
        deepEqual(await found(store, words), [said.id], words)
      }
      for (const words of ['', '  ', '"', '*', '-', 'text:that']) deepEqual(await found(store, words), [], words)
    })
  })

  law('a message that is found names the branches that have it, forks too, and deleted ones not', async (stores) => {
    await withSearch(stores, async (store) => {
      const main = { ...branch('main'), system: Message.system('Speak of apples.') }
      const [one, two] = say('an apple', 'another apple') as [Message, Message]
      const early = fork(main, 'early', 1)
      const late = fork(main, 'late', 2)
      const child = fork(late, 'child', 1)
      await store.write([{ type: 'branch', branch: main }, append(main, [one, two])])
      await store.write([early, late, child].map((record) => ({ type: 'branch', branch: record })))
      const branchesOf = async (message: Message) => {
        const hits = await store.search('apple')
        return hits.find((hit) => hit.message.id === message.id)?.branches
      }
      deepEqual(await branchesOf(one), ['main', 'early', 'late', 'child'])
      deepEqual(await branchesOf(two), ['main', 'late'])
      deepEqual(await found(store, 'apples'), [main.system.id])
      await store.write([{ type: 'branch-deleted', branchId: main.id }])
      deepEqual(await branchesOf(one), ['early', 'late', 'child'])
      deepEqual(await branchesOf(two), ['late'])
      deepEqual(await found(store, 'apples'), [])
      await store.write([{ type: 'branch-deleted', branchId: late.id }])
      equal(await branchesOf(two), undefined)
    })
  })

  law('as many are found as there may be, deleted ones not counted', async (stores) => {
    await withSearch(stores, async (store) => {
      const [gone, main] = [branch('gone'), branch('main')]
      const said = say(...Array.from({ length: 30 }, (_, index) => `apple ${index}`))
      await store.write([
        { type: 'branch', branch: gone },
        append(gone, say(...Array.from({ length: 30 }, () => 'apple'))),
        { type: 'branch-deleted', branchId: gone.id },
        { type: 'branch', branch: main },
        append(main, said),
      ])
      equal((await store.search('apple')).length, 20)
      equal((await store.search('apple', { limit: 3 })).length, 3)
      deepEqual((await found(store, 'apple', 100)).sort(), ids(said).sort())
    })
  })
}

async function found(store: Store, words: string, limit?: number): Promise<string[]> {
  const hits = await store.search(words, limit === undefined ? {} : { limit })
  return ids(hits.map(({ message }) => message))
}

async function withSearch({ fresh }: Stores, body: (store: Store) => Promise<void>): Promise<void> {
  const store = await fresh()
  if ((await codeOf(store.search('anything'))) !== 'search_off') await body(store)
}
