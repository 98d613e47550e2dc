import { Builder, flow } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { ground } from '../laws/material.ts'
import { refused } from './material.ts'

const run = () => 1
const edgesOf = (builder: Builder) =>
  builder.operations.flatMap(({ id, dependsOn }) => dependsOn.map((from) => `${from} → ${id}`))

describe('a branch', () => {
  test('is given by its name, as itself, or by a name that nobody has used yet, and the turn is there', async () => {
    const { server, session, builder } = await ground()
    server.reply(({ prompt }) => `answer to ${prompt}`, { times: Number.POSITIVE_INFINITY })
    const theirs = await session.createBranch({ name: 'theirs' })
    await session.createBranch({ name: 'named' })
    const plan = builder()
    plan.communicate({ instruction: 'one', branch: theirs })
    plan.communicate({ instruction: 'two', branch: 'named' })
    plan.communicate({ instruction: 'three', branch: 'new' })
    expect(plan.operations.map(({ branch }) => branch)).toEqual(['theirs', 'named', 'new'])
    await flow(plan)
    const said = async (name: string) => (await (await session.branch(name)).messages()).map(({ text }) => text)
    expect(await said('theirs')).toEqual(['one', 'answer to one'])
    expect(await said('named')).toEqual(['two', 'answer to two'])
    expect(await said('new')).toEqual(['three', 'answer to three'])
  })

  test.each([
    ['an empty text', ''],
    ['a text of spaces', ' '],
    ['null', null],
    ['a number', 5],
    ['a list', []],
    ['an object without a name', {}],
  ])('is not %s: that is an error at the call, and nothing is added', async (_, branch) => {
    const builder = new Builder()
    const error = await refused('invalid_plan', () =>
      builder.communicate({ instruction: 'x', branch: branch as never }),
    )
    expect(error.message).toContain('`branch`')
    expect(builder.operations).toEqual([])
  })

  test('that was not given is not there, and the name of one is what was written, with its spaces', () => {
    const builder = new Builder()
    expect(builder.generate({ instruction: 'x' }).branch).toBeUndefined()
    expect(builder.generate({ instruction: 'x', branch: ' main ' }).branch).toBe(' main ')
  })
})

test('a kind is told the very object that was given, and not a copy of it', async () => {
  const { session, builder } = await ground()
  const told: unknown[] = []
  const kind = session.registerOperation('tell', async (_, params: { readonly deep: { readonly list: number[] } }) => {
    told.push(params.deep)
  })
  const params = { deep: { list: [1, 2] } }
  const plan = builder()
  plan.add('a', kind, params)
  await flow(plan)
  expect(told[0]).toBe(params.deep)
})

test('context comes from everything that is named as context, and from nothing that is only waited for', async () => {
  const { server, builder } = await ground()
  server.reply(({ prompt }) => `answer to ${prompt}`, { times: Number.POSITIVE_INFINITY })
  const plan = builder()
  const [first, second, waited] = ['first', 'second', 'waited'].map((instruction) => plan.generate({ instruction }))
  plan.generate({ instruction: 'last', dependsOn: waited!, contextFrom: [first!, second!] })
  await flow(plan)
  const prompt = server.requests.at(-1)?.prompt
  expect(prompt).toContain('last')
  expect(prompt).toContain('answer to first')
  expect(prompt).toContain('answer to second')
  expect(prompt).not.toContain('answer to waited')
})

describe('a sequence', () => {
  test('makes one dependency between each two neighbours, and the provider is asked in that order', async () => {
    const { server, builder } = await ground()
    const plan = builder()
    for (const name of ['c', 'a', 'b']) plan.generate({ name, instruction: name })
    expect(plan.sequence('a', 'b', 'c')).toBe(plan)
    expect(edgesOf(plan).sort()).toEqual(['a → b', 'b → c'])
    await flow(plan)
    expect(server.requests.map(({ prompt }) => prompt)).toEqual(['a', 'b', 'c'])
  })

  test('needs two operations that are there, or nothing of it is made', async () => {
    const builder = new Builder()
    for (const name of ['a', 'b']) builder.task({ name, run })
    await refused('invalid_plan', () => builder.sequence())
    await refused('invalid_plan', () => builder.sequence('a'))
    await refused('unknown_operation', () => builder.sequence('a', 'b', 'c'))
    expect(edgesOf(builder)).toEqual([])
  })

  test('that would close a cycle is refused as a whole', async () => {
    const builder = new Builder()
    for (const name of ['a', 'b', 'c']) builder.task({ name, run })
    builder.dependsOn('b', 'c')
    await refused('cycle', () => builder.sequence('a', 'b', 'c'))
    expect(edgesOf(builder)).toEqual(['c → b'])
  })
})

describe('parallel', () => {
  test('makes nothing, and the operations are under way together', async () => {
    const { server, builder } = await ground()
    server.reply(
      async () => {
        await server.until(({ requests }) => requests.length === 2)
        return 'both are here'
      },
      { times: 2 },
    )
    const plan = builder()
    for (const name of ['a', 'b']) plan.generate({ name, instruction: name })
    expect(plan.parallel('a', 'b')).toBe(plan)
    expect(edgesOf(plan)).toEqual([])
    await flow(plan)
    expect(server.peakActive).toBe(2)
  })

  test('is refused where one waits for another, by a path or on a branch, or is not there', async () => {
    const builder = new Builder()
    for (const name of ['a', 'b', 'c']) builder.task({ name, run })
    for (const name of ['d', 'e']) builder.task({ name, branch: 'main', run })
    builder.sequence('a', 'b', 'c')
    expect((await refused('not_parallel', () => builder.parallel('c', 'a'))).message).toContain('a → b → c')
    expect((await refused('not_parallel', () => builder.parallel('d', 'e'))).message).toContain('"main"')
    await refused('unknown_operation', () => builder.parallel('a', 'f'))
    await refused('invalid_plan', () => builder.parallel('a'))
  })
})

describe('an aggregation', () => {
  test('takes what nothing depends on yet, and its prompt has the results of those alone', async () => {
    const { server, builder } = await ground()
    server.reply(({ prompt }) => `answer to ${prompt.split('\n')[0]}`, { times: Number.POSITIVE_INFINITY })
    const plan = builder()
    const root = plan.generate({ name: 'root', instruction: 'root' })
    for (const name of ['left', 'right']) plan.generate({ name, instruction: name, dependsOn: root })
    const all = plan.addAggregation('all', 'generate', { instruction: 'all' })
    expect(all.contextFrom).toEqual(['left', 'right'])
    await flow(plan)
    const prompt = server.requests.at(-1)?.prompt
    expect(prompt).toContain('answer to left')
    expect(prompt).toContain('answer to right')
    expect(prompt).not.toContain('answer to root')
  })

  test('takes the sources that it is given, by name or as themselves', () => {
    const builder = new Builder()
    const a = builder.task({ name: 'a', run })
    for (const name of ['b', 'c']) builder.task({ name, run })
    const all = builder.addAggregation('all', 'generate', { instruction: 'x' }, { sources: [a, 'c'] })
    expect(all.contextFrom).toEqual(['a', 'c'])
    expect(all.dependsOn).toEqual(['a', 'c'])
  })

  test('of nothing, of what is not there, or under a name that is taken, is an error, and nothing is added', async () => {
    const builder = new Builder()
    const aggregate = (sources?: string[]) => () =>
      builder.addAggregation('all', 'generate', { instruction: 'x' }, sources ? { sources } : {})
    await refused('invalid_plan', aggregate())
    builder.task({ name: 'a', run })
    await refused('invalid_plan', aggregate([]))
    await refused('unknown_operation', aggregate(['a', 'b']))
    const first = aggregate()()
    await refused('duplicate_name', aggregate(['a']))
    expect(builder.get('all')).toBe(first)
    expect(builder.operations).toHaveLength(2)
  })
})

test('a builder that was cleared is empty, and is used again with the same names', async () => {
  const { server, builder } = await ground()
  const plan = builder()
  const old = plan.generate({ name: 'a', instruction: 'old' })
  expect(plan.clear()).toBe(plan)
  expect([plan.operations, plan.heads]).toEqual([[], []])
  await refused('unknown_operation', () => plan.get('a'))
  await refused('unknown_operation', () => flow(old))
  plan.generate({ name: 'a', instruction: 'new' })
  await flow(plan)
  expect(server.requests.map(({ prompt }) => prompt)).toEqual(['new'])
})

test('a plan that was built stays as it was, whatever its builder is given later', async () => {
  const { server, builder } = await ground()
  const plan = builder()
  plan.generate({ name: 'a', instruction: 'a' })
  const built = plan.build()
  plan.generate({ name: 'b', instruction: 'b' })
  expect(built.operations.map(({ id }) => id)).toEqual(['a'])
  await flow(built)
  expect(server.requests.map(({ prompt }) => prompt)).toEqual(['a'])
})

test.each([-1, Number.NaN])('a time of %d is no time that an operation may take', async (timeout) => {
  const error = await refused('invalid_plan', () => new Builder().task({ timeout, run }))
  expect(error.message).toContain('`timeout`')
})
