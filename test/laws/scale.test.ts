import { Builder, flow, flowStream, Session } from '@braid/flow'
import { describe, expect, test } from 'vitest'
import { Outside, openSession, read } from './material.ts'

const SIZE = 10_000

describe.each(['in memory', 'on SQLite'] as const)('10,000 operations %s', (where) => {
  const session = async (): Promise<{ readonly session: Session; readonly path?: string }> =>
    where === 'on SQLite' ? openSession() : { session: new Session() }

  test('a chain runs, each with the result of the one before', async () => {
    const { session: own, path } = await session()
    const builder = new Builder({ session: own })
    let last = builder.task({ run: () => 1 })
    for (let index = 1; index < SIZE; index += 1) {
      const before = last
      last = builder.task({ dependsOn: before, run: ({ results }) => results.get(before) + 1 })
    }
    expect((await flow(builder)).get(last)).toBe(SIZE)
    if (path !== undefined) expect(new Outside(path).operations()).toHaveLength(SIZE)
  })

  test('a fan-out runs into one join, and every one of its chunks is read', async () => {
    const { session: own, path } = await session()
    const builder = new Builder({ session: own })
    const all = builder.fanOut([...Array(SIZE).keys()], (item) =>
      builder.task({
        async *run() {
          yield { type: 'custom', name: 'item', value: item }
          return item
        },
      }),
    )
    const sum = builder.task({
      dependsOn: all,
      run: ({ results }) => results.all(all).reduce((total, item) => total + item, 0),
    })
    const stream = flowStream(builder)
    const { tuples, error } = await read(stream)
    expect(error).toBeUndefined()
    expect(tuples).toHaveLength(SIZE * 3 + 2)
    expect(await stream.result(sum)).toBe((SIZE * (SIZE - 1)) / 2)
    if (path !== undefined) expect(new Outside(path).operations()).toHaveLength(SIZE + 1)
  })

  test('one branch holds a conversation of 10,000 operations in order', async () => {
    const { session: own } = await session()
    const builder = new Builder({ session: own })
    const order: number[] = []
    for (let index = 0; index < SIZE; index += 1) {
      builder.task({
        branch: 'shared',
        run: async ({ branch }) => {
          order.push(index)
          await branch?.append({ role: 'user', content: String(index) })
        },
      })
    }
    await flow(builder)
    expect(order).toEqual([...Array(SIZE).keys()])
    const messages = await (await own.branch('shared')).messages()
    expect(messages.map(({ text }) => Number(text))).toEqual(order)
  })
})
