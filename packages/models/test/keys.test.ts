import { createHash, createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { BraidError } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'
import { response, startRawServer } from './support/raw-server.ts'
import { failure } from './support/read.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())
beforeEach(() => {
  for (const name of [
    'AWS_BEARER_TOKEN_BEDROCK',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_REGION',
  ])
    vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

const CLAUDE = 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0'
const PLAIN = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: 'Hello' }] } },
  stopReason: 'end_turn',
})

/** What one plain request looked like on the wire. */
async function wire(id: string, options: ModelOptions, answer = PLAIN) {
  let said = ''
  await using raw = await startRawServer((socket, head) => {
    said = head
    socket.end(response('200 OK', { 'content-type': 'application/json' }, answer))
  })
  const model = new iModel(id as ModelId, { baseUrl: raw.url, stream: false, ...options })
  await model.invoke('Hello').response
  await model.close()
  const [head = '', body = ''] = said.split('\r\n\r\n')
  const [line = '', ...lines] = head.split('\r\n')
  const headers = Object.fromEntries(
    lines.map((each) => [each.slice(0, each.indexOf(':')).toLowerCase(), each.slice(each.indexOf(':') + 2)]),
  )
  return { path: line.split(' ')[1] ?? '', headers, body }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** AWS's signature, version 4, of what was received: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function signatureOf({ path, headers, body }: Awaited<ReturnType<typeof wire>>, secret: string): string {
  const [, scope = '', signed = ''] =
    /Credential=[^/]+\/([^,]+), SignedHeaders=([^,]+)/.exec(headers['authorization'] ?? '') ?? []
  const canonical = [
    'POST',
    // Each part of the path is encoded once more, but for S3.
    path.split('/').map(encodeURIComponent).join('/'),
    '',
    ...signed.split(';').map((name) => `${name}:${headers[name]}`),
    '',
    signed,
    sha256(body),
  ].join('\n')
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
  const key = scope.split('/').reduce<string | Buffer>((made, part) => hmac(made, part), `AWS4${secret}`)
  return hmac(key, text).toString('hex')
}

describe('Bedrock', () => {
  const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'canary-secret', sessionToken: 'canary-token' }

  it('is sent AWS’s signature, of exactly what is sent, by credentials from a value, a function or the environment', async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    const said = [await wire(CLAUDE, { apiKey: KEY }), await wire(CLAUDE, { apiKey: async () => KEY })]
    vi.stubEnv('AWS_ACCESS_KEY_ID', KEY.accessKeyId)
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', KEY.secretAccessKey)
    vi.stubEnv('AWS_SESSION_TOKEN', KEY.sessionToken)
    said.push(await wire(CLAUDE, {}))
    for (const each of said) {
      expect(each.path).toBe('/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse')
      expect(each.headers['authorization']).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/bedrock\/aws4_request, /,
      )
      expect(each.headers['authorization']).toContain(`Signature=${signatureOf(each, KEY.secretAccessKey)}`)
      expect(each.headers['x-amz-security-token']).toBe(KEY.sessionToken)
      expect(inspect(each, { depth: 9 })).not.toContain(KEY.secretAccessKey)
    }
  })

  it('is sent its own API key as a bearer, before any credentials', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-secret')
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'canary-key')
    expect((await wire(CLAUDE, {})).headers['authorization']).toBe('Bearer canary-key')
    expect((await wire(CLAUDE, { apiKey: 'another' })).headers['authorization']).toBe('Bearer another')
  })

  it('without a key, a region, or with half of the credentials says so before any request', async () => {
    const missing = expect.objectContaining({
      code: 'missing_key',
      message: expect.stringMatching(/AWS_BEARER_TOKEN_BEDROCK.*AWS_ACCESS_KEY_ID.*AWS_SECRET_ACCESS_KEY/),
    })
    vi.stubEnv('AWS_REGION', 'eu-west-1')
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE')
    expect(() => new iModel(CLAUDE as ModelId)).toThrowError(missing)
    expect(() => new iModel(CLAUDE as ModelId, { apiKey: { accessKeyId: 'a', secretAccessKey: '' } })).toThrowError(
      expect.objectContaining({ code: 'missing_key' }),
    )
    expect(() => new iModel('openai/m', { apiKey: KEY })).toThrowError(expect.objectContaining({ code: 'missing_key' }))
    vi.stubEnv('AWS_REGION', '')
    vi.stubEnv('AWS_DEFAULT_REGION', '')
    const region = expect.objectContaining({ message: expect.stringContaining('AWS_REGION') })
    expect(() => new iModel(CLAUDE as ModelId, { apiKey: 'key' })).toThrowError(region)
    const model = new iModel(CLAUDE as ModelId, { baseUrl: server.url, apiKey: KEY })
    expect((await failure(model.invoke('Hello'))).message).toContain('AWS_REGION')
    expect(inspect(model, { depth: 9, showHidden: true })).not.toContain('canary')
  })

  it('takes a model by its ARN, which is one word of the address', async () => {
    const arn = 'arn:aws:bedrock:eu-west-1:1234:inference-profile/eu.anthropic.claude'
    const { path } = await wire(`bedrock/${arn}`, { apiKey: 'key' })
    expect(path).toBe(`/model/${encodeURIComponent(arn)}/converse`)
  })
})

describe('Azure', () => {
  const ANSWER = JSON.stringify({
    choices: [{ index: 0, message: { role: 'assistant', content: 'Hello' }, finish_reason: 'stop' }],
  })

  it('has a deployment in the address and a version of its API in the query, which `baseUrl` may say', async () => {
    const { path, headers, body } = await wire('azure-deployments/my-gpt', { apiKey: 'canary-key' }, ANSWER)
    expect(path).toBe('/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21')
    expect(headers['api-key']).toBe('canary-key')
    expect(JSON.parse(body)).not.toHaveProperty('model')
    const baseUrl = `${server.url}?api-version=2025-04-01-preview`
    await new iModel('azure-deployments/my-gpt', { baseUrl, apiKey: 'key' }).invoke('Hello').response
    expect(server.requests.at(-1)?.path).toBe(
      '/openai/deployments/my-gpt/chat/completions?api-version=2025-04-01-preview',
    )
  })

  it('has its address from the name of the resource', () => {
    vi.stubEnv('AZURE_OPENAI_ENDPOINT', '')
    vi.stubEnv('AZURE_RESOURCE_NAME', '')
    expect(() => new iModel('azure/my-gpt', { apiKey: 'key' })).toThrowError(/AZURE_RESOURCE_NAME/)
    vi.stubEnv('AZURE_RESOURCE_NAME', 'mine')
    expect(new iModel('azure/my-gpt', { apiKey: 'key' }).model).toBe('my-gpt')
  })

  it('is sent a token of Entra ID as a bearer', async () => {
    const { headers } = await wire('azure/my-gpt', { apiKey: async () => 'eyJ0.canary.token' }, ANSWER)
    expect(headers['authorization']).toBe('Bearer eyJ0.canary.token')
    expect(headers).not.toHaveProperty('api-key')
  })
})

it('Vertex is sent a token that a function gives for each call as a bearer, and a key in its header', async () => {
  const answer = JSON.stringify({ candidates: [{ content: { parts: [{ text: 'Hello' }] }, finishReason: 'STOP' }] })
  let calls = 0
  const token = await wire('vertex/gemini-2.5-flash', { apiKey: () => `ya29.canary-${++calls}` }, answer)
  expect(token.headers['authorization']).toBe('Bearer ya29.canary-1')
  const key = await wire('vertex/gemini-2.5-flash', { apiKey: 'AIza-canary' }, answer)
  expect(key.headers['x-goog-api-key']).toBe('AIza-canary')
  expect(key.headers).not.toHaveProperty('authorization')
})

it.each([301, 302, 303, 307, 308])(
  'no key goes to another origin after a redirect with %d: it is an error',
  async (status) => {
    let asked = 0
    await using other = await startRawServer((socket) => {
      asked++
      socket.end()
    })
    await using first = await startRawServer((socket) =>
      socket.end(response(`${status} Moved`, { location: `${other.url}/v1/chat/completions?key=canary-key` }, '')),
    )
    for (const id of ['openai/m', 'gemini/m', CLAUDE] as readonly ModelId[]) {
      vi.stubEnv('AWS_REGION', 'eu-west-1')
      const apiKey = id === CLAUDE ? { accessKeyId: 'a', secretAccessKey: 'canary-key' } : 'canary-key'
      const model = new iModel(id, { baseUrl: first.url, apiKey })
      const error = await failure(model.invoke('Hello'))
      expect(error).toBeInstanceOf(BraidError)
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain('canary-key')
      await model.close()
    }
    expect(asked).toBe(0)
    expect(other.connections).toBe(0)
  },
)
