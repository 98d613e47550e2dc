import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scriptedModel } from '@braid/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { BraidError, Builder, type ErrorCode, flow, Session } from '../src/index.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'braid-access-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function thrown(code: ErrorCode, run: () => unknown): Promise<BraidError> {
  const error: unknown = await (async () => run())().then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(BraidError)
  expect((error as BraidError).code).toBe(code)
  return error as BraidError
}

test('what a branch forbids is never asked, and the error names what was asked for and what is allowed', async () => {
  const [good, evil] = [scriptedModel('fine', { name: 'good' }), scriptedModel('never', { name: 'evil' })]
  await using session = await Session.open(join(folder, 'work.db'), { imodel: good })
  session.services.register(evil)
  const chat = await session.createBranch({ name: 'chat', resources: ['good', 'search'] })
  expect(await session.conduct('communicate', 'chat', { instruction: 'x' })).toBe('fine')
  for (const branch of ['chat', chat]) {
    for (const kind of ['communicate', 'generate'] as const) {
      const error = await thrown('access_denied', () =>
        session.conduct(kind, branch, { instruction: 'x', imodel: 'evil' }),
      )
      expect(error.message).toContain('"chat"')
      expect(error.message).toContain('the model "evil"')
      expect(error.message).toContain('"good", "search"')
    }
  }
  expect(evil.calls).toHaveLength(0)
  // Nothing is left of an operation that was not let begin.
  expect((await chat.messages()).map(({ text }) => text)).toEqual(['x', 'fine'])
})

test('a default model that the branch forbids is refused before the instruction is written', async () => {
  const model = scriptedModel('never', { name: 'default' })
  await using session = new Session({ imodel: model })
  const chat = await session.createBranch({ resources: ['other'] })
  for (const kind of ['communicate', 'generate'] as const) {
    await thrown('access_denied', () => session.conduct(kind, chat, { instruction: 'x' }))
  }
  expect(model.calls).toHaveLength(0)
  expect(await chat.messages()).toEqual([])
})

test('a model is allowed by the name that operations call it, or as provider/model', async () => {
  await using session = new Session()
  const model = scriptedModel(['one', 'two'], { name: 'gpt' })
  const byName = await session.createBranch({ resources: ['gpt'] })
  const byReference = await session.createBranch({ resources: [`${model.provider}/${model.model}`] })
  const builder = new Builder({ session })
  const one = builder.communicate({ instruction: 'x', imodel: model, branch: byName })
  const two = builder.communicate({ instruction: 'x', imodel: model, branch: byReference, dependsOn: one })
  expect((await flow(builder)).all([one, two])).toEqual(['one', 'two'])
})

test('a kind of operation of your own gets no model that its branch forbids', async () => {
  await using session = new Session({ imodel: scriptedModel('never', { name: 'evil' }) })
  session.services.register(scriptedModel('never', { name: 'good' }))
  await session.createBranch({ name: 'chat', resources: ['good'] })
  const peek = session.registerOperation(
    'peek',
    async (context, { name }: { name?: string }) => context.imodel(name).name,
  )
  expect(await session.conduct(peek, 'chat', { name: 'good' })).toBe('good')
  await thrown('access_denied', () => session.conduct(peek, 'chat', { name: 'evil' }))
  await thrown('access_denied', () => session.conduct(peek, 'chat', {}))
  expect(await session.conduct(peek, 'elsewhere', { name: 'evil' })).toBe('evil')
})

test('a branch without lists allows everything, and one with an empty list nothing', async () => {
  await using session = new Session({ imodel: scriptedModel(['a', 'b'], { name: 'model' }) })
  const open = await session.createBranch()
  expect(open.resources).toBeUndefined()
  expect(open.capabilities).toBeUndefined()
  expect(await session.conduct('communicate', open, { instruction: 'x' })).toBe('a')
  const shut = await session.createBranch({ resources: [] })
  const error = await thrown('access_denied', () => session.conduct('communicate', shut, { instruction: 'x' }))
  expect(error.message).toContain('none')
  const builder = new Builder({ session })
  const own = builder.communicate({ instruction: 'x' })
  expect((await flow(builder)).get(own)).toBe('b')
})

test('the lists are in the file, and a fork has those of its parent unless it is told otherwise', async () => {
  const path = join(folder, 'work.db')
  const model = scriptedModel(['a', 'b', 'c'], { name: 'gpt' })
  {
    await using session = await Session.open(path)
    const parent = await session.createBranch({
      name: 'parent',
      resources: ['gpt'],
      capabilities: ['risk', 'findings'],
    })
    const heir = await parent.fork('heir')
    await heir.fork('grandchild', { resources: ['claude'] })
    await parent.fork('other', { capabilities: ['risk'] })
    await parent.fork('empty', { resources: [], capabilities: [] })
    await (await session.createBranch({ name: 'open' })).fork('open-fork', { resources: ['gpt', 'gpt'] })
  }
  await using session = await Session.open(path, { imodel: model })
  const lists = new Map((await session.branches()).map((each) => [each.name, [each.resources, each.capabilities]]))
  expect(lists).toEqual(
    new Map([
      ['parent', [['gpt'], ['risk', 'findings']]],
      ['heir', [['gpt'], ['risk', 'findings']]],
      ['grandchild', [['claude'], ['risk', 'findings']]],
      ['other', [['gpt'], ['risk']]],
      ['empty', [[], []]],
      ['open', [undefined, undefined]],
      ['open-fork', [['gpt'], undefined]],
    ]),
  )
  for (const name of ['parent', 'heir', 'other']) await session.conduct('communicate', name, { instruction: 'x' })
  for (const name of ['grandchild', 'empty']) {
    await thrown('access_denied', () => session.conduct('communicate', name, { instruction: 'x' }))
  }
})

test('a fork that an operation makes of its branch keeps the lists as well', async () => {
  await using session = await Session.open(join(folder, 'work.db'))
  await session.createBranch({ name: 'chat', resources: ['gpt'] })
  const split = session.registerOperation('split', async ({ branch }, { name }: { name: string }) => {
    expect(branch?.resources).toEqual(['gpt'])
    await branch?.fork(name)
  })
  await session.conduct(split, 'chat', { name: 'fork' })
  expect((await session.branch('fork')).resources).toEqual(['gpt'])
})

test.each([{ resources: 'gpt' }, { resources: [''] }, { capabilities: [1] }, { capabilities: null }])(
  'a list that is none is refused where the branch is made: %j',
  async (lists) => {
    await using session = new Session()
    const wrong = lists as { resources: string[] }
    await thrown('invalid_request', () => session.createBranch(wrong))
    const parent = await session.createBranch()
    await thrown('invalid_request', () => parent.fork('x', wrong))
    expect(await session.branches()).toHaveLength(1)
  },
)
