import { BraidError, type BranchRecord, type Model, type Schema, tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { Builder, flow, flowStream, MemoryStore, Session } from '../src/index.ts'
import { aborted, endsOf, read, thrown, turn } from './material.ts'

test('conduct runs one operation now, on a branch that is made when it is missing', async () => {
  const session = new Session({ imodel: scriptedModel('answer') })
  expect(await session.conduct('communicate', 'chat', { instruction: 'x' })).toBe('answer')
  expect((await (await session.branch('chat')).messages()).map(({ text }) => text)).toEqual(['x', 'answer'])
  const double = session.registerOperation('double', async (_, params: { of: number }) => params.of * 2)
  expect(await session.conduct(double, 'chat', { of: 4 })).toBe(8)
})

test("conduct rejects with the operation's own error", async () => {
  const session = new Session({ imodel: scriptedModel(new BraidError('rate_limited', 'slow down')) })
  const error = await thrown('rate_limited', () => session.conduct('communicate', 'chat', { instruction: 'x' }))
  expect(error.operationId).toBe('communicate')
})

test('a branch is created once, found by name, and named in the error when it is not there', async () => {
  const session = new Session()
  const chat = await session.createBranch({ name: 'chat' })
  expect((await session.branch('chat')).name).toBe(chat.name)
  await thrown('duplicate_branch', () => session.createBranch({ name: 'chat' }))
  const error = await thrown('unknown_branch', () => session.branch('caht'))
  expect(error.message).toContain('"caht"')
  expect(error.message).toContain('chat')
})

test('branches without a name get free ones, also when they are made at once', async () => {
  const session = new Session()
  const made = await Promise.all([0, 1, 2, 3].map(() => session.createBranch()))
  expect(new Set(made.map(({ name }) => name))).toEqual(new Set(['branch', 'branch-2', 'branch-3', 'branch-4']))
  const [first] = made
  const forks = await Promise.all([0, 1].map(() => first?.fork()))
  expect(new Set(forks.map((fork) => fork?.name))).toEqual(new Set(['branch-fork', 'branch-fork-2']))
})

test('a branch that is made while an operation wants to make it is the same one', async () => {
  const store = new MemoryStore()
  const session = new Session({ imodel: scriptedModel('answer') }, { store })
  const other = new Session({}, { store })
  const conducted = session.conduct('communicate', 'chat', { instruction: 'x' })
  await Promise.all([conducted, other.createBranch({ name: 'chat' })])
  expect(await (await other.branch('chat')).messages()).toHaveLength(2)
  expect(await session.branches()).toHaveLength(1)
})

test('closing cancels what runs and waits for it, and tells readers why', async () => {
  const session = new Session()
  const builder = new Builder({ session })
  let stopped = false
  builder.task({
    name: 'a',
    run: async ({ signal }) => {
      await aborted(signal)
      await turn()
      stopped = true
    },
  })
  const reading = read(flowStream(builder))
  await turn()
  await session.close()
  expect(stopped).toBe(true)
  const { tuples, error } = await reading
  expect(endsOf(tuples).get('a')).toMatchObject({ status: 'cancelled', reason: { code: 'session_closed' } })
  expect(error).toMatchObject({ code: 'session_closed' })
})

test('a closed session does nothing more, and says so', async () => {
  const session = new Session({ imodel: scriptedModel('answer') })
  const builder = new Builder({ session })
  builder.communicate({ instruction: 'x' })
  await Promise.all([session.close(), session.close()])
  await thrown('session_closed', () => session.createBranch())
  await thrown('session_closed', () => session.branch('chat'))
  await thrown('session_closed', () => session.conduct('communicate', 'chat', { instruction: 'x' }))
  const { tuples, error } = await read(flowStream(builder))
  expect(error).toMatchObject({ code: 'session_closed' })
  expect(tuples).toHaveLength(1)
})

test('await using closes: models first, and the store also when a model cannot be closed', async () => {
  const closed: string[] = []
  const model = (name: string, close: () => Promise<void>): Model => ({ ...scriptedModel('answer', { name }), close })
  const session = new Session({
    imodel: model('good', async () => {
      closed.push('good')
    }),
  })
  session.services.register(model('bad', () => Promise.reject(new Error('stuck'))))
  await session.conduct('generate', 'chat', {
    instruction: 'x',
    imodel: model('object', async () => {
      closed.push('object')
    }),
  })
  await expect(session[Symbol.asyncDispose]()).rejects.toThrow('stuck')
  expect(closed.sort()).toEqual(['good', 'object'])
  await thrown('session_closed', () => session.store.branches())
})

test('the first model that is registered is the default, and a name has one model', async () => {
  const session = new Session()
  const first = scriptedModel('first', { name: 'a' })
  session.services.register(first, scriptedModel('second', { name: 'b' }))
  expect(await session.conduct('generate', 'x', { instruction: 'x' })).toBe('first')
  expect(await session.conduct('generate', 'x', { instruction: 'x', imodel: 'b' })).toBe('second')
  session.services.register(first)
  await thrown('duplicate_name', () => session.services.register(scriptedModel('third', { name: 'a' })))
})

test('a model is made once from the reference that names it, and a registered name goes before', async () => {
  const made: string[] = []
  const session = new Session(
    { imodel: 'test/a' },
    {
      models: (reference) => {
        made.push(reference)
        return reference.includes('/') ? scriptedModel(reference, { name: reference }) : undefined
      },
    },
  )
  const builder = new Builder({ session })
  const [a, b, again] = ['test/a', 'test/b', 'test/b'].map((imodel) => builder.generate({ instruction: 'x', imodel }))
  const results = await flow(builder)
  expect([a, b, again].map((each) => each && results.get(each))).toEqual(['test/a', 'test/b', 'test/b'])
  expect(made).toEqual(['test/a', 'test/b'])
  await thrown('unknown_imodel', () => session.conduct('generate', 'x', { instruction: 'x', imodel: 'nobody' }))
})

test('a branch is the same object while it is among the last that were looked up, and not every one that ever was is kept', async () => {
  const session = new Session()
  const [first, second] = [
    await session.createBranch({ name: 'first' }),
    await session.createBranch({ name: 'second' }),
  ]
  for (let index = 0; index < 999; index += 1) await session.createBranch({ name: `user-${index}` })
  expect(await session.branch('second')).toBe(second)
  expect(await session.branch('first')).not.toBe(first)
})

test('a free name is found with few questions, however many branches there are', async () => {
  let asked = 0
  const store = new (class extends MemoryStore {
    override branch(name: string): Promise<BranchRecord | undefined> {
      asked += 1
      return super.branch(name)
    }
    override branches(): Promise<readonly BranchRecord[]> {
      throw new Error('nobody needs all of them')
    }
  })()
  const session = new Session({}, { store })
  const made: string[] = []
  for (let count = 0; count < 200; count += 1) made.push((await session.createBranch()).name)
  expect(made).toEqual(['branch', ...Array.from({ length: 199 }, (_, index) => `branch-${index + 2}`)])
  expect(asked).toBeLessThan(200 * 20)
})

test('a session keeps no model alive that was made for one operation, and closes the last that it used', async () => {
  const session = new Session()
  const closed: number[] = []
  const references: WeakRef<Model>[] = []
  const use = async (index: number): Promise<void> => {
    const imodel: Model = { ...scriptedModel('x'), close: async () => void closed.push(index) }
    references.push(new WeakRef(imodel))
    const builder = new Builder({ session })
    builder.generate({ instruction: 'x', imodel })
    await flow(builder)
  }
  for (let index = 0; index < 300; index += 1) await use(index)
  for (let round = 0; round < 3; round += 1) {
    await turn()
    globalThis.gc?.()
  }
  const alive = references.filter((reference) => reference.deref() !== undefined).length
  expect(alive).toBeLessThan(100)
  await session.close()
  expect(closed).toEqual(expect.arrayContaining(Array.from({ length: 64 }, (_, index) => 236 + index)))
})

test('models and tools are registered by name, all or none, and a name has one of them', async () => {
  const session = new Session()
  const input: Schema<object> = {
    '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value: value as object }) },
  }
  const make = (name: string) => tool({ name, description: '', input, run: () => name })
  const search = make('search')
  session.services.register(search, scriptedModel('x', { name: 'gpt' }))
  session.services.register(search)
  expect(session.services.tool('search')).toBe(search)
  expect(session.services.imodel().name).toBe('gpt')
  for (const double of [make('search'), make('gpt'), scriptedModel('x', { name: 'search' })]) {
    await thrown('duplicate_name', () => session.services.register(make('fetch'), double))
  }
  await thrown('duplicate_name', () => session.services.register(make('fetch'), make('fetch')))
  const error = await thrown('unknown_tool', () => session.services.tool('serch'))
  expect(error.message).toContain('"serch" (did you mean "search"?)')
  await thrown('unknown_tool', () => session.services.tool('fetch'))
})
