import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BranchWindow, Builder, iModel, Session } from '../src/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-windows-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test.each<BranchWindow>([
  'all',
  { last: 4 },
  { tokens: 1_000 },
  { summary: { after: 20 } },
  { summary: { after: 20, keep: 5, imodel: 'small', instruction: 'Briefly.' } },
])('a window is in the file with its branch, and forks have it: %j', async (window) => {
  const path = join(folder, 'work.db')
  {
    await using session = await Session.open(path)
    const branch = await session.createBranch({ name: 'chat', window })
    await branch.fork('fork')
  }
  await using session = await Session.open(path)
  for (const name of ['chat', 'fork']) expect((await session.branch(name)).window).toEqual(window)
})

test('over the wire, what is previewed is what is sent, and the rest of the conversation is not', async () => {
  await using server = await startProviderServer()
  server.reply(({ messages }) => `${messages.length} messages`, { times: Number.POSITIVE_INFINITY })
  const imodel = new iModel('anthropic/claude', { baseUrl: server.url, apiKey: 'key' })
  await using session = await Session.open(join(folder, 'work.db'))
  session.services.register(imodel)
  const chat = await session.createBranch({ name: 'chat', system: 'Be brief.', window: { last: 2 } })
  for (const instruction of ['one', 'two']) await session.conduct('communicate', chat, { instruction })
  const builder = new Builder({ session })
  const { messages } = await session.preview(builder.communicate({ instruction: 'three', branch: chat }))
  expect(messages.map((message) => message.role)).toEqual(['system', 'user', 'assistant', 'user'])
  await session.conduct('communicate', chat, { instruction: 'three' })
  const { requests } = server
  expect(requests).toHaveLength(3)
  const texts = requests[2]?.messages.map(({ text }) => text)
  expect(texts?.slice(-3)).toEqual(['two', expect.stringContaining('messages'), 'three'])
  expect(texts).not.toContain('one')
  expect(await chat.messages()).toHaveLength(7)
})
