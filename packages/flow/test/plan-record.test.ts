import { expect, test } from 'vitest'
import { planRecordOf } from '../src/builder/plan-record.ts'
import { Builder } from '../src/index.ts'

function recorded(value: unknown): unknown {
  const builder = new Builder()
  builder.add('a', { name: 'own', run: async () => undefined }, { value })
  const [operation] = planRecordOf([...builder.nodes], true)
  expect(operation?.code, 'the plan has to be given again').toBe(true)
  return operation?.params['value']
}

test('params that hold themselves are kept up to there', () => {
  const value: Record<string, unknown> = { name: 'x' }
  value['self'] = value
  expect(recorded(value)).toEqual({ name: 'x', self: { $cycle: true } })
})

test('params in which much is reached by many ways are kept as far as that goes', () => {
  let value: object = {}
  for (let depth = 0; depth < 60; depth += 1) value = { left: value, right: value }
  expect(JSON.stringify(recorded(value)).length).toBeLessThan(200_000)
})

test('params that cannot be read are named as such', () => {
  const value = {
    get secret(): string {
      throw new Error('not for you')
    },
  }
  expect(recorded({ inside: value })).toEqual({ inside: { $unreadable: true } })
})
