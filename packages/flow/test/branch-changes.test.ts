import { Message } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { describe, expect, test } from 'vitest'
import { type Branch, branchTree, Builder, flow, MemoryStore, Session } from '../src/index.ts'
import { thrown } from './material.ts'

async function texts(branch: Branch): Promise<string[]> {
  return (await branch.messages()).map(({ text }) => text)
}
const names = async (session: Session, query = {}): Promise<string[]> =>
  (await session.branches(query)).map(({ name }) => name)

async function chat(session: Session): Promise<{ branch: Branch; said: readonly Message[] }> {
  const branch = await session.createBranch({ name: 'chat', system: 'Be brief.' })
  await branch.append(...['one', 'two', 'three', 'four'].map((text) => Message.instruction(text)))
  return { branch, said: (await branch.messages()).slice(1) }
}

describe('a branch', () => {
  test('is known by its new name once it is renamed, and its old name is free, whoever renamed it', async () => {
    const store = new MemoryStore()
    const session = new Session({}, { store })
    const { branch } = await chat(session)
    await (await new Session({}, { store }).branch('chat')).rename('talk')
    await thrown('unknown_branch', () => session.branch('chat'))
    expect(await texts(await session.branch('talk'))).toHaveLength(5)
    expect(branch.name).toBe('talk')
    const next = await session.createBranch({ name: 'chat' })
    expect(await (await session.branch('chat')).messages()).toEqual([])
    await thrown('duplicate_branch', () => next.rename('talk'))
    await thrown('invalid_request', () => next.rename(' '))
    expect(next.name).toBe('chat')
  })

  test('is what an operation writes under its name of that moment, also right after somebody else has renamed it', async () => {
    const store = new MemoryStore()
    const session = new Session({ imodel: scriptedModel('answer') }, { store })
    const { branch } = await chat(session)
    await session.branch('chat')
    await (await new Session({}, { store }).branch('chat')).rename('talk')
    await session.conduct('communicate', 'chat', { instruction: 'x' })
    expect(await texts(branch)).toHaveLength(5)
    expect(await texts(await session.branch('chat'))).toEqual(['x', 'answer'])
    await session.conduct('communicate', branch, { instruction: 'y' })
    expect(await texts(await session.branch('talk'))).toHaveLength(7)
  })

  test('that is put away is as it was, and listed only for who asks for such', async () => {
    const session = new Session()
    const { branch } = await chat(session)
    await session.createBranch({ name: 'other' })
    await branch.archive()
    expect(await names(session)).toEqual(['other'])
    expect(await names(session, { archived: true })).toEqual(['chat', 'other'])
    const found = await session.branch('chat')
    expect([found.archived, branch.archived, (await texts(found)).length]).toEqual([true, true, 5])
    await found.append({ role: 'user', content: 'five' })
    await found.unarchive()
    expect(await names(session)).toEqual(['chat', 'other'])
    await thrown('invalid_request', () => session.branches({ archive: true } as object))
  })

  test('that is deleted leaves its name, and to its forks what they share with it', async () => {
    const session = new Session()
    const { branch, said } = await chat(session)
    const fork = await branch.fork('fork', { at: said[1]! })
    await branch.delete()
    expect(await names(session, { archived: true })).toEqual(['fork'])
    expect(await texts(fork)).toEqual(['Be brief.', 'one', 'two'])
    await thrown('unknown_branch', () => branch.append({ role: 'user', content: 'five' }))
    await thrown('unknown_branch', () => branch.fork('x'))
    await thrown('unknown_branch', () => session.branch('chat'))
    expect(await texts(await session.createBranch({ name: 'chat' }))).toEqual([])
    expect(await fork.lineage()).toEqual([])
  })

  test('has the system message that it was given last, and its forks the one that it had when they were made', async () => {
    const session = new Session({ imodel: scriptedModel(({ messages }) => messages.map(({ role }) => role).join(' ')) })
    const { branch } = await chat(session)
    const early = await branch.fork('early')
    await branch.setSystem('Take your time.')
    expect((await texts(branch))[0]).toBe('Take your time.')
    expect((await texts(early))[0]).toBe('Be brief.')
    expect((await texts(await branch.fork('late')))[0]).toBe('Take your time.')
    await (await session.branch('chat')).setSystem(undefined)
    expect(await texts(branch)).toEqual(['one', 'two', 'three', 'four'])
    expect(await session.conduct('communicate', branch, { instruction: 'x' })).toBe('user user user user user')
  })

  test('that got a system message from somebody else is written all the same', async () => {
    const store = new MemoryStore()
    const session = new Session({ imodel: scriptedModel('answer') }, { store })
    const branch = await session.createBranch({ name: 'chat' })
    await (await new Session({}, { store }).branch('chat')).setSystem('Be brief.')
    await session.conduct('communicate', branch, { instruction: 'x' })
    expect(await texts(branch)).toEqual(['Be brief.', 'x', 'answer'])
    expect((await texts(await branch.fork()))[0]).toBe('Be brief.')
  })
})

describe('a fork', () => {
  test('before a message is where that message is said otherwise, also the first one', async () => {
    const session = new Session({ imodel: scriptedModel(({ messages }) => `${messages.length} messages`) })
    const { branch, said } = await chat(session)
    const again = await branch.fork('again', { before: said[2]! })
    await session.conduct('communicate', again, { instruction: 'drei' })
    expect(await texts(again)).toEqual(['Be brief.', 'one', 'two', 'drei', '4 messages'])
    expect(await texts(await branch.fork('anew', { before: said[0]! }))).toEqual(['Be brief.'])
    expect(await texts(branch)).toEqual(['Be brief.', 'one', 'two', 'three', 'four'])
    await thrown('invalid_request', () => branch.fork('x', { at: said[0]!, before: said[1]! }))
    await thrown('unknown_message', () => branch.fork('x', { before: Message.instruction('elsewhere') }))
  })

  test('knows where it comes from, its parent first, with the message that each was forked at', async () => {
    const session = new Session()
    const { branch, said } = await chat(session)
    const fork = await branch.fork('fork', { at: said[2]! })
    await fork.append({ role: 'user', content: 'five' })
    const inside = await fork.fork('inside', { at: said[0]! })
    const bare = await inside.fork('bare', { before: said[0]! })
    await branch.rename('talk')
    expect(await branch.lineage()).toEqual([])
    expect(await fork.lineage()).toEqual([{ branch: 'talk', at: said[2]!.id }])
    expect(await bare.lineage()).toEqual([
      { branch: 'inside' },
      { branch: 'fork', at: said[0]!.id },
      { branch: 'talk', at: said[2]!.id },
    ])
  })
})

test('the branches of a session are drawn as a tree', async () => {
  const session = new Session()
  expect(await branchTree(session)).toBe('')
  const { branch, said } = await chat(session)
  const left = await branch.fork('left', { at: said[1]! })
  await branch.fork('right')
  await left.append({ role: 'user', content: 'five' })
  await left.fork('left\nright')
  await (await session.createBranch({ name: 'notes' })).archive()
  expect(await branchTree(session, { archived: true })).toBe(
    [
      'chat  4 messages',
      '├─ left  3 messages, 2 of them shared',
      '│  └─ left\\nright  3 messages, 3 of them shared',
      '└─ right  4 messages, 4 of them shared',
      'notes  0 messages, put away',
    ].join('\n'),
  )
  await branch.archive()
  expect((await branchTree(session)).split('\n').map((line) => line.split('  ')[0])).toEqual([
    'left',
    '└─ left\\nright',
    'right',
  ])
})

test('an operation can give its branch another system message or put it away, with its end; not rename or delete it', async () => {
  const session = new Session()
  const { branch } = await chat(session)
  const refused: unknown[] = []
  const builder = new Builder({ session })
  builder.task({
    branch,
    run: async ({ branch: own }) => {
      await own!.setSystem('Take your time.')
      await own!.append({ role: 'user', content: 'five' })
      await own!.archive()
      for (const wrong of [() => own!.rename('x'), () => own!.delete()])
        refused.push(await thrown('invalid_request', wrong))
      expect((await texts(own!))[0]).toBe('Take your time.')
      expect((await own!.messages({ last: 2 })).map(({ text }) => text)).toEqual(['four', 'five'])
      expect((await texts(branch))[0]).toBe('Be brief.')
      expect([own!.archived, await own!.lineage()]).toEqual([true, []])
    },
  })
  await flow(builder)
  expect(refused).toHaveLength(2)
  expect(await texts(branch)).toEqual(['Take your time.', 'one', 'two', 'three', 'four', 'five'])
  expect((await session.branch('chat')).archived).toBe(true)
})

test('what can only be done to a file is refused for a session in memory, by name', async () => {
  const session = new Session()
  for (const care of [
    () => session.prune({ keep: 1 }),
    () => session.vacuum(),
    () => session.stats(),
    () => session.backup('copy.db'),
    () => session.check(),
  ]) {
    expect((await thrown('database_missing', care)).message).toContain('Session.open')
  }
  for (const wrong of [{}, { keep: -1 }, { keep: 0.5 }, { olderThan: new Date('x') }, { older: new Date() }]) {
    await thrown('invalid_request', () => session.prune(wrong))
  }
  await thrown('invalid_request', () => session.backup(''))
  await thrown('invalid_request', () => session.search(' '))
  await thrown('invalid_request', () => session.search('x', { limit: 0 }))
})

test('search gives the messages with all of the words, and the branches that have them', async () => {
  const session = new Session()
  const { branch, said } = await chat(session)
  await branch.fork('early', { at: said[0]! })
  const found = await session.search('ONE')
  expect(found.map(({ message, branches }) => [message.text, branches])).toEqual([['one', ['chat', 'early']]])
})
