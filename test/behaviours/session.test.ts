import { Message } from '@braid/core'
import { Builder, flow, Session } from '@braid/flow'
import { scriptedModel } from '@braid/testing'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test } from 'vitest'
import { openSession } from '../laws/material.ts'
import { loose, served } from './served.ts'

/** What a query on the file gives, from outside. */
function rows(path: string, sql: string): unknown[] {
  const db = new Database(path, { readonly: true })
  onTestFinished(() => {
    db.close()
  })
  return db.prepare(sql).raw().all()
}

test('a message on many branches is one row of the file', async () => {
  const { session, path } = await openSession()
  const message = Message.instruction('to all of you')
  for (const name of ['a', 'b', 'c']) await (await session.createBranch({ name })).append(message)
  expect(rows(path, 'SELECT id FROM messages')).toEqual([[message.id]])
  for (const branch of await session.branches()) expect(await branch.messages()).toEqual([message])
})

test('the system message is the first, whatever was said before somebody looked', async () => {
  const { session } = await openSession()
  const branch = await session.createBranch({ name: 'chat', system: 'Be brief.' })
  await branch.append({ role: 'user', content: 'one' }, { role: 'assistant', content: 'two' })
  const again = await session.branch('chat')
  expect((await again.messages()).map(({ role }) => role)).toEqual(['system', 'user', 'assistant'])
})

test('a fork has the system message of its parent, the same one; with one of its own, that one alone', async () => {
  const { session } = await openSession()
  const parent = await session.createBranch({ name: 'parent', system: 'Be brief.' })
  await parent.append({ role: 'user', content: 'one' })
  const ids = async (branch: { messages(): Promise<readonly Message[]> }) =>
    (await branch.messages()).map(({ id }) => id)
  expect(await ids(await parent.fork())).toEqual(await ids(parent))
  const other = await (await parent.fork('other', { system: 'Take your time.' })).messages()
  expect(other.map(({ text }) => text)).toEqual(['Take your time.', 'one'])
})

test('a system message that is no text makes no branch', async () => {
  const { session } = await openSession()
  await expect(session.createBranch({ name: 'chat', system: loose(5) })).rejects.toMatchObject({
    code: 'invalid_request',
  })
  expect(await session.branches()).toEqual([])
})

test('forks share the messages themselves, then say what the others do not hear', async () => {
  const { session, path } = await openSession()
  const parent = await session.createBranch({ name: 'parent' })
  await parent.append({ role: 'user', content: 'one' })
  const child = await parent.fork('child')
  const grandchild = await child.fork('grandchild')
  await parent.append({ role: 'user', content: 'of the parent' })
  await child.append({ role: 'user', content: 'of the child' })
  await grandchild.append({ role: 'user', content: 'of the grandchild' })
  const said = await Promise.all([parent, child, grandchild].map((branch) => branch.messages()))
  expect(new Set(said.map(([first]) => first?.id)).size).toBe(1)
  expect(said.map(([, second]) => second?.text)).toEqual(['of the parent', 'of the child', 'of the grandchild'])
  expect(rows(path, 'SELECT count(*) FROM messages')).toEqual([[4]])
  expect(
    rows(path, 'SELECT f.name, p.name FROM branches f JOIN branches p ON p.key = f.parent ORDER BY f.key'),
    'each fork records what it comes from',
  ).toEqual([
    ['child', 'parent'],
    ['grandchild', 'child'],
  ])
})

test('what is no message is not appended, nor is what stands beside it', async () => {
  const { session } = await openSession()
  const branch = await session.createBranch()
  const bad: readonly unknown[] = [{ role: 'nobody', content: 'x' }, { role: 'user' }, 'x', undefined]
  for (const each of bad) {
    await expect(branch.append({ role: 'user', content: 'good' }, loose(each))).rejects.toMatchObject({
      code: 'invalid_request',
    })
  }
  expect(await branch.messages()).toEqual([])
})

test('there is no branch that is meant when none is named: every operation and every look-up names its own', async () => {
  const { server, session } = await served()
  server.reply('an answer', { times: 2 })
  await session.createBranch({ name: 'first' })
  await expect(session.branch(loose(undefined))).rejects.toMatchObject({ code: 'unknown_branch' })
  const builder = new Builder({ session })
  builder.communicate({ instruction: 'x' })
  await flow(builder)
  expect(await (await session.branch('first')).messages()).toEqual([])
})

test('conduct takes a branch, its name, or a name that there is no branch of yet', async () => {
  const { server, session } = await served()
  server.reply('an answer', { times: 3 })
  const chat = await session.createBranch({ name: 'chat' })
  await session.conduct('communicate', chat, { instruction: '1' })
  await session.conduct('communicate', 'chat', { instruction: '2' })
  await session.conduct('communicate', 'new', { instruction: '3' })
  expect((await chat.messages()).map(({ text }) => text)).toEqual(['1', 'an answer', '2', 'an answer'])
  expect(await (await session.branch('new')).messages()).toHaveLength(2)
})

test('a branch of another session, also one of the same name, is refused', async () => {
  const { server, session } = await served()
  await session.createBranch({ name: 'chat' })
  const foreign = await new Session().createBranch({ name: 'chat' })
  await expect((async () => session.conduct('communicate', foreign, { instruction: 'x' }))()).rejects.toMatchObject({
    code: 'foreign_branch',
  })
  expect(server.requests).toEqual([])
})

test('a kind that nobody registered is refused, and the error names those there are', async () => {
  const { session } = await served()
  await expect(
    (async () => session.conduct(loose<'communicate'>('comunicate'), 'chat', { instruction: 'x' }))(),
  ).rejects.toMatchObject({ code: 'unknown_kind', message: expect.stringContaining('communicate') })
  expect(await session.branches()).toEqual([])
})

test('a session without a model says so in the operation that wants one', async () => {
  const { session } = await openSession()
  await expect(session.conduct('communicate', 'chat', { instruction: 'x' })).rejects.toMatchObject({
    code: 'unknown_imodel',
    operationId: 'communicate',
  })
})

test('a model asked by hand stands on no branch, and so on nobody’s list', async () => {
  const model = scriptedModel('an answer', { name: 'model' })
  const { session } = await openSession()
  session.services.register(model)
  await session.createBranch({ name: 'closed', resources: [] })
  await expect(session.conduct('communicate', 'closed', { instruction: 'x' })).rejects.toMatchObject({
    code: 'access_denied',
  })
  expect((await session.services.imodel('model').invoke({ messages: [Message.instruction('x')] }).response).text).toBe(
    'an answer',
  )
})
