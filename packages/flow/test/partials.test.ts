import { BraidError } from '@braid/core'
import { scriptedModel } from '@braid/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { Builder, flowStream, Session } from '../src/index.ts'
import { collect, thrown } from './material.ts'

const Recipe = z.object({ title: z.string(), minutes: z.number() })
const WHOLE = ['{"title":"D', 'al","minutes":', '20}']

test('a structured result is read as it grows, and the result itself when it is there', async () => {
  const builder = new Builder({ session: new Session({ imodel: scriptedModel([WHOLE]) }) })
  const recipe = builder.generate({ instruction: 'x', output: Recipe })
  const stream = flowStream(recipe)
  const seen = await collect(stream.partials(recipe))
  expect(seen[0]).toEqual({ title: 'D' })
  expect(seen.at(-1)).toEqual({ title: 'Dal', minutes: 20 })
  expect(await stream.result(recipe)).toEqual({ title: 'Dal', minutes: 20 })
})

test('the partials of another attempt begin anew', async () => {
  const model = scriptedModel([['{"title":"Da', new BraidError('overloaded', 'x')], WHOLE])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const recipe = builder.generate({ instruction: 'x', output: Recipe, retry: { attempts: 2, backoff: 0 } })
  const titles = (await collect(flowStream(recipe).partials(recipe))).map(({ title }) => title)
  expect(titles.slice(0, 2)).toEqual(['Da', 'D'])
  expect(titles.at(-1)).toBe('Dal')
})

test('partials of what fails give what came, and then reject as results does', async () => {
  const model = scriptedModel([['{"title":"Da', new BraidError('overloaded', 'x')]])
  const builder = new Builder({ session: new Session({ imodel: model }) })
  const recipe = builder.generate({ instruction: 'x', output: Recipe })
  const seen: unknown[] = []
  await thrown('run_failed', async () => {
    for await (const partial of flowStream(recipe).partials(recipe)) seen.push(partial)
  })
  expect(seen).toEqual([{ title: 'Da' }])
})
