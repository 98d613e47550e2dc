import { once } from 'node:events'
import { Builder, flow, Session } from '@braid/flow'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

test('a run inside an operation of the branch that it wants is warned of after half a minute, and works when it is cancelled', async () => {
  await using session = new Session()
  const stop = new AbortController()
  const outer = new Builder({ session })
  outer.task({
    name: 'outer',
    branch: 'shared',
    run: async () => {
      const inner = new Builder({ session })
      inner.task({ name: 'inner', branch: 'shared', run: () => 1 })
      return (await flow(inner, { signal: stop.signal, onError: 'continue' })).find(inner.get('inner'))
    },
  })
  const warned = once(process, 'warning')
  const running = flow(outer, { onError: 'continue' })
  await new Promise(setImmediate)
  vi.advanceTimersByTime(30_000)
  const [warning] = (await warned) as [Error & { code?: string }]
  expect(warning.code).toBe('BRAID_WAITING')
  expect(warning.message).toContain('"shared"')
  stop.abort(new Error('given up'))
  expect((await running).outcome('outer')).toMatchObject({ status: 'failed', error: { message: 'given up' } })
})

test('a turn that comes in time is not warned of, and leaves no timer', async () => {
  await using session = new Session()
  const builders = [1, 2].map(() => {
    const builder = new Builder({ session })
    builder.task({ branch: 'shared', run: () => new Promise<void>((resolve) => void setImmediate(resolve)) })
    return builder
  })
  await Promise.all(builders.map((builder) => flow(builder)))
  expect(vi.getTimerCount()).toBe(0)
})
