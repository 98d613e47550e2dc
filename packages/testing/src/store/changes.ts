import { deepEqual, equal } from 'node:assert/strict'
import { type BranchRecord, Message, type Store } from '@braid/core'
import type { Law } from './contract.ts'
import { append, branch, fork, ids, rejects, say } from './material.ts'

/** What becomes of a branch that is renamed, put away, told otherwise or deleted. */
export function changeLaws(law: Law): void {
  law('a renamed branch is the same branch, and its old name is free', async ({ fresh }) => {
    const { store, main, said } = await withMain(await fresh())
    await store.write([{ type: 'branch-name', branchId: main.id, name: 'chapter one' }])
    deepEqual(await store.branch('chapter one'), { ...main, name: 'chapter one' })
    equal(await store.branch('main'), undefined)
    deepEqual(await store.messages(main.id), said)
    const second = branch('main')
    await store.write([{ type: 'branch', branch: second }])
    await rejects(
      store.write([{ type: 'branch-name', branchId: second.id, name: 'chapter one' }]),
      'duplicate_branch',
      'chapter one',
    )
    await store.write([{ type: 'branch-name', branchId: second.id, name: 'main' }])
    deepEqual(await names(store), ['chapter one', 'main'])
  })

  law('two branches swap their names in one write', async ({ fresh }) => {
    const { store, main } = await withMain(await fresh())
    const other = branch('other')
    await store.write([{ type: 'branch', branch: other }])
    await store.write([
      { type: 'branch-name', branchId: main.id, name: 'for a moment' },
      { type: 'branch-name', branchId: other.id, name: 'main' },
      { type: 'branch-name', branchId: main.id, name: 'other' },
    ])
    deepEqual(await names(store), ['other', 'main'])
    equal((await store.branch('main'))?.id, other.id)
  })

  law('a branch that was put away is as it was, says so, and can be taken out again', async ({ fresh }) => {
    const { store, main, said } = await withMain(await fresh())
    await store.write([{ type: 'branch-archived', branchId: main.id, archived: true }])
    deepEqual(await store.branch('main'), { ...main, archived: true })
    deepEqual(await store.branches(), [{ ...main, archived: true }])
    deepEqual(await store.messages(main.id), said)
    await store.write([append(main, say('more'), 3)])
    await store.write([{ type: 'branch-archived', branchId: main.id, archived: false }])
    deepEqual(await store.branch('main'), main)
  })

  law('another system message takes the place of the first, on this branch alone', async ({ fresh }) => {
    const { store, main, said } = await withMain(await fresh())
    const child = { ...fork(main, 'child', 2), system: Message.system('Be brief.') }
    await store.write([{ type: 'branch', branch: child }])
    const system = Message.system('Be thorough.')
    await store.write([{ type: 'branch-system', branchId: main.id, system }])
    deepEqual(await store.messages(main.id), [system, ...said])
    deepEqual(await store.branch('main'), { ...main, system })
    equal(await store.position(main.id, system.id), 0)
    equal(await store.length(main.id), 3)
    deepEqual(ids(await store.messages(child.id)), [child.system.id, ...ids(said.slice(0, 2))])
    await store.write([{ type: 'branch-system', branchId: child.id }])
    deepEqual(await store.messages(child.id), said.slice(0, 2))
    equal(await store.position(child.id, child.system.id), undefined)
  })

  law('a deleted branch is gone: from the list, by its name and by its id', async ({ fresh }) => {
    const { store, main } = await withMain(await fresh())
    await store.write([{ type: 'branch', branch: fork(main, 'child', 2) }])
    await store.write([{ type: 'branch-deleted', branchId: main.id }])
    equal(await store.branch('main'), undefined)
    deepEqual(await names(store), ['child'])
    await rejects(store.length(main.id), 'unknown_branch')
    await rejects(store.messages(main.id), 'unknown_branch')
    await rejects(store.write([append(main, say('late'))]), 'unknown_branch')
    await rejects(store.write([{ type: 'branch', branch: fork(main, 'late', 1) }]), 'unknown_branch')
    await rejects(store.write([{ type: 'branch-deleted', branchId: main.id }]), 'unknown_branch')
    await store.write([{ type: 'branch', branch: branch('main') }])
    deepEqual(await names(store), ['child', 'main'])
  })

  law(
    'what forks share with a branch that is deleted they still have, whoever of them goes next',
    async ({ fresh }) => {
      const { store, main, said } = await withMain(await fresh())
      const child = fork(main, 'child', 2)
      const grandchild = fork(child, 'grandchild', 3)
      const sibling = fork(main, 'sibling', 1)
      const [own, last] = say('own', 'last') as [Message, Message]
      await store.write([
        { type: 'branch', branch: child },
        append(child, [own, last]),
        { type: 'branch', branch: grandchild },
        { type: 'branch', branch: sibling },
      ])
      const kept = [...said.slice(0, 2), own]
      await store.write([{ type: 'branch-deleted', branchId: main.id }])
      deepEqual(await store.messages(child.id), [...kept, last])
      await store.write([{ type: 'branch-deleted', branchId: child.id }])
      deepEqual(await store.messages(grandchild.id), kept)
      deepEqual(await store.messages(sibling.id), said.slice(0, 1))
      await store.write([append(grandchild, [last], 3), { type: 'branch-deleted', branchId: sibling.id }])
      deepEqual(await store.messages(grandchild.id), [...kept, last])
      deepEqual(await names(store), ['grandchild'])
      await store.write([{ type: 'branch-deleted', branchId: grandchild.id }])
      deepEqual(await store.branches(), [])
    },
  )

  law('a write that fails leaves branches as they were: names, order, what was put away', async ({ fresh }) => {
    const { store, main, said } = await withMain(await fresh())
    const [second, third] = [branch('second'), { ...branch('third'), system: Message.system('s') }]
    await store.write([
      { type: 'branch', branch: second },
      { type: 'branch', branch: third },
    ])
    const before: readonly BranchRecord[] = await store.branches()
    await rejects(
      store.write([
        { type: 'branch-deleted', branchId: main.id },
        { type: 'branch-name', branchId: second.id, name: 'main' },
        { type: 'branch-archived', branchId: second.id, archived: true },
        { type: 'branch-system', branchId: third.id },
        { type: 'branch-deleted', branchId: third.id },
        { type: 'branch', branch: branch('main') },
      ]),
      'duplicate_branch',
    )
    deepEqual(await store.branches(), before)
    deepEqual(await store.branch('main'), main)
    deepEqual(await store.branch('second'), second)
    deepEqual(await store.messages(main.id), said)
  })

  law('a store that can be reopened has branches as they were left', async ({ open }) => {
    const { store, reopen } = await open()
    const { main, said } = await withMain(store)
    const child = fork(main, 'child', 2)
    await store.write([{ type: 'branch', branch: child }])
    await store.write([
      { type: 'branch-deleted', branchId: main.id },
      { type: 'branch-archived', branchId: child.id, archived: true },
      { type: 'branch-name', branchId: child.id, name: 'main' },
    ])
    await store.close()
    if (reopen === undefined) return
    const again = await reopen()
    deepEqual(await again.branches(), [{ ...child, name: 'main', archived: true }])
    deepEqual(await again.messages(child.id), said.slice(0, 2))
    await again.close()
  })
}

/** A branch `main` with three messages. */
async function withMain(store: Store) {
  const main = branch('main')
  const said = say('a', 'b', 'c')
  await store.write([{ type: 'branch', branch: main }, append(main, said)])
  return { store, main, said }
}

async function names(store: Store): Promise<string[]> {
  return (await store.branches()).map(({ name }) => name)
}
