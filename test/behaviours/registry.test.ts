import { type Tool, tool } from '@braid/core'
import { Builder, flow, Session } from '@braid/flow'
import { iModel } from '@braid/models'
import { expect, test } from 'vitest'
import { ground } from '../laws/material.ts'
import { refused } from './material.ts'

test('a session has kinds of its own: another has others of the same names', async () => {
  const results = await Promise.all(
    ['first', 'second'].map(async (said) => {
      await using session = new Session()
      const kind = session.registerOperation('say', async () => said)
      const builder = new Builder({ session })
      const operation = builder.add('a', kind, {})
      return (await flow(builder)).get(operation)
    }),
  )
  expect(results).toEqual(['first', 'second'])
})

test('a session has models and tools of its own: another does not know them, and nobody is asked', async () => {
  const { server, session } = await ground()
  session.services.register(oven())
  await using other = new Session()
  other.services.register(new iModel('openai/other', { name: 'theirs', baseUrl: server.url, apiKey: 'key' }))
  const asked = (imodel: string) => () => other.conduct('generate', 'any', { instruction: 'x', imodel })
  expect((await refused('unknown_imodel', asked('model'))).message).toContain('theirs')
  await refused('unknown_tool', () => other.services.tool('oven'))
  expect(server.requests).toEqual([])
  await asked('theirs')()
  expect(server.requests.map(({ model }) => model)).toEqual(['other'])
})

test('every session has the built-in kinds by their names, and an operation says which it is', () => {
  const builder = new Builder()
  const output = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const
  const added = [
    builder.add('1', 'generate', { instruction: 'x' }),
    builder.add('2', 'communicate', { instruction: 'x' }),
    builder.add('3', 'parse', { text: 'x', output }),
    builder.add('4', 'operate', { instruction: 'x', output }),
    builder.add('5', 'react', { instruction: 'x' }),
    builder.add('6', 'interpret', { text: 'x' }),
    builder.add('7', 'act', { calls: [] }),
  ]
  expect(added.map(({ kind }) => kind)).toEqual([
    'generate',
    'communicate',
    'parse',
    'operate',
    'react',
    'interpret',
    'act',
  ])
})

test('a kind has a name and a function, or is not registered', async () => {
  const session = new Session()
  await refused('invalid_plan', () => session.registerOperation('', async () => 1))
  await refused('invalid_plan', () => session.registerOperation(undefined as never, async () => 1))
  await refused('invalid_plan', () => session.registerOperation('x', 'y' as never))
  const kind = session.registerOperation('x', async () => 1)
  expect(await session.conduct(kind, 'any', {})).toBe(1)
})

function oven(): Tool {
  return tool({
    name: 'oven',
    description: 'Bakes',
    input: { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } },
    run: () => 'baked',
  })
}
