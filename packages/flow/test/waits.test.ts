import type { Operation } from '@braid/core'
import { expect, test } from 'vitest'
import { Builder, flow, flowStream } from '../src/index.ts'
import { endsOf, read, thrown, turns } from './material.ts'

const one = (builder: Builder, name: string, shape: object = {}): Operation<number> =>
  builder.task({ name, ...shape, run: () => 1 })

/** Says more than waits for a reader anywhere. */
const speaking = (builder: Builder, name: string, shape: object = {}): Operation<unknown> =>
  builder.task({
    name,
    ...shape,
    async *run() {
      for (let word = 0; word < 200; word += 1) yield 'word '
    },
  })

const hearing = (builder: Builder, name: string, of: Operation, shape: object = {}): Operation<number> =>
  builder.task({
    name,
    ...shape,
    streamFrom: of,
    async run({ stream }) {
      let heard = 0
      for await (const _ of stream(of)) heard += 1
      return heard
    },
  })

test('what is inside of a group cannot wait for what waits for the group', async () => {
  const builder = new Builder()
  const kept: { sub?: Builder; inside?: Operation } = {}
  const group = builder.subgraph({
    name: 'group',
    build: (sub) => {
      kept.sub = sub
      kept.inside = one(sub, 'inside')
      return kept.inside as Operation<number>
    },
  })
  const after = one(builder, 'after', { dependsOn: group })
  const error = await thrown('cycle', () => kept.sub?.dependsOn('inside', after))
  expect(error.message).toContain('group/inside → group → after → group/inside')
  await thrown('cycle', () => kept.sub?.dependsOn('inside', group))
  await thrown('cycle', () => kept.sub?.subgraph({ build: (deep) => one(deep, 'deep', { dependsOn: after }) }))
  await thrown('cycle', () =>
    builder.subgraph({ name: 'own', build: (sub) => one(sub, 'x', { dependsOn: builder.get('own') }) }),
  )
  expect((await flow(builder)).get(after)).toBe(1)
})

test('nor, when it is built at run time, for its own group, nor for what comes after that on a branch', async () => {
  const own = new Builder()
  own.expand({
    name: 'group',
    items: () => [1],
    each: (_, sub) => one(sub, 'inside', { dependsOn: own.get('group') }),
    max: 1,
  })
  expect((await thrown('run_failed', () => flow(own))).errors).toMatchObject([{ code: 'cycle', operationId: 'group' }])

  const builder = new Builder()
  let later: Operation<number> | undefined
  let tangled = true
  const group = builder.expand({
    name: 'group',
    branch: 'b',
    items: () => [1],
    each: (_, sub) => one(sub, 'inside', tangled ? { dependsOn: later } : {}),
    max: 1,
  })
  later = one(builder, 'later', { branch: 'b' })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors).toMatchObject([{ code: 'cycle', operationId: 'group' }])
  expect(error.message).toContain('"group" goes before "later" on the branch "b"')
  // What could not run is not there any more: it is built again.
  tangled = false
  expect((await flow(builder)).get(group)).toEqual([1])
})

test('who reads a stream cannot wait for its end: by an edge, on a branch, through a group, or behind another reader', async () => {
  const plans: Record<string, (builder: Builder, source: Operation) => unknown> = {
    'source → next → reader': (builder, source) =>
      hearing(builder, 'reader', source, { dependsOn: one(builder, 'next', { dependsOn: source }) }),
    'source → writes → reader': (builder, source) => {
      one(builder, 'writes', { branch: 'b', dependsOn: source })
      hearing(builder, 'reader', source, { branch: 'b' })
    },
    'source → next → group → group/reader': (builder, source) =>
      builder.subgraph({
        name: 'group',
        dependsOn: one(builder, 'next', { dependsOn: source }),
        build: (sub) => hearing(sub, 'reader', source),
      }),
    'source → first → second': (builder, source) => {
      hearing(builder, 'first', source, { branch: 'b' })
      hearing(builder, 'second', source, { branch: 'b' })
    },
  }
  for (const [path, add] of Object.entries(plans)) {
    const builder = new Builder()
    add(builder, speaking(builder, 'source'))
    const error = await thrown('invalid_plan', () => flowStream(builder))
    expect(error.message).toContain(path)
    expect(error.message).toContain('reads the stream of "source"')
  }
})

test('the same, built at run time, fails the group that built it', async () => {
  const builder = new Builder()
  builder.expand({
    name: 'group',
    items: () => [1],
    each: (_, sub) => {
      const source = speaking(sub, 'source')
      return hearing(sub, 'reader', source, { dependsOn: one(sub, 'next', { dependsOn: source }) })
    },
    max: 1,
  })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors).toMatchObject([{ code: 'invalid_plan', operationId: 'group' }])
})

test('what is built at run time takes its turn on a branch that its group does not hold', async () => {
  const builder = new Builder()
  let writing = 0
  const writes = (where: Builder): Operation<number> =>
    where.task({
      name: 'writes',
      branch: 'b',
      async run({ branch }) {
        writing += 1
        expect(writing).toBe(1)
        await branch?.messages()
        await turns(3)
        await branch?.append({ role: 'user', content: 'x' })
        writing -= 1
        return 1
      },
    })
  for (const name of ['first', 'second']) {
    builder.expand({ name, items: () => [1], each: (_, sub) => writes(sub), max: 1 })
  }
  writes(builder)
  await flow(builder)
  expect(await (await builder.session.branch('b')).messages()).toHaveLength(3)
})

test('two groups that each hold the branch which the other’s inside wants do not wait for ever: one fails, by name', async () => {
  const builder = new Builder()
  for (const [name, holds, wants] of [
    ['first', 'a', 'b'],
    ['second', 'b', 'a'],
  ] as const) {
    builder.expand({
      name,
      branch: holds,
      items: () => [1],
      each: (_, sub) => one(sub, 'in', { branch: wants }),
      max: 1,
    })
  }
  const { tuples } = await read(flowStream(builder))
  const ends = endsOf(tuples)
  expect(ends.get('second/0/in')).toMatchObject({ status: 'failed', error: { code: 'cycle' } })
  expect(ends.get('second')?.status).toBe('failed')
  expect(ends.get('first')?.status).toBe('completed')
})

test('who wants only the end of a stream that was skipped is told so', async () => {
  const builder = new Builder()
  const source = speaking(builder, 'source', { when: () => false })
  hearing(builder, 'reader', source, { join: 'settled' })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome('reader')).toMatchObject({ error: { code: 'not_completed' } })
})
