import { BraidError } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { iModel, type ModelOptions } from '../src/index.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const model = (concurrency: number, more: ModelOptions = {}) =>
  new iModel('openai/m', { baseUrl: server.url, apiKey: 'key', limits: { concurrency }, ...more })

describe('a model with a limit of calls at once', () => {
  it('makes no more than that, in the order in which they were asked for, and answers all', async () => {
    const release: (() => void)[] = []
    const open = new Set<string>()
    let most = 0
    server.reply(
      async ({ prompt }) => {
        open.add(prompt)
        most = Math.max(most, open.size)
        await new Promise<void>((resolve) => release.push(resolve))
        open.delete(prompt)
        return prompt
      },
      { times: Infinity },
    )
    const two = model(2)
    const answers = Promise.all(['1', '2', '3', '4', '5'].map(async (word) => (await two.invoke(word).response).text))
    for (let done = 0; done < 5; done += 1) {
      await vi.waitUntil(() => release.length > done)
      release[done]?.()
    }
    expect(await answers).toEqual(['1', '2', '3', '4', '5'])
    expect(most).toBe(2)
    expect(server.requests.map(({ prompt }) => prompt)).toEqual(['1', '2', '3', '4', '5'])
  })

  it('gives the place of one that failed, or was left, to the next', async () => {
    const one = model(1)
    server.reply({ status: 500 })
    server.reply('on and on', { fault: { type: 'endless' } })
    await expect(one.invoke('fails').response).rejects.toThrow(BraidError)
    for await (const _ of one.invoke('is left').text()) break
    expect((await one.invoke('goes').response).text).toContain('goes')
  })

  it('lets one that waits be left, which sends nothing and keeps nobody waiting', async () => {
    const one = model(1)
    server.reply('on and on', { fault: { type: 'endless' } })
    const first = one.invoke('first').text()[Symbol.asyncIterator]()
    await first.next()
    const controller = new AbortController()
    const aborted = one.invoke('aborted', { signal: controller.signal }).response
    const left = one.invoke('left').text()[Symbol.asyncIterator]()
    const next = left.next()
    const last = one.invoke('last').response
    controller.abort(new Error('no longer'))
    await expect(aborted).rejects.toThrow('no longer')
    await left.return?.()
    expect(await next).toEqual({ value: undefined, done: true })
    await first.return?.()
    expect((await last).text).toContain('last')
    expect(server.requests.map(({ prompt }) => prompt)).toEqual(['first', 'last'])
  })

  it('shares its line with what `with` makes of it, and with nobody else', async () => {
    server.reply('on and on', { fault: { type: 'endless' }, times: 2 })
    const one = model(1)
    const first = one.invoke('first').text()[Symbol.asyncIterator]()
    await first.next()
    const other = model(1).invoke('other').text()[Symbol.asyncIterator]()
    await other.next()
    const warm = one.with({ temperature: 1 }).invoke('warm').response
    const wide = await one.with({ limits: { concurrency: 2 } }).invoke('wide').response
    expect(wide.text).toContain('wide')
    await first.return?.()
    await warm
    await other.return?.()
    expect(server.requests.map(({ prompt }) => prompt)).toEqual(['first', 'other', 'wide', 'warm'])
  })

  it('refuses what is no limit', () => {
    for (const limits of [{ concurrency: 0 }, { concurrency: 1.5 }, { concurency: 1 } as never, 3 as never]) {
      expect(() => new iModel('openai/m', { apiKey: 'key', limits })).toThrow(
        expect.objectContaining({ code: 'unsupported_parameter' }),
      )
    }
  })
})

it('says after a while that a call waits for a place which it may never get', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  try {
    const one = iModelThatWaits()
    const first = one.invoke('outer').text()[Symbol.asyncIterator]()
    await first.next()
    const inner = one.invoke('inner').response
    inner.catch(() => {})
    await vi.advanceTimersByTimeAsync(30_000)
    expect(warned).toHaveBeenCalledWith(expect.stringContaining('limits.concurrency'), { code: 'BRAID_WAITING' })
    await first.return?.()
    await inner
  } finally {
    warned.mockRestore()
    vi.useRealTimers()
  }
})

function iModelThatWaits(): iModel {
  server.reply('on and on', { fault: { type: 'endless' } })
  return model(1, { timeout: { connect: 0, first: 0, idle: 0 } })
}
