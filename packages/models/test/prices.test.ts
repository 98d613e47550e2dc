import { Manifest, manifests } from '@braid/stream'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'
import { read } from './support/read.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

const PRICES = { 'openai/m': { input: 2, output: 10, cached: 1 }, claude: { input: 3, output: 15, cached: 0.3 } }
const model = (id: ModelId, more: ModelOptions = {}) =>
  new iModel(id, { baseUrl: server.url, apiKey: 'key', prices: PRICES, ...more })
const cost = async (one: iModel) => (await one.invoke('x').response).content.usage.cost

describe('what a call cost', () => {
  it('is counted from its usage, and a part of the input that was cached is cheaper', async () => {
    server.reply({ text: 'x', usage: { inputTokens: 1_000, outputTokens: 100, cachedTokens: 400 } })
    expect(await cost(model('openai/m'))).toBeCloseTo((600 * 2 + 400 * 1 + 100 * 10) / 1e6, 12)
  })

  it('is counted with cached input beside the input, where the provider counts so', async () => {
    server.reply({ text: 'x', usage: { inputTokens: 1_000, outputTokens: 100, cachedTokens: 400 } })
    const { usage } = (await model('anthropic/claude').invoke('x').response).content
    expect(usage.cost).toBeCloseTo(
      (usage.inputTokens! * 3 + (usage.cachedTokens ?? 0) * 0.3 + usage.outputTokens! * 15) / 1e6,
      12,
    )
  })

  it('is of all requests, where several make one call', async () => {
    server.reply({ text: 'x', usage: { inputTokens: 1_000, outputTokens: 100 } }, { times: 2 })
    expect(await cost(model('anthropic/claude', { n: 2 }))).toBeCloseTo((2 * (1_000 * 3 + 100 * 15)) / 1e6, 12)
  })

  it('is not told of a model that has no price', async () => {
    expect(await cost(model('openai/other'))).toBeUndefined()
    expect(await cost(new iModel('openai/m', { baseUrl: server.url, apiKey: 'key' }))).toBeUndefined()
  })

  it('is of the model that answered, whoever was asked first', async () => {
    server.reply({ status: 503 }, { model: 'm' })
    server.reply({ text: 'x', usage: { inputTokens: 1_000_000, outputTokens: 0 } })
    expect(await cost(model('openai/m', { fallback: [model('anthropic/claude')] }))).toBe(3)
  })

  it('may be in the manifest', async () => {
    const manifest = Manifest.parse({
      ...manifests['openai-chat'],
      id: 'acme',
      prices: { tiny: { input: 1, output: 1 } },
    })
    server.reply({ text: 'x', usage: { inputTokens: 1_000_000, outputTokens: 1_000_000 } })
    const acme = new iModel({ provider: manifest, model: 'tiny', baseUrl: server.url, apiKey: 'key' })
    expect(await cost(acme)).toBe(2)
  })

  it('is estimated, and marked so, where the provider counts nothing', async () => {
    const silent = iModel
      .from(
        async function* () {
          yield 'eight letters, and some more'
        },
        { name: 'own' },
      )
      .with({ prices: { own: { input: 1e6, output: 1e6 } } })
    const { chunks } = await read(silent.invoke('four'))
    expect(chunks.at(-1)).toMatchObject({
      type: 'finish',
      usage: { inputTokens: 1, outputTokens: 7, totalTokens: 8, estimated: true, cost: 8 },
    })
  })
})

it('what is no table of prices is refused', () => {
  for (const prices of ['cheap', { m: { input: 1 } }, { m: { input: -1, output: 1 } }, { m: { in: 1 } }] as never[]) {
    expect(() => model('openai/m', { prices })).toThrow(expect.objectContaining({ code: 'unsupported_parameter' }))
  }
})
