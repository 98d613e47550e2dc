import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { Builder, flowStream, Session } from '../src/index.ts'
import { aborted, endsOf, gate, read, thrown, turns } from './material.ts'

test('an operation that is skipped names itself, and so do those that need it; others go on', async () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: () => 'a' })
  const b = builder.task({ name: 'b', dependsOn: a, run: () => 'b' })
  const c = builder.task({ name: 'c', dependsOn: b, run: () => 'c' })
  builder.task({ name: 'd', dependsOn: c, run: () => 'd' })
  builder.task({ name: 'e', dependsOn: b, join: 'settled', run: () => 'e' })
  const stream = flowStream(builder)
  await stream.skipOperation(b)
  const { tuples, error } = await read(stream)
  expect(error).toBeUndefined()
  const ends = [...endsOf(tuples)].map(([id, end]) => [id, end.status, end.status === 'skipped' ? end.because : ''])
  expect(new Set(ends)).toEqual(
    new Set([
      ['a', 'completed', ''],
      ['b', 'skipped', 'b'],
      ['c', 'skipped', 'b'],
      ['d', 'skipped', 'b'],
      ['e', 'completed', ''],
    ]),
  )
  const [b1] = tuples.filter(([id]) => id === 'b')
  expect(b1?.[1].type).toBe('operation-end')
})

test('one that runs is stopped, says what it has used, and is skipped', async () => {
  const hold = gate()
  const model = scriptedModel(['an answer'], { usage: { inputTokens: 3, outputTokens: 2 } })
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const a = builder.task({
    name: 'a',
    async *run({ imodel, signal }) {
      yield* imodel().invoke('x')
      hold.open()
      await aborted(signal)
    },
  })
  const b = builder.task({ name: 'b', dependsOn: a, run: () => 1 })
  const stream = flowStream(builder)
  const reading = read(stream)
  await hold.opened
  await stream.skipOperation('a')
  const { tuples } = await reading
  const ends = endsOf(tuples)
  expect(ends.get('a')).toMatchObject({ status: 'skipped', because: 'a', usage: { inputTokens: 3, outputTokens: 2 } })
  expect(ends.get('b')).toMatchObject({ status: 'skipped', because: 'a' })
  const results = await stream.results
  expect(results.usage).toMatchObject({ inputTokens: 3 })
  expect(results.find(b)).toBeUndefined()
})

test('a group that is skipped ends what is inside of it; one that has ended stays as it is; a stranger is an error', async () => {
  const builder = new Builder()
  const open = gate()
  builder.subgraph({
    name: 'group',
    build: (sub) => sub.task({ name: 'inside', run: ({ signal }) => aborted(signal) }),
  })
  const done = builder.task({ name: 'done', run: () => 1 })
  builder.task({ name: 'other', run: () => open.opened })
  const stream = flowStream(builder)
  const reading = read(stream)
  await turns(5)
  await stream.skipOperation('group')
  await stream.skipOperation(done)
  await thrown('unknown_operation', () => stream.skipOperation('nobody'))
  open.open()
  const ends = endsOf((await reading).tuples)
  expect(ends.get('group')).toMatchObject({ status: 'skipped', because: 'group' })
  expect(ends.get('group/inside')).toMatchObject({ status: 'cancelled' })
  expect(ends.get('done')).toMatchObject({ status: 'completed' })
})
