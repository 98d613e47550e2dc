import { deepEqual, equal, notEqual, ok } from 'node:assert/strict'
import { type BranchRecord, type Change, Message, newId, type Store } from '@braid/core'
import type { Law } from './contract.ts'
import { append, branch, everyKindOfMessage, fork, ids, places, rejects, say } from './material.ts'

/** What a store says of branches and of the messages on them. */
export function branchLaws(law: Law): void {
  law('a new store has a session, always the same one, and no branches', async ({ fresh }) => {
    const store = await fresh()
    const session = await store.session()
    notEqual(session.id, '')
    ok(session.createdAt instanceof Date)
    deepEqual(await store.session(), session)
    deepEqual(await store.branches(), [])
    equal(await store.branch('main'), undefined)
  })

  law('a branch is found by its name, with everything that was said of it', async ({ fresh }) => {
    const store = await fresh()
    const plain = branch('plain')
    const full: BranchRecord = {
      ...branch('full'),
      system: Message.system('Answer in French.'),
      resources: ['gpt', 'search'],
      capabilities: [],
      window: { summary: { after: 20, keep: 8, imodel: 'small', instruction: 'Briefly.' } },
    }
    await store.write([{ type: 'branch', branch: plain }])
    await store.write([{ type: 'branch', branch: full }])
    deepEqual(await store.branch('plain'), plain)
    deepEqual(await store.branch('full'), full)
    deepEqual(await store.branches(), [plain, full])
  })

  law('a name or an id that is taken is a duplicate_branch, and the first branch stays', async ({ fresh }) => {
    const store = await fresh()
    const first = branch('main')
    await store.write([{ type: 'branch', branch: first }])
    await rejects(store.write([{ type: 'branch', branch: branch('main') }]), 'duplicate_branch', 'main')
    await rejects(store.write([{ type: 'branch', branch: { ...branch('other'), id: first.id } }]), 'duplicate_branch')
    deepEqual(await store.branches(), [first])
  })

  law(
    'messages come back in order, the system message first, which has position 0 and does not count',
    async ({ fresh }) => {
      const store = await fresh()
      const system = Message.system('Be brief.')
      const main: BranchRecord = { ...branch('main'), system }
      const messages = say('one', 'two', 'three')
      await store.write([{ type: 'branch', branch: main }, append(main, messages.slice(0, 2))])
      await store.write([append(main, messages.slice(2))])
      deepEqual(await store.messages(main.id), [system, ...messages])
      equal(await store.length(main.id), 3)
      deepEqual(await places(store, main, [system, ...messages]), [0, 1, 2, 3])
      equal(await store.position(main.id, newId()), undefined)
    },
  )

  law('a message reads back as it was written, whatever is in it', async ({ fresh }) => {
    const store = await fresh()
    const main = branch('main')
    const messages = everyKindOfMessage()
    await store.write([{ type: 'branch', branch: main }, append(main, messages)])
    const read = await store.messages(main.id)
    deepEqual(read, messages)
    for (const message of read) ok(message instanceof Message)
  })

  law('last, before and after give what slices of the whole list would, across forks of forks', async ({ fresh }) => {
    const store = await fresh()
    const { branches, lists } = await family(store)
    for (const one of branches) {
      const list = lists.get(one.name) ?? []
      deepEqual(ids(await store.messages(one.id)), list)
      for (const last of [0, 1, 2, 3, 100]) {
        deepEqual(ids(await store.messages(one.id, { last })), last === 0 ? [] : list.slice(-last))
      }
      for (const [index, id] of list.entries()) {
        deepEqual(ids(await store.messages(one.id, { before: id })), list.slice(0, index))
        deepEqual(ids(await store.messages(one.id, { after: id })), list.slice(index + 1))
        deepEqual(ids(await store.messages(one.id, { before: id, last: 2 })), list.slice(0, index).slice(-2))
        deepEqual(ids(await store.messages(one.id, { after: id, last: 1 })), list.slice(index + 1).slice(-1))
        deepEqual(ids(await store.messages(one.id, { after: list[0] ?? '', before: id })), list.slice(1, index))
      }
    }
  })

  law('what is between two positions is a slice of the list without its system message', async ({ fresh }) => {
    const store = await fresh()
    const { branches, lists } = await family(store)
    for (const one of branches) {
      const list = (lists.get(one.name) ?? []).slice(one.system === undefined ? 0 : 1)
      for (let after = 0; after <= list.length; after += 1) {
        for (const upto of [after, after + 1, list.length, list.length + 5]) {
          deepEqual(ids(await store.messages(one.id, { between: [after, upto] })), list.slice(after, upto))
        }
      }
    }
  })

  law(
    'a fork shares what came before it, and nothing that parent, child or sibling says afterwards',
    async ({ fresh }) => {
      const store = await fresh()
      const parent = branch('parent')
      const shared = say('a', 'b', 'c')
      await store.write([{ type: 'branch', branch: parent }, append(parent, shared)])
      const left = fork(parent, 'left', 2)
      const right = fork(parent, 'right', 3)
      const none = fork(parent, 'none', 0)
      await store.write([left, right, none].map((record) => ({ type: 'branch', branch: record })))
      const [p, l, r, n] = say('p', 'l', 'r', 'n') as [Message, Message, Message, Message]
      await store.write([append(parent, [p]), append(left, [l]), append(right, [r]), append(none, [n])])
      deepEqual(await store.messages(parent.id), [...shared, p])
      deepEqual(await store.messages(left.id), [...shared.slice(0, 2), l])
      deepEqual(await store.messages(right.id), [...shared, r])
      deepEqual(await store.messages(none.id), [n])
      deepEqual(await store.branch('left'), left)
      deepEqual(await places(store, left, [shared[0], shared[2], l, p]), [1, undefined, 3, undefined])
    },
  )

  law("a fork has its own system message, or none, whatever its parent's is", async ({ fresh }) => {
    const store = await fresh()
    const parent: BranchRecord = { ...branch('parent'), system: Message.system('parent') }
    const said = say('a')
    const bare = fork(parent, 'bare', 1)
    const other: BranchRecord = { ...fork(parent, 'other', 1), system: Message.system('other') }
    await store.write([
      { type: 'branch', branch: parent },
      append(parent, said),
      { type: 'branch', branch: bare },
      { type: 'branch', branch: other },
    ])
    deepEqual(await store.messages(bare.id), said)
    deepEqual(ids(await store.messages(other.id)), [other.system?.id, ...ids(said)])
  })

  law('a fork beyond the end of its parent is an unknown_message', async ({ fresh }) => {
    const store = await fresh()
    const parent = branch('parent')
    await store.write([{ type: 'branch', branch: parent }, append(parent, say('a'))])
    for (const at of [2, -1, 0.5]) {
      await rejects(store.write([{ type: 'branch', branch: fork(parent, 'child', at) }]), 'unknown_message', 'child')
    }
    equal((await store.branches()).length, 1)
  })

  law('a line of 2,000 forks reads like one branch', async ({ fresh }) => {
    const store = await fresh()
    const changes: Change[] = []
    const said = say(...Array.from({ length: 2000 }, (_, index) => `turn ${index}`))
    let tip = branch('0')
    for (const [index, message] of said.entries()) {
      if (index > 0) tip = fork(tip, String(index), index)
      changes.push({ type: 'branch', branch: tip }, append(tip, [message]))
    }
    await store.write(changes)
    deepEqual(ids(await store.messages(tip.id)), ids(said))
    deepEqual(ids(await store.messages(tip.id, { last: 2 })), ids(said.slice(-2)))
    deepEqual(await places(store, tip, [said[0], said[1999]]), [1, 2000])
  })

  law('a message that is on several branches is stored once: the first of its id is the one', async ({ fresh }) => {
    const store = await fresh()
    const [left, right] = [branch('left'), branch('right')]
    const first = Message.instruction('as it was said first')
    const second = new Message({ id: first.id, content: { type: 'instruction', instruction: 'said otherwise' } })
    await store.write([{ type: 'branch', branch: left }, append(left, [first])])
    await store.write([{ type: 'branch', branch: right }, append(right, [second])])
    deepEqual(await store.messages(right.id), [first])
    deepEqual(await store.messages(left.id), [first])
  })

  law('a message that is twice on one branch has the last of its places', async ({ fresh }) => {
    const store = await fresh()
    const main = branch('main')
    const [a, b] = say('a', 'b') as [Message, Message]
    const child = fork(main, 'child', 2)
    await store.write([{ type: 'branch', branch: main }, append(main, [a, b, a]), { type: 'branch', branch: child }])
    deepEqual(ids(await store.messages(main.id)), [a.id, b.id, a.id])
    deepEqual(await places(store, main, [a, b]), [3, 2])
    deepEqual(await places(store, child, [a, b]), [1, 2])
    deepEqual(await store.messages(main.id, { after: a.id }), [])
  })
}

/** A branch, a fork of it, a fork of that within its parent's share, and one beyond; and for each the ids that reading it must give. */
async function family(store: Store) {
  const root: BranchRecord = { ...branch('root'), system: Message.system('root') }
  const child = fork(root, 'child', 3)
  const inside: BranchRecord = { ...fork(child, 'inside', 2), system: Message.system('inside') }
  const beyond = fork(child, 'beyond', 5)
  const empty = fork(beyond, 'empty', 4)
  const said = new Map([root, child, inside, beyond].map((one) => [one.name, say('1', '2', '3', '4')]))
  const own = (one: BranchRecord) => said.get(one.name) ?? []
  for (const one of [root, child, inside, beyond]) {
    await store.write([{ type: 'branch', branch: one }, append(one, own(one))])
  }
  await store.write([{ type: 'branch', branch: empty }])
  const system = (one: BranchRecord) => (one.system === undefined ? [] : [one.system.id])
  const childList = [...ids(own(root)).slice(0, 3), ...ids(own(child))]
  const beyondList = [...childList.slice(0, 5), ...ids(own(beyond))]
  const lists = new Map([
    ['root', [...system(root), ...ids(own(root))]],
    ['child', childList],
    ['inside', [...system(inside), ...childList.slice(0, 2), ...ids(own(inside))]],
    ['beyond', beyondList],
    ['empty', beyondList.slice(0, 4)],
  ])
  return { branches: [root, child, inside, beyond, empty], lists }
}
