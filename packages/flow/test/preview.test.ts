import { BraidError, type ModelRequest, type Results, tool } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { Builder, flow, jsonSchema, MemoryStore, Session } from '../src/index.ts'
import { thrown } from './material.ts'

/** A request without what is made anew each time: the ids and times of its messages. */
function plain(request: ModelRequest | undefined): unknown {
  return {
    ...request,
    messages: request?.messages.map((message) => [message.role, message.content]),
  }
}

const look = tool({ name: 'look', description: 'looks', input: jsonSchema<object>({ type: 'object' }), run: () => 'x' })
const output = jsonSchema<{ n: number }>({ type: 'object', properties: { n: { type: 'number' } } })

/** A store that counts what is written. */
class Counting extends MemoryStore {
  writes = 0
  override write(changes: Parameters<MemoryStore['write']>[0]): Promise<void> {
    this.writes += 1
    return super.write(changes)
  }
}

test.each(['generate', 'communicate', 'operate', 'react'] as const)(
  'the preview of %s is what it then sends: history, window, context, tools and output',
  async (kind) => {
    const model = scriptedModel(['facts', '{"n":1}'])
    const store = new Counting()
    const session = new Session({ imodel: model }, { store })
    session.services.register(look)
    const chat = await session.createBranch({ name: 'chat', system: 'Be brief.', window: { last: 2 } })
    await chat.append({ role: 'user', content: 'gone' }, { role: 'assistant', content: 'gone too' })
    await chat.append({ role: 'user', content: 'q' }, { role: 'assistant', content: 'a' })
    const builder = new Builder({ session })
    const facts = builder.generate({ name: 'facts', instruction: 'x' })
    const params = {
      instruction: (results: Results) => `Use ${results.get(facts).length} letters`,
      context: { audience: 'children' },
      tools: ['look'],
      output,
    }
    const operation = builder.add('asked', kind, params, { contextFrom: facts, branch: 'chat' })
    await flow(facts)
    const { writes } = store
    const request = await session.preview(operation)
    expect(await session.preview(operation)).toEqual({ ...request, messages: expect.anything() })
    expect(store.writes).toBe(writes)
    expect(model.calls).toHaveLength(1)
    expect(request.tools).toEqual([look])
    expect(request.output).toBe(output)
    expect(request.messages).toHaveLength(kind === 'generate' ? 1 : 4)

    await flow(operation)
    expect(plain(request)).toEqual(plain(model.calls[1]))
    expect(await chat.messages()).toHaveLength(kind === 'generate' ? 5 : 7)
  },
)

test('the field in which operate reasons first is in the preview', async () => {
  const model = scriptedModel('{"reasoning":"hm","n":1}')
  const session = new Session({ imodel: model })
  const asked = new Builder({ session }).operate({ instruction: 'x', output, reason: true })
  const request = await session.preview(asked)
  await flow(asked)
  const words = (of: ModelRequest | undefined) =>
    of?.output?.['~standard'].jsonSchema?.input({ target: 'draft-2020-12' })
  expect(words(request)).toEqual(words(model.calls[0]))
  expect(words(request)).not.toEqual(words({ messages: [], output }))
})

test('a branch that is not there yet, or is its own, is imagined and not made', async () => {
  const session = new Session()
  const builder = new Builder({ session })
  for (const branch of [undefined, 'new']) {
    const asked = builder.communicate({ instruction: 'x', ...(branch === undefined ? {} : { branch }) })
    expect(plain(await session.preview(asked))).toEqual({
      messages: [['user', { type: 'instruction', instruction: 'x' }]],
    })
  }
  expect(await session.branches()).toEqual([])
})

test('what it depends on has to have a result, as far as its join wants it', async () => {
  const session = new Session({ imodel: scriptedModel('x') })
  const builder = new Builder({ session })
  const done = builder.task({ name: 'done', run: () => 1 })
  const failed = builder.task({ name: 'failed', run: () => Promise.reject(new Error('no')) })
  const open = builder.task({ name: 'open', run: () => 1 })
  await flow([done, failed], { onError: 'continue' })
  const asking = (join: 'all' | 'any' | 'settled', dependsOn: (typeof done)[]) =>
    builder.generate({ instruction: 'x', dependsOn, join })
  const error = await thrown('not_completed', () => session.preview(asking('all', [done, failed, open])))
  expect(error.message).toContain('"failed" (failed), "open" (not run)')
  await thrown('not_completed', () => session.preview(asking('settled', [done, failed, open])))
  await thrown('not_completed', () => session.preview(asking('any', [open])))
  for (const operation of [asking('any', [done, open]), asking('settled', [done, failed]), asking('all', [done])]) {
    expect((await session.preview(operation)).messages).toHaveLength(1)
  }
})

test('a turn that failed is previewed as it will be asked again', async () => {
  const model = scriptedModel([['half', new BraidError('overloaded', 'later')], 'whole'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const asked = builder.communicate({ instruction: 'x', branch: 'chat' })
  await flow(builder, { onError: 'continue' })
  const request = await session.preview(asked)
  await flow(builder)
  expect(plain(request)).toEqual(plain(model.calls[1]))
  expect(request.messages).toHaveLength(1)
})

test('a summary that was not made is announced in its place, and one that was made stands there', async () => {
  const model = scriptedModel(['short', 'fine'], { name: 'model' })
  const session = new Session({ imodel: model })
  const chat = await session.createBranch({ name: 'chat', window: { summary: { after: 1, keep: 0 } } })
  await chat.append({ role: 'user', content: 'q' }, { role: 'assistant', content: 'a' })
  const builder = new Builder({ session })
  const asked = builder.communicate({ instruction: 'now', branch: chat })
  const fork = builder.communicate({ instruction: 'now', branch: await chat.fork() })
  const [before] = (await session.preview(asked)).messages
  expect(before).toMatchObject({ text: expect.stringContaining('[a summary that model makes when this is sent]') })
  expect(model.calls).toHaveLength(0)
  await flow(asked)
  const [after] = (await session.preview(fork)).messages
  expect(after).toMatchObject({ text: expect.stringMatching(/short$/) })
})

test('parse and interpret are previewed too; a text that reads by itself needs no model', async () => {
  const model = scriptedModel(['{"n":2}', 'a prompt'])
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  const parse = builder.parse({ text: 'the number two', output })
  const interpret = builder.interpret({ text: 'tell me', style: 'short' })
  const previews = [await session.preview(parse), await session.preview(interpret)]
  await flow(builder, { concurrency: 1 })
  expect(previews.map(plain)).toEqual(model.calls.map(plain))
  const plainly = builder.parse({ text: '{"n":1}', output })
  await thrown('invalid_request', () => session.preview(plainly))
})

test('what asks no model, belongs to another session, or is forbidden is a named error', async () => {
  const session = new Session({ imodel: scriptedModel('x', { name: 'model' }) })
  const builder = new Builder({ session })
  const { message } = await thrown('invalid_request', () =>
    session.preview(builder.task({ name: 'code', run: () => 1 })),
  )
  expect(message).toContain('"code"')
  await thrown('invalid_request', () => session.preview(builder.act({ calls: [] })))
  await thrown('invalid_plan', () => session.preview('x' as never))
  await thrown('foreign_operation', () => session.preview(new Builder().generate({ instruction: 'x' })))
  const branch = await session.createBranch({ resources: [] })
  await thrown('access_denied', () => session.preview(builder.communicate({ instruction: 'x', branch })))
  await thrown('unknown_tool', () => session.preview(builder.communicate({ instruction: 'x', tools: ['nobody'] })))
  await session.close()
  await thrown('session_closed', () => session.preview(builder.generate({ instruction: 'x' })))
})
