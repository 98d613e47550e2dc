import { expect, test, vi } from 'vitest'
import { Builder, flow, Session } from '../src/index.ts'
import { thrown } from './material.ts'

test('an operation without a name is called by its kind and a number', () => {
  const builder = new Builder()
  expect(builder.communicate({ instruction: 'x' }).id).toBe('communicate-1')
  expect(builder.generate({ instruction: 'x' }).id).toBe('generate-1')
  expect(builder.communicate({ instruction: 'x' }).id).toBe('communicate-2')
  expect(builder.task({ run: () => 1 }).id).toBe('task-1')
})

test('a default name steps over one that is taken', () => {
  const builder = new Builder()
  builder.task({ name: 'task-1', run: () => 1 })
  expect(builder.task({ run: () => 1 }).id).toBe('task-2')
})

test('a name that is taken is an error, and nothing is added', async () => {
  const builder = new Builder()
  builder.task({ name: 'a', run: () => 1 })
  const error = await thrown('duplicate_name', () => builder.task({ name: 'a', run: () => 2 }))
  expect(error.message).toContain('"a"')
  expect(builder.operations).toHaveLength(1)
})

test('an empty name is an error', async () => {
  await thrown('invalid_plan', () => new Builder().task({ name: '', run: () => 1 }))
})

test('an operation is frozen, and shows what it is and nothing of the engine', () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: () => 1 })
  const b = builder.communicate({ name: 'b', instruction: 'x', branch: 'main', contextFrom: a })
  expect(Object.isFrozen(b)).toBe(true)
  expect(Object.isFrozen(b.params)).toBe(true)
  expect(JSON.parse(JSON.stringify(b))).toEqual({
    id: 'b',
    kind: 'communicate',
    params: { instruction: 'x' },
    branch: 'main',
  })
  expect(b.dependsOn).toEqual(['a'])
  expect(b.contextFrom).toEqual(['a'])
})

test('context implies a dependency, and an operation named twice is one dependency', () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: () => 1 })
  const b = builder.task({ name: 'b', run: () => 1 })
  const c = builder.task({ name: 'c', contextFrom: a, dependsOn: [a, b], run: () => 1 })
  expect(c.dependsOn).toEqual(['a', 'b'])
  expect(c.contextFrom).toEqual(['a'])
})

test('heads are those that nothing depends on yet', () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: () => 1 })
  const b = builder.task({ name: 'b', run: () => 1 })
  expect(builder.heads).toEqual([a, b])
  const c = builder.task({ name: 'c', dependsOn: a, run: () => 1 })
  expect(builder.heads).toEqual([b, c])
})

test('an operation of another builder is a named error at the call, in contextFrom and dependsOn alike', async () => {
  const other = new Builder().task({ name: 'theirs', run: () => 1 })
  const builder = new Builder()
  const mine = builder.task({ name: 'mine', run: () => 1 })
  for (const call of [
    () => builder.communicate({ instruction: 'x', contextFrom: other }),
    () => builder.task({ dependsOn: [mine, other], run: () => 1 }),
    () => builder.dependsOn(mine, other),
    () => builder.add('x', 'communicate', { instruction: 'x' }, { contextFrom: [other] }),
  ]) {
    const error = await thrown('foreign_operation', call)
    expect(error.message).toContain('"theirs"')
  }
  expect(builder.operations).toEqual([mine])
  expect(mine.dependsOn).toEqual([])
})

test('a name that no operation has is an error that lists those there are', async () => {
  const builder = new Builder()
  builder.task({ name: 'facts', run: () => 1 })
  const error = await thrown('unknown_operation', () =>
    builder.add('quiz', 'communicate', { instruction: 'x' }, { contextFrom: 'fact' }),
  )
  expect(error.message).toContain('"fact"')
  expect(error.message).toContain('facts')
  await thrown('unknown_operation', () => builder.get('nothing'))
})

test('what is no operation at all is an error', async () => {
  const builder = new Builder()
  await thrown('unknown_operation', () => builder.task({ dependsOn: { id: 'a' } as never, run: () => 1 }))
  await thrown('unknown_operation', () => builder.task({ dependsOn: [null] as never, run: () => 1 }))
})

test('dependencies that would close a cycle are refused with the path printed, and none of the call is added', async () => {
  const builder = new Builder()
  const a = builder.task({ name: 'a', run: () => 1 })
  const b = builder.task({ name: 'b', dependsOn: a, run: () => 1 })
  const c = builder.task({ name: 'c', dependsOn: b, run: () => 1 })
  const d = builder.task({ name: 'd', run: () => 1 })
  const error = await thrown('cycle', () => builder.dependsOn(a, [d, c]))
  expect(error.message).toContain('a → b → c → a')
  expect(a.dependsOn).toEqual([])
  expect((await thrown('cycle', () => builder.dependsOn(a, a))).message).toContain('a → a')
  builder.dependsOn(d, ['a', c])
  expect(d.dependsOn).toEqual(['a', 'c'])
})

test('a dependency that was added later is honoured', async () => {
  const builder = new Builder()
  const order: string[] = []
  const first = builder.task({ name: 'first', run: () => order.push('first') })
  const second = builder.task({ name: 'second', run: () => order.push('second') })
  await flow(builder.dependsOn(first, second))
  expect(order).toEqual(['second', 'first'])
})

test('a branch of another session is an error at the call', async () => {
  const theirs = await new Session().createBranch({ name: 'chat' })
  const builder = new Builder()
  await thrown('foreign_branch', () => builder.communicate({ instruction: 'x', branch: theirs }))
  expect(builder.operations).toEqual([])
})

test('a kind and a join that nobody knows are errors that list those there are', async () => {
  const builder = new Builder()
  const error = await thrown('unknown_kind', () => builder.add('a', 'comunicate' as never, { instruction: 'x' }))
  expect(error.message).toContain('communicate')
  // Names that every object has are no kinds.
  await thrown('unknown_kind', () => builder.add('a', 'toString' as never, { instruction: 'x' }))
  const join = await thrown('invalid_plan', () => builder.task({ join: 'first' as never, run: () => 1 }))
  expect(join.message).toContain("'any'")
})

test('fanOut gives one operation for each item, in order', async () => {
  const builder = new Builder()
  const squares = builder.fanOut([1, 2, 3], (item, index) => builder.task({ name: `${index}`, run: () => item * item }))
  const results = await flow(builder)
  expect(results.all(squares)).toEqual([1, 4, 9])
})

test('a kind of your own is added by value, and typed by what it returns', async () => {
  const session = new Session()
  const count = session.registerOperation('count', async function* (_, params: { text: string }) {
    yield params.text
    return params.text.length
  })
  const builder = new Builder({ session })
  const counted = builder.add('counted', count, { text: 'bees' })
  expect(counted.kind).toBe('count')
  const length: number = (await flow(builder)).get(counted)
  expect(length).toBe(4)
})

test('a chain of dependencies that are added later is not walked for each of them', () => {
  const builder = new Builder()
  const tasks = Array.from({ length: 1_000 }, (_, index) => builder.task({ name: `t${index}`, run: () => 1 }))
  const seen = vi.spyOn(Map.prototype, 'set')
  try {
    tasks.forEach((task, index) => {
      const before = tasks[index - 1]
      if (before) builder.dependsOn(task, before)
    })
    expect(seen.mock.calls.length).toBeLessThan(10 * tasks.length)
  } finally {
    seen.mockRestore()
  }
  expect(builder.heads).toEqual([tasks.at(-1)])
})
