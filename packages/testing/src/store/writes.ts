import { deepEqual, equal } from 'node:assert/strict'
import { type BraidError, type BranchRecord, Message, newId } from '@braid/core'
import { append, branch, everyOutcome, fork, ids, rejects, say } from './material.ts'
import type { Law } from './contract.ts'

/** How writes take effect, how they fail, and what closing does. */
export function writeLaws(law: Law): void {
  law('a write sees what the changes before it in the same call did', async ({ fresh }) => {
    const store = await fresh()
    const main = branch('main')
    const child = fork(main, 'child', 1)
    const [a, b] = say('a', 'b') as [Message, Message]
    await store.write([
      { type: 'branch', branch: main },
      append(main, [a], 0),
      { type: 'branch', branch: child },
      append(child, [b], 1),
    ])
    deepEqual(await store.messages(child.id), [a, b])
  })

  law('a write that fails leaves nothing behind, not even its first changes', async ({ fresh }) => {
    const store = await fresh()
    const main = branch('main')
    const kept = say('kept')
    await store.write([{ type: 'branch', branch: main }, append(main, kept)])
    const other: BranchRecord = { ...branch('other'), system: Message.system('s') }
    const lost = Message.instruction('as it failed')
    await rejects(
      store.write([
        append(main, [lost]),
        { type: 'branch', branch: other },
        append(other, say('x')),
        append(main, [], 7),
      ]),
      'branch_moved',
    )
    deepEqual(await store.messages(main.id), kept)
    equal(await store.branch('other'), undefined)
    await rejects(store.length(other.id), 'unknown_branch')
    equal(await store.position(main.id, lost.id), undefined)
    const again = new Message({ id: lost.id, content: { type: 'instruction', instruction: 'as it succeeded' } })
    await store.write([{ type: 'branch', branch: other }, append(main, [again], 1)])
    deepEqual(await store.messages(main.id), [...kept, again])
  })

  law('branch_moved names the branch, what was expected and what is there', async ({ fresh }) => {
    const store = await fresh()
    const main = branch('chapter one')
    await store.write([{ type: 'branch', branch: main }, append(main, say('a', 'b', 'c'), 0)])
    await rejects(store.write([append(main, say('d'), 2)]), 'branch_moved', 'chapter one', '2', '3')
    await rejects(store.write([append(main, say('d'), 4)]), 'branch_moved')
    await store.write([append(main, say('d'), 3)])
    equal(await store.length(main.id), 4)
  })

  law('writes of one turn take effect in the order they were called', async ({ fresh }) => {
    const store = await fresh()
    const main = branch('main')
    const said = say(...Array.from({ length: 300 }, (_, index) => `${index} ${'x'.repeat(index * 10)}`))
    const settled: number[] = []
    const writes = said.map((message, index) =>
      store
        .write(
          index === 0 ? [{ type: 'branch', branch: main }, append(main, [message])] : [append(main, [message], index)],
        )
        .then(() => settled.push(index)),
    )
    await Promise.all(writes)
    deepEqual(ids(await store.messages(main.id)), ids(said))
    deepEqual(
      settled,
      [...settled].sort((a, b) => a - b),
    )
  })

  law('of the writes of one turn, those that fail do not touch the others', async ({ fresh }) => {
    const store = await fresh()
    const main = branch('main')
    await store.write([{ type: 'branch', branch: main }])
    const said = say(...Array.from({ length: 9 }, (_, index) => `${index}`))
    const writes = said.map((message, index) => {
      if (index === 2) return store.write([append(main, [message]), { type: 'branch', branch: branch('main') }])
      if (index === 5) return store.write([append(main, [message], 999)])
      if (index === 7) return store.write([append(main, [message]), append(branch('nowhere'), [])])
      return store.write([append(main, [message])])
    })
    const outcomes = await Promise.allSettled(writes)
    const codes = outcomes.map((outcome) =>
      outcome.status === 'rejected' ? (outcome.reason as BraidError).code : 'written',
    )
    const expected = Array<string>(9).fill('written')
    Object.assign(expected, { 2: 'duplicate_branch', 5: 'branch_moved', 7: 'unknown_branch' })
    deepEqual(codes, expected)
    deepEqual(ids(await store.messages(main.id)), ids(said.filter((_, index) => ![2, 5, 7].includes(index))))
  })

  law('a branch or a message that is not there is an error with its name', async ({ fresh }) => {
    const store = await fresh()
    const [main, other] = [branch('main'), branch('other')]
    const [mine, theirs] = say('mine', 'theirs') as [Message, Message]
    await store.write([{ type: 'branch', branch: main }, append(main, [mine])])
    await store.write([{ type: 'branch', branch: other }, append(other, [theirs])])
    await rejects(store.length('no-such-id'), 'unknown_branch', 'no-such-id')
    await rejects(store.messages('no-such-id'), 'unknown_branch')
    await rejects(store.position('no-such-id', mine.id), 'unknown_branch')
    await rejects(store.write([append(branch('ghost'), [mine])]), 'unknown_branch')
    await rejects(store.write([{ type: 'branch', branch: fork(branch('ghost'), 'child', 0) }]), 'unknown_branch')
    await rejects(store.messages(main.id, { before: theirs.id }), 'unknown_message', theirs.id)
    await rejects(store.messages(main.id, { after: theirs.id }), 'unknown_message')
    equal(await store.position(main.id, theirs.id), undefined)
  })

  law('what it gives is the caller’s to change', async ({ fresh }) => {
    const store = await fresh()
    const main = branch('main')
    const said = say('a', 'b')
    const given = [...said]
    await store.write([{ type: 'branch', branch: main }, append(main, given)])
    given.length = 0
    const read = (await store.messages(main.id)) as Message[]
    read.length = 0
    deepEqual(await store.messages(main.id), said)
  })

  law(
    'runs and operations are accepted in every state they can be in, also where they are not kept',
    async ({ fresh }) => {
      const store = await fresh()
      const main = branch('main')
      await store.write([{ type: 'branch', branch: main }, ...everyOutcome()])
      deepEqual(await store.messages(main.id), [])
    },
  )

  law('a closed store says so, and closing twice is closing once', async ({ open }) => {
    const { store } = await open()
    const main = branch('main')
    await store.write([{ type: 'branch', branch: main }])
    await Promise.all([store.close(), store.close()])
    await store.close()
    await rejects(store.write([append(main, [])]), 'session_closed')
    await rejects(store.session(), 'session_closed')
    await rejects(store.branches(), 'session_closed')
    await rejects(store.branch('main'), 'session_closed')
    await rejects(store.length(main.id), 'session_closed')
    await rejects(store.messages(main.id), 'session_closed')
    await rejects(store.position(main.id, 'x'), 'session_closed')
  })

  law('a session can be told which one it is', async ({ fresh }) => {
    const store = await fresh()
    const session = { id: newId(), createdAt: new Date(0) }
    await store.write([{ type: 'session', session }])
    deepEqual(await store.session(), session)
  })

  law('closing commits what is under way, and a store that can be reopened has all of it', async ({ open }) => {
    const { store, reopen } = await open()
    const session = await store.session()
    const main: BranchRecord = { ...branch('main'), system: Message.system('s') }
    const said = say(...Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(2000)}`))
    const writes = [
      store.write([{ type: 'branch', branch: main }]),
      ...said.map((one) => store.write([append(main, [one])])),
    ]
    await store.close()
    await Promise.all(writes)
    if (reopen === undefined) return
    const again = await reopen()
    deepEqual(await again.session(), session)
    deepEqual(await again.branches(), [main])
    deepEqual(ids(await again.messages(main.id, { after: main.system?.id ?? '' })), ids(said))
    await again.close()
  })
}
