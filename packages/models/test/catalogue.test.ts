import { inspect } from 'node:util'
import { family, Manifest, manifests } from '@braid/stream'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { iModel, type ModelId, type ProviderName, providerNames } from '../src/index.ts'
import { failure } from './support/read.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer({ requireKey: 'canary-key' })
})
afterAll(() => server.close())
afterEach(() => vi.unstubAllEnvs())

/** What the provider server does not speak, it replays. */
const RECORDED: Partial<Record<ProviderName, string>> = {
  cohere: [
    { type: 'message-start', id: 'm_1', delta: { message: { role: 'assistant' } } },
    { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hello' } } } },
    { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join(''),
  'ollama-native': `${JSON.stringify({ model: 'm', message: { role: 'assistant', content: 'Hello' }, done: true, done_reason: 'stop' })}\n`,
  'openai-responses': [
    { type: 'response.created', response: { id: 'resp_1', model: 'm', status: 'in_progress' } },
    { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Hello' },
    { type: 'response.completed', response: { id: 'resp_1', model: 'm', status: 'completed' } },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join(''),
}

describe('a provider', () => {
  it('that nobody knows is named beside those that are known, and the closest', () => {
    expect(() => new iModel('opnai/gpt-4o' as ModelId)).toThrowError(
      expect.objectContaining({
        code: 'unknown_provider',
        message: expect.stringMatching(/openai, .*anthropic, gemini.*Did you mean openai\?/),
      }),
    )
    expect(() => new iModel('gpt-4o' as ModelId)).toThrowError(expect.objectContaining({ code: 'unknown_provider' }))
    expect(() => new iModel('toString/x' as ModelId)).toThrowError(
      expect.objectContaining({ code: 'unknown_provider' }),
    )
  })

  it.each(['cohere-v1', 'bedrock-invoke', 'bedrock-agent', 'openai-completions', 'watsonx', 'replicate'])(
    '%s, whose streams are read and whose requests are not written, says so, and names those that can be called',
    (name) => {
      expect(() => new iModel(`${name}/m` as ModelId)).toThrowError(
        expect.objectContaining({
          code: 'unknown_provider',
          message: expect.stringMatching(/openai, .*anthropic, gemini.*streams Braid reads.*StreamProcessor/),
        }),
      )
    },
  )

  it('that is only read, given as a manifest, says so before it misses a key or an address', () => {
    for (const name of ['cohere-v1', 'bedrock-agent', 'replicate'] as const) {
      expect(() => new iModel({ provider: family(name), model: 'm' })).toThrowError(
        expect.objectContaining({
          code: 'invalid_request',
          message: expect.stringMatching(new RegExp(`${name}, .*only read.*openai, .*anthropic, gemini`)),
        }),
      )
    }
  })

  it('that is called as its protocol is by its own name', () => {
    expect(() => new iModel('openai-chat/m' as ModelId)).toThrowError(
      expect.objectContaining({ message: expect.stringMatching(/Did you mean openai\?/) }),
    )
  })

  it.each(providerNames())('%s can be called', async (provider) => {
    const recorded = RECORDED[provider]
    if (recorded !== undefined) server.reply({ bytes: Buffer.from(recorded) })
    const model = new iModel({ provider, model: 'm', baseUrl: server.url, apiKey: 'canary-key' })
    expect((await model.invoke('Hello').response).text).toContain('Hello')
    await model.close()
  })

  it('may be a manifest of one’s own', async () => {
    const acme = Manifest.parse({
      ...manifests['openai-chat'],
      id: 'acme',
      endpoint: { base_url: server.url, chat: '/v1/chat/completions' },
      auth: { type: 'bearer', token_env: 'ACME_TOKEN' },
    })
    const model = new iModel({ provider: acme, model: 'acme-large', apiKey: () => 'canary-key' })
    expect([model.provider, model.model, model.name]).toEqual(['acme', 'acme-large', 'acme-large'])
    expect((await model.invoke('Hello').response).text).toContain('acme-large')
    await model.close()
  })
})

describe('a key', () => {
  it('that is missing throws when the model is made, naming the variable', () => {
    vi.stubEnv('ANTHROPIC_API_KEY', undefined)
    for (const options of [{}, { apiKey: '' }]) {
      expect(() => new iModel('anthropic/m', options)).toThrowError(
        expect.objectContaining({ code: 'missing_key', message: expect.stringContaining('ANTHROPIC_API_KEY') }),
      )
    }
  })

  it('comes from the environment, a value or a function, and the function is asked for each call', async () => {
    vi.stubEnv('OPENAI_API_KEY', 'canary-key\n')
    vi.stubEnv('OPENAI_BASE_URL', server.url)
    await new iModel('openai/m').invoke('x').response
    let asked = 0
    const apiKey = async () => {
      asked++
      return 'canary-key'
    }
    const model = new iModel('openai/m', { apiKey })
    expect(asked).toBe(0)
    await model.invoke('x').response
    await model.invoke('x').response
    expect(asked).toBe(2)
  })

  it('is an error where a function gives none, or throws', async () => {
    const give = () => ''
    const fail = () => Promise.reject(new Error('the vault is shut'))
    for (const apiKey of [give, fail]) {
      const error = await failure(new iModel('openai/m', { apiKey, baseUrl: server.url }).invoke('x'))
      expect(error.code).toBe('missing_key')
    }
  })

  it('is not needed where the server is one’s own, and is sent when there is one', async () => {
    const open = await startProviderServer()
    await new iModel('ollama/m', { baseUrl: open.url }).invoke('x').response
    await new iModel('openai-compatible/m', { baseUrl: open.url, apiKey: 'k' }).invoke('x').response
    expect(open.requests.map(({ headers }) => headers['authorization'])).toEqual([undefined, '[present]'])
    await open.close()
  })

  it('that HTTP cannot carry is an error that does not show it', async () => {
    const error = await failure(new iModel('openai/m', { apiKey: 'canary\nkey', baseUrl: server.url }).invoke('x'))
    expect(error.code).toBe('invalid_request')
    expect(error.message).toContain('authorization')
    expect(inspect(error, { depth: 9 })).not.toContain('canary')
  })

  it('is nowhere to be seen', async () => {
    const key = 'canary-key-2'
    const model = new iModel('gemini/m', { apiKey: key, baseUrl: server.url, headers: { 'x-secret': key } })
    const stream = model.invoke('x')
    const error = await failure(stream)
    expect(error.code).toBe('authentication')
    for (const thing of [model, stream, error, model.with({ temperature: 1 })]) {
      expect(inspect(thing, { depth: 20, showHidden: true, getters: true })).not.toContain(key)
      expect(String(JSON.stringify(thing))).not.toContain(key)
    }
    expect(server.requests.at(-1)?.path).not.toContain(key)
  })
})

describe('an address', () => {
  it('may come from the environment, with or without its version', async () => {
    vi.stubEnv('ANTHROPIC_BASE_URL', server.url)
    await new iModel('anthropic/m', { apiKey: 'canary-key' }).invoke('x').response
    vi.stubEnv('ANTHROPIC_BASE_URL', `${server.url}/v1/`)
    await new iModel('anthropic/m', { apiKey: 'canary-key' }).invoke('x').response
    vi.stubEnv('OPENAI_BASE_URL', `${server.url}/v1`)
    await new iModel('openai/m', { apiKey: 'canary-key' }).invoke('x').response
    expect(server.requests.slice(-3).map(({ path }) => path)).toEqual([
      '/v1/messages',
      '/v1/messages',
      '/v1/chat/completions',
    ])
  })

  it('of Ollama may be a host without more', async () => {
    vi.stubEnv('OLLAMA_HOST', `127.0.0.1:${server.port}`)
    await new iModel('ollama/m', { apiKey: 'canary-key' }).invoke('x').response
    expect(server.requests.at(-1)?.path).toBe('/v1/chat/completions')
  })

  it('of Vertex may be that of a project', async () => {
    const baseUrl = `${server.url}/v1/projects/p/locations/l`
    await new iModel('vertex/gemini-3-pro', { apiKey: 'canary-key', baseUrl }).invoke('x').response
    expect(server.requests.at(-1)?.path).toBe(
      '/v1/projects/p/locations/l/publishers/google/models/gemini-3-pro:streamGenerateContent?alt=sse',
    )
  })

  it('is one’s own at Azure and Snowflake, and is missed when it is not given', async () => {
    for (const id of ['azure/gpt', 'snowflake/claude'] as const) {
      expect(() => new iModel(id, { apiKey: 'k' })).toThrowError(
        expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('baseUrl') }),
      )
    }
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', `${server.url}/`)
    await new iModel('azure/gpt', { apiKey: 'canary-key' }).invoke('x').response
    expect(server.requests.at(-1)?.path).toBe('/openai/v1/chat/completions')
    expect(server.requests.at(-1)?.headers).toMatchObject({ 'api-key': '[present]' })
  })

  it('that is none throws when the model is made', () => {
    for (const baseUrl of ['ftp://example.org', 'http://', 'http://a b']) {
      expect(() => new iModel('openai/m', { apiKey: 'k', baseUrl })).toThrowError(
        expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('baseUrl') }),
      )
    }
    expect(() => new iModel('openai-compatible/m')).toThrowError(expect.objectContaining({ code: 'invalid_request' }))
  })
})

describe('a model', () => {
  it('is called by its own name, unless it is given one', () => {
    const options = { apiKey: 'k' }
    expect(new iModel('openai/gpt-4o', options).name).toBe('gpt-4o')
    expect(new iModel('openai/gpt-4o', { ...options, name: 'gpt' }).name).toBe('gpt')
    expect(new iModel({ provider: 'openai', model: 'gpt-4o', name: 'gpt', ...options }).name).toBe('gpt')
    expect(new iModel('openai/gpt-4o', { ...options, name: 'gpt' }).with({ temperature: 1 }).name).toBe('gpt')
  })

  it('with other options is another model, which keeps the rest', async () => {
    const model = new iModel('openai/m', { apiKey: 'canary-key', baseUrl: server.url, temperature: 0.1, seed: 1 })
    await model.with({ temperature: 0.9 }).invoke('x').response
    expect(server.requests.at(-1)?.body).toMatchObject({ temperature: 0.9, seed: 1 })
    await model.invoke('x').response
    expect(server.requests.at(-1)?.body).toMatchObject({ temperature: 0.1, seed: 1 })
    await model.close()
  })
})
