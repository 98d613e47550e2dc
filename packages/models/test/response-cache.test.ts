import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tool } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { iModel, type ModelOptions } from '../src/index.ts'
import { failure, read } from './support/read.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const model = (more: ModelOptions) => new iModel('openai/m', { baseUrl: server.url, apiKey: 'key', ...more })

describe('a model with a cache', () => {
  it('gives the same answer again without asking, and says that nothing was used for it', async () => {
    const one = model({ responseCache: new Map<string, string>() })
    server.reply({ reasoning: 'Hm.', text: 'Once.', usage: { inputTokens: 7, outputTokens: 2 } })
    const first = await one.invoke('x').response
    expect(first.content.usage).toMatchObject({ inputTokens: 7, outputTokens: 2 })
    const { chunks } = await read(one.invoke('x'))
    const again = await one.invoke('x').response
    expect(again.content.parts).toEqual(first.content.parts)
    expect(again.content.usage).toEqual({ inputTokens: 0, outputTokens: 0, totalTokens: 0, cost: 0 })
    expect(chunks[0]).toMatchObject({ type: 'message-start', metadata: { cached: true } })
    expect(server.requests).toHaveLength(1)
  })

  it('asks where anything is different: the words, the parameters, the address', async () => {
    const cache = new Map<string, string>()
    const one = model({ responseCache: cache })
    await one.invoke('x').response
    await one.invoke('y').response
    await one.with({ temperature: 1 }).invoke('x').response
    await model({ responseCache: cache, headers: { 'x-team': 'b' } }).invoke('x').response
    expect(server.requests).toHaveLength(4)
    // The key is not in it: another key gets the same answer.
    await model({ responseCache: cache, apiKey: 'another' }).invoke('x').response
    expect(server.requests).toHaveLength(4)
    expect(cache.size).toBe(4)
  })

  it('keeps whole answers only', async () => {
    const one = model({ responseCache: new Map<string, string>() })
    server
      .reply('one two', { fault: { type: 'reset' } })
      .reply({ status: 500 })
      .reply('on', { fault: { type: 'endless' } })
    await failure(one.invoke('x'))
    await failure(one.invoke('x'))
    for await (const _ of one.invoke('x').text()) break
    await one.invoke('x').response
    await one.invoke('x').response
    expect(server.requests).toHaveLength(4)
  })

  it('keeps calls of tools as they were', async () => {
    const one = model({ responseCache: new Map<string, string>() })
    const weather = tool({
      name: 'weather',
      description: 'The weather.',
      input: z.object({ city: z.string() }),
      run: () => 'rain',
    })
    server.reply({ toolCalls: [{ toolName: 'weather', input: { city: 'Oslo' } }] })
    const ask = async () => {
      const { chunks } = await read(one.invoke({ messages: [{ role: 'user', content: 'x' }], tools: [weather] }))
      return chunks.filter(({ type }) => type === 'tool-call').map(({ rawResponse: _, ...chunk }) => chunk)
    }
    const first = await ask()
    expect(first).toHaveLength(1)
    expect(await ask()).toEqual(first)
    expect(server.requests).toHaveLength(1)
  })

  it('may have it in a folder, where the next process finds it; what is damaged there is asked for again', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'braid-cache-')), 'answers')
    try {
      await model({ responseCache: folder }).invoke('x').response
      await vi.waitUntil(() => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.json')))
      await model({ responseCache: folder }).invoke('x').response
      expect(server.requests).toHaveLength(1)
      const [file] = readdirSync(folder)
      expect(readFileSync(join(folder, file!), 'utf8')).not.toContain('key')
      writeFileSync(join(folder, file!), '{"half')
      const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
      await model({ responseCache: folder }).invoke('x').response
      expect(warned).toHaveBeenCalledWith(expect.stringContaining('cache'), { code: 'BRAID_CACHE' })
      warned.mockRestore()
      expect(server.requests).toHaveLength(2)
      // What came now takes its place.
      await vi.waitUntil(() => readFileSync(join(folder, file!), 'utf8').startsWith('['))
    } finally {
      rmSync(join(folder, '..'), { recursive: true })
    }
  })

  it('is asked all the same, with a warning, where the cache does not work', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const cache = {
      get: () => Promise.reject(new Error('secret canary')),
      set: () => Promise.reject(new Error('secret canary')),
    }
    expect((await model({ responseCache: cache }).invoke('x').response).status).toBe('complete')
    await vi.waitUntil(() => warned.mock.calls.length >= 2)
    expect(JSON.stringify(warned.mock.calls)).not.toContain('canary')
    warned.mockRestore()
  })
})

it('what is no cache is refused', () => {
  for (const cache of ['', 3, {}] as never[]) {
    expect(() => model({ responseCache: cache })).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  }
})
