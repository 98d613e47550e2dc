import { Message } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { type Branch, Session } from '../src/index.ts'
import { thrown } from './material.ts'

async function texts(branch: Branch): Promise<string[]> {
  return (await branch.messages()).map(({ text }) => text)
}

test('messages are appended in order, in either form, and read back by place', async () => {
  const branch = await new Session().createBranch({ system: 'Be brief.' })
  const two = Message.assistant('two')
  await branch.append(Message.instruction('one'), two)
  await branch.append({ role: 'user', content: 'three' })
  await branch.append()
  expect(await texts(branch)).toEqual(['Be brief.', 'one', 'two', 'three'])
  expect((await branch.messages({ last: 2 })).map(({ text }) => text)).toEqual(['two', 'three'])
  expect((await branch.messages({ after: two })).map(({ text }) => text)).toEqual(['three'])
  expect((await branch.messages({ before: two })).map(({ text }) => text)).toEqual(['Be brief.', 'one'])
})

test('a fork shares the past up to and including its message, and then goes its own way', async () => {
  const session = new Session({ imodel: scriptedModel((request) => `${request.messages.length} messages`) })
  const branch = await session.createBranch({ name: 'article', system: 'Be brief.' })
  await branch.append({ role: 'user', content: 'one' }, { role: 'assistant', content: 'two' })
  const [, one] = await branch.messages()
  const whole = await branch.fork('whole')
  const early = await branch.fork('early', { at: one as Message })
  await branch.append({ role: 'user', content: 'not for forks' })
  await whole.append({ role: 'user', content: 'for one fork' })
  expect(await texts(whole)).toEqual(['Be brief.', 'one', 'two', 'for one fork'])
  expect(await texts(early)).toEqual(['Be brief.', 'one'])
  expect(await session.conduct('communicate', early, { instruction: 'x' })).toBe('3 messages')
  expect(await texts(await session.branch('early'))).toEqual(['Be brief.', 'one', 'x', '3 messages'])
})

test('a fork may have a system message of its own', async () => {
  const branch = await new Session().createBranch({ system: 'Be brief.' })
  await branch.append({ role: 'user', content: 'one' })
  expect(await texts(await branch.fork('long', { system: 'Take your time.' }))).toEqual(['Take your time.', 'one'])
})

test('a fork at a message that is elsewhere, or under a name that is taken, is a named error', async () => {
  const session = new Session()
  const branch = await session.createBranch({ name: 'chat' })
  await thrown('unknown_message', () => branch.fork('x', { at: Message.instruction('elsewhere') }))
  await thrown('duplicate_branch', () => branch.fork('chat'))
  expect(await session.branches()).toHaveLength(1)
})
