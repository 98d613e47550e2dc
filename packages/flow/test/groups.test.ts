import type { Operation } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { Builder, type FlowChunk, flow, flowStream, Session } from '../src/index.ts'
import { thrown } from './material.ts'

/** Ids and ends, in the order in which they were shown. */
async function lives(stream: AsyncIterable<FlowChunk>): Promise<string[]> {
  const seen: string[] = []
  for await (const [id, chunk] of stream) {
    if (chunk.type === 'operation-start') seen.push(`${id} starts`)
    if (chunk.type === 'operation-end') seen.push(`${id} ${chunk.status}`)
  }
  return seen
}

const number = (builder: Builder, name: string, value: number, dependsOn: Operation[] = []): Operation<number> =>
  builder.task({ name, dependsOn, run: () => value })

test('an expand runs one inside per item, with ids that are paths, and gives their results in the order of the items', async () => {
  const builder = new Builder()
  const list = builder.task({ name: 'list', run: () => [3, 1, 2] })
  const squares = builder.expand({
    name: 'squares',
    dependsOn: list,
    items: (results) => results.get(list),
    each: (item, sub) => {
      const root = sub.task({ name: 'root', run: () => item })
      return sub.task({ name: 'square', dependsOn: root, run: ({ results }) => results.get(root) ** 2 })
    },
    max: 3,
  })
  const sum = builder.task({ name: 'sum', dependsOn: squares, run: ({ results }) => results.get(squares).join('+') })
  const stream = flowStream(builder)
  const seen = await lives(stream)
  expect(seen.slice(0, 3)).toEqual(['list starts', 'list completed', 'squares starts'])
  expect(new Set(seen.slice(3, -3))).toEqual(
    new Set(
      [0, 1, 2].flatMap((index) =>
        ['root', 'square'].flatMap((name) => [`squares/${index}/${name} starts`, `squares/${index}/${name} completed`]),
      ),
    ),
  )
  expect(seen.slice(-3)).toEqual(['squares completed', 'sum starts', 'sum completed'])
  const results = await stream.results
  expect(results.get(squares)).toEqual([9, 1, 4])
  expect(results.get(sum)).toBe('9+1+4')
  expect([...results].map(([id]) => id)).toEqual([
    'list',
    'squares',
    'squares/0/root',
    'squares/0/square',
    'squares/1/root',
    'squares/1/square',
    'squares/2/root',
    'squares/2/square',
    'sum',
  ])
  expect(stream.progress).toMatchObject({ completed: 9, total: 9, queued: 0, running: 0 })
})

test('an expand over nothing is an empty list', async () => {
  const builder = new Builder()
  const none = builder.expand({
    items: () => [] as number[],
    each: (item, sub) => sub.task({ run: () => item }),
    max: 1,
  })
  expect((await flow(builder)).get(none)).toEqual([])
})

test('more items than the cap is an error with a name, and nothing inside runs', async () => {
  const builder = new Builder()
  builder.expand({ name: 'many', items: () => [1, 2, 3], each: (item, sub) => sub.task({ run: () => item }), max: 2 })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors?.map(({ code, operationId }) => [code, operationId])).toEqual([['too_many_items', 'many']])
  expect([...(error.results ?? [])]).toHaveLength(1)
})

test('what fails inside fails the group, is told once, and skips what needs the group, naming the one to blame', async () => {
  const builder = new Builder()
  const group = builder.expand({
    name: 'group',
    items: () => [0, 1],
    each: (item, sub) => {
      const may = sub.task({ name: 'may', run: () => (item === 1 ? Promise.reject(new Error('no')) : item) })
      return sub.task({ name: 'then', dependsOn: may, run: () => item })
    },
    max: 2,
  })
  builder.task({ name: 'after', dependsOn: group, run: () => 1 })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors?.map(({ operationId }) => operationId)).toEqual(['group/1/may'])
  const outcomes = Object.fromEntries([...(error.results ?? [])].map(([id, outcome]) => [id, outcome]))
  expect(outcomes['group/0/then']).toMatchObject({ status: 'completed', result: 0 })
  expect(outcomes['group/1/then']).toEqual({ status: 'skipped', because: 'group/1/may' })
  expect(outcomes['group']).toMatchObject({
    status: 'failed',
    error: { operationId: 'group', cause: { operationId: 'group/1/may' } },
  })
  expect(outcomes['after']).toEqual({ status: 'skipped', because: 'group/1/may' })
})

test('a group whose inside was skipped by a condition is skipped, naming it', async () => {
  const builder = new Builder()
  const group = builder.subgraph({
    name: 'group',
    build: (sub) => sub.task({ name: 'a', when: () => false, run: () => 1 }),
  })
  builder.task({ name: 'after', dependsOn: group, run: () => 1 })
  expect(await lives(flowStream(builder))).toEqual([
    'group starts',
    'group/a skipped',
    'group skipped',
    'after skipped',
  ])
  expect((await flow(builder)).outcome('after')).toEqual({ status: 'skipped', because: 'group/a' })
})

test('a finished inside is not run again when its group is', async () => {
  const builder = new Builder()
  const runs: string[] = []
  let fails = true
  const group = builder.expand({
    name: 'group',
    items: () => ['a', 'b'],
    each: (item, sub) =>
      sub.task({
        name: 'each',
        run: () => {
          runs.push(item)
          if (item === 'b' && fails) throw new Error('not yet')
          return item
        },
      }),
    max: 2,
  })
  await thrown('run_failed', () => flow(builder))
  fails = false
  expect((await flow(builder)).get(group)).toEqual(['a', 'b'])
  expect(runs).toEqual(['a', 'b', 'b'])
  expect((await flow(builder, { fresh: true })).get(group)).toEqual(['a', 'b'])
  expect(runs).toEqual(['a', 'b', 'b', 'a', 'b'])
})

test('a repeat goes from round to round until it is good', async () => {
  const builder = new Builder()
  const first = number(builder, 'first', 1)
  const rounds: number[] = []
  const good = builder.repeat({
    name: 'refine',
    from: first,
    step: (current, sub) =>
      sub.task({ name: 'twice', dependsOn: current, run: ({ results }) => results.get(current) * 2 }),
    until: (value, round) => {
      rounds.push(round)
      return value >= 8
    },
    max: 5,
  })
  expect(await lives(flowStream(builder))).toEqual([
    'first starts',
    'first completed',
    'refine starts',
    'refine/1/twice starts',
    'refine/1/twice completed',
    'refine/2/twice starts',
    'refine/2/twice completed',
    'refine/3/twice starts',
    'refine/3/twice completed',
    'refine completed',
  ])
  expect((await flow(builder)).get(good)).toBe(8)
  expect(rounds).toEqual([0, 1, 2, 3])
})

test('a repeat leaves what is good already, and stops at its maximum with the last value', async () => {
  const builder = new Builder()
  const first = number(builder, 'first', 1)
  const step = (current: Operation<number>, sub: Builder): Operation<number> =>
    sub.task({ name: 'next', dependsOn: current, run: ({ results }) => results.get(current) + 1 })
  const none = builder.repeat({ name: 'none', from: first, step, until: () => true, max: 3 })
  const all = builder.repeat({ name: 'all', from: first, step, until: () => false, max: 3 })
  const results = await flow(builder)
  expect(results.get(none)).toBe(1)
  expect(results.get(all)).toBe(4)
})

test('a subgraph is one operation with an inside, which may take from outside', async () => {
  const builder = new Builder()
  const essay = builder.task({ name: 'essay', run: () => 'essay' })
  const poem = builder.task({ name: 'poem', run: () => 'poem' })
  const review = (sub: Builder, text: Operation<string>): Operation<string> => {
    const critic = sub.task({ name: 'critic', dependsOn: text, run: ({ results }) => `${results.get(text)}?` })
    return sub.task({ name: 'judge', dependsOn: critic, run: ({ results }) => `${results.get(critic)}!` })
  }
  const verdicts = [
    builder.subgraph({ name: 'essay-review', dependsOn: essay, build: (sub) => review(sub, essay) }),
    builder.subgraph({ name: 'poem-review', build: (sub) => review(sub, poem) }),
  ]
  expect(builder.heads.map(({ id }) => id)).toEqual(['essay-review', 'poem-review'])
  const results = await flow(verdicts)
  expect(results.all(verdicts)).toEqual(['essay?!', 'poem?!'])
  expect(results.outcome('poem-review/critic')).toMatchObject({ status: 'completed', result: 'poem?' })
})

test('what is inside starts as soon as its own edges allow, though its group was begun before', async () => {
  const builder = new Builder()
  let release = (): void => {}
  const slow = builder.task({
    name: 'slow',
    run: () =>
      new Promise<number>((resolve) => {
        release = () => resolve(1)
      }),
  })
  const group = builder.subgraph({
    name: 'group',
    build: (sub) => {
      const free = sub.task({ name: 'free', run: () => 1 })
      return sub.task({ name: 'late', dependsOn: [free, slow], run: () => 2 })
    },
  })
  const seen: string[] = []
  for await (const [id, chunk] of flowStream(builder)) {
    if (chunk.type === 'operation-end') seen.push(id)
    if (id === 'group/free' && chunk.type === 'operation-end') release()
  }
  expect(seen).toEqual(['group/free', 'slow', 'group/late', 'group'])
  expect((await flow(builder)).get(group)).toBe(2)
})

test('groups stand in groups', async () => {
  const builder = new Builder()
  const outer = builder.expand({
    name: 'outer',
    items: () => [1, 2],
    each: (item, sub) =>
      sub.repeat({
        name: 'inner',
        from: sub.task({ name: 'start', run: () => item }),
        step: (current, round) =>
          round.subgraph({
            name: 'plus',
            build: (inside) =>
              inside.task({ name: 'one', dependsOn: current, run: ({ results }) => results.get(current) + 1 }),
          }),
        until: (value) => value >= 3,
        max: 9,
      }),
    max: 2,
  })
  const seen = await lives(flowStream(builder, { concurrency: 1 }))
  expect(seen).toContain('outer/0/inner/2/plus/one completed')
  expect(seen.at(-1)).toBe('outer completed')
  expect((await flow(builder)).get(outer)).toEqual([3, 3])
})

test('at concurrency 1 a group takes no slot from what is inside of it', async () => {
  const builder = new Builder()
  const group = builder.expand({ items: () => [1, 2, 3], each: (item, sub) => sub.task({ run: () => item }), max: 3 })
  expect((await flow(builder, { concurrency: 1 })).get(group)).toEqual([1, 2, 3])
})

test('cancelling a group ends all that is inside of it, and skips what needs it', async () => {
  const builder = new Builder()
  const group = builder.subgraph({
    name: 'group',
    build: (sub) => {
      const waits = sub.task({
        name: 'waits',
        run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      })
      return sub.task({ name: 'next', dependsOn: waits, run: () => 1 })
    },
  })
  builder.task({ name: 'after', dependsOn: group, run: () => 1 })
  const stream = flowStream(builder, { onError: 'continue' })
  const seen: string[] = []
  for await (const [id, chunk] of stream) {
    if (id === 'group/waits' && chunk.type === 'operation-start') void stream.cancelOperation(group)
    if (chunk.type === 'operation-end') seen.push(`${id} ${chunk.status}`)
  }
  expect(seen).toEqual(['group/waits cancelled', 'group/next cancelled', 'group cancelled', 'after skipped'])
})

test('a group that takes too long is stopped with all that is inside of it', async () => {
  const builder = new Builder()
  builder.subgraph({
    name: 'group',
    timeout: 5,
    build: (sub) =>
      sub.task({
        name: 'waits',
        run: ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      }),
  })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors?.map(({ code, operationId }) => [code, operationId])).toEqual([['timeout', 'group']])
})

test('leaving a run ends what is inside of its groups, and then the groups', async () => {
  const session = new Session()
  const builder = new Builder({ session })
  let running = 0
  builder.expand({
    name: 'group',
    items: () => [1, 2, 3],
    each: (_, sub) =>
      sub.task({
        name: 'endless',
        async *run({ signal }) {
          running += 1
          try {
            while (!signal.aborted) {
              yield 'x'
              await new Promise((resolve) => setImmediate(resolve))
            }
          } finally {
            running -= 1
          }
        },
      }),
    max: 3,
  })
  const stream = flowStream(builder)
  for await (const [, chunk] of stream) if (chunk.type === 'text-delta' && running === 3) break
  expect(running).toBe(0)
  expect(stream.progress).toEqual({
    queued: 0,
    running: 0,
    completed: 0,
    failed: 0,
    skipped: 0,
    cancelled: 4,
    total: 4,
  })
})

test('operations outside wait for a group that writes their branch, in the order added', async () => {
  const model = scriptedModel((request) => `answer ${request.messages.length}`)
  const session = new Session({ imodel: model })
  const builder = new Builder({ session })
  builder.communicate({ name: 'one', instruction: '1', branch: 'b' })
  builder.subgraph({
    name: 'group',
    build: (sub) => {
      sub.communicate({ name: 'two', instruction: '2', branch: 'b' })
      return sub.communicate({ name: 'three', instruction: '3', branch: 'b' })
    },
  })
  builder.communicate({ name: 'four', instruction: '4', branch: 'b' })
  await flow(builder)
  const messages = await (await session.branch('b')).messages()
  expect(messages.map(({ text }) => text)).toEqual(['1', 'answer 1', '2', 'answer 3', '3', 'answer 5', '4', 'answer 7'])
})

test('text of a group is the text of what it returns', async () => {
  const builder = new Builder()
  const group = builder.subgraph({
    name: 'group',
    build: (sub) => {
      const draft = sub.task({
        name: 'draft',
        async *run() {
          yield 'draft'
        },
      })
      return sub.task({
        name: 'final',
        dependsOn: draft,
        async *run() {
          yield 'fi'
          yield 'nal'
        },
      })
    },
  })
  const texts: string[] = []
  for await (const text of flowStream(builder).text()) texts.push(text)
  expect(texts).toEqual(['fi', 'nal'])
  const again = new Builder()
  const items = again.expand({
    items: () => ['a', 'b'],
    each: (item, sub) =>
      sub.task({
        async *run() {
          yield item
        },
      }),
    max: 2,
  })
  const seen: string[] = []
  for await (const text of flowStream(again).text(items)) seen.push(text)
  expect(seen).toEqual(['a', 'b'])
  expect(group.kind).toBe('subgraph')
})

test('misuse of groups has a name, and adds nothing', async () => {
  const builder = new Builder()
  const a = number(builder, 'a', 1)
  const inside: Operation[] = []
  builder.subgraph({
    name: 'group',
    build: (sub) => {
      const b = sub.task({ name: 'b', run: () => 1 })
      inside.push(b)
      return b
    },
  })
  await thrown('foreign_operation', () => builder.task({ dependsOn: inside, run: () => 1 }))
  await thrown('foreign_operation', () => flow(inside))
  await thrown('invalid_plan', () => builder.subgraph({ name: 'x', build: () => a }))
  await thrown('unknown_operation', () => builder.subgraph({ name: 'x', build: () => undefined as never }))
  await thrown('invalid_plan', () =>
    builder.subgraph({ name: 'x', retry: 2, build: (sub) => sub.task({ run: () => 1 }) }),
  )
  await thrown('invalid_plan', () =>
    builder.expand({ items: () => [1], each: (_, sub) => sub.task({ run: () => 1 }), max: 0 }),
  )
  await thrown('invalid_plan', () =>
    builder.expand({ items: [1] as never, each: (_, sub) => sub.task({ run: () => 1 }), max: 1 }),
  )
  await thrown('invalid_plan', () =>
    builder.repeat({ from: a, join: 'any', step: (current) => current, until: () => true, max: 1 }),
  )
  await thrown('duplicate_name', () => builder.subgraph({ name: 'group', build: (sub) => sub.task({ run: () => 1 }) }))
  await thrown('duplicate_name', () =>
    builder.subgraph({
      name: 'x',
      build: (sub) => {
        number(sub, 'y', 1)
        return number(sub, 'y', 1)
      },
    }),
  )
  await thrown('cycle', () =>
    builder.subgraph({
      name: 'x',
      dependsOn: a,
      build: (sub) => {
        builder.dependsOn(a, 'x')
        return number(sub, 'y', 1)
      },
    }),
  )
  expect(builder.operations.map(({ id }) => id)).toEqual(['a', 'group'])
  expect(builder.heads.map(({ id }) => id)).toEqual(['a', 'group'])
})

test('a fan-out whose function throws leaves nothing behind', async () => {
  const builder = new Builder()
  const a = number(builder, 'a', 1)
  expect(() =>
    builder.fanOut([1, 2], (item) => {
      builder.dependsOn(a, number(builder, `b${item}`, item))
      if (item === 2) throw new Error('no')
      return a
    }),
  ).toThrow('no')
  expect(builder.operations).toEqual([a])
  expect(a.dependsOn).toEqual([])
  expect(builder.heads).toEqual([a])
})

test('what is built at run time must not wait for what waits for it, nor take from outside the run', async () => {
  const builder = new Builder()
  let after: Operation<number> | undefined
  const group = builder.expand({
    name: 'group',
    items: () => [1],
    each: (_, sub) => sub.task({ name: 'in', dependsOn: after as Operation, run: () => 1 }),
    max: 1,
  })
  after = builder.task({ name: 'after', dependsOn: group, run: () => 1 })
  const error = await thrown('run_failed', () => flow(builder))
  expect(error.errors?.map(({ code, operationId }) => [code, operationId])).toEqual([['cycle', 'group']])

  const other = new Builder()
  const stray = other.task({ name: 'stray', run: () => 1 })
  const alone = other.expand({
    name: 'alone',
    items: () => [1],
    each: (_, sub) => sub.task({ dependsOn: stray, run: () => 1 }),
    max: 1,
  })
  const strayed = await thrown('run_failed', () => flow(alone))
  expect(strayed.errors?.map(({ code, operationId }) => [code, operationId])).toEqual([['not_a_dependency', 'alone']])
})

test('what is built while the end of what it needs is on its way is skipped, and nothing waits for ever', async () => {
  const builder = new Builder()
  const bad = builder.task({ name: 'bad', run: () => Promise.reject(new Error('no')) })
  number(builder, 'first to be skipped', 1, [bad])
  builder.subgraph({
    name: 'group',
    dependsOn: bad,
    join: 'settled',
    build: (sub) => {
      const doomed = number(sub, 'doomed', 1, [bad])
      sub.expand({ name: 'late', items: () => [1], each: (_, inner) => number(inner, 'one', 1, [doomed]), max: 1 })
      return number(sub, 'fine', 1)
    },
  })
  const results = await flow(builder, { onError: 'continue' })
  expect(results.outcome('group/late/0/one')).toEqual({ status: 'skipped', because: 'bad' })
  expect(results.outcome('group')).toMatchObject({ status: 'completed' })
})
