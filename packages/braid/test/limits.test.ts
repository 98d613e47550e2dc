import { startProviderServer } from '@braid/testing'
import { expect, test } from 'vitest'
import { Builder, flowStream, iModel, Session } from '../src/index.ts'

test('a model with one place holds an operation back until another has ended, while the rest of the run goes on', async () => {
  await using server = await startProviderServer()
  const options = { baseUrl: server.url, apiKey: 'key' }
  await using session = new Session({
    imodel: new iModel('openai/m', { ...options, name: 'narrow', limits: { concurrency: 1 } }),
  })
  session.services.register(new iModel('openai/m', { ...options, name: 'wide' }))
  const builder = new Builder({ session })
  for (const name of ['a', 'b']) builder.generate({ name, instruction: name })
  builder.generate({ name: 'c', instruction: 'c', imodel: 'wide' })
  const spoken: string[] = []
  for await (const [id, { type }] of flowStream(builder)) {
    if (type === 'text-start' || type === 'operation-end') spoken.push(`${id} ${type}`)
  }
  expect(spoken).toHaveLength(6)
  expect(spoken.indexOf('b text-start')).toBeGreaterThan(spoken.indexOf('a operation-end') - 1)
})
