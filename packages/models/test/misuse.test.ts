import { startProviderServer } from '@braid/testing'
import { expect, it } from 'vitest'
import { iModel, type ModelConfig, type ModelId, type ModelOptions } from '../src/index.ts'
import { response, startRawServer } from './support/raw-server.ts'
import { failure } from './support/read.ts'

const misspelt = { apiKey: 'sk-secret', temprature: 1 } as ModelOptions

it.each([
  ['with an id', () => new iModel('openai/m', misspelt)],
  ['with a config', () => new iModel({ provider: 'openai', model: 'm', ...misspelt })],
  ['made from another', () => new iModel('openai/m', { apiKey: 'sk-secret' }).with(misspelt)],
])('a misspelt option of a model %s is an error, and names the one that was meant', (_, make) => {
  expect(make).toThrowError(
    expect.objectContaining({
      code: 'unsupported_parameter',
      message: expect.stringMatching(/got `temprature`\. Did you mean `temperature`\?(?!.*secret)/),
    }),
  )
})

it.each([
  [undefined],
  [null],
  [5],
  [{}],
  [{ provider: 'openai' }],
  [{ model: 'm' }],
  [{ provider: 'openai', model: '' }],
])('%j is no model, and the error says what one is', (given) => {
  expect(() => new iModel(given as unknown as ModelId | ModelConfig)).toThrowError(
    expect.objectContaining({
      code: 'invalid_request',
      message: expect.stringMatching(/'openai\/gpt-4o-mini', or \{ provider, model \}/),
    }),
  )
})

it.each([
  [{ temperature: 'hot' }, /`temperature` to be a number; got string/],
  [{ n: 0 }, /`n` to be a whole number from 1; got 0/],
  [{ maxTokens: 1.5 }, /`maxTokens` to be a whole number from 1; got 1\.5/],
  [{ topP: Number.NaN }, /`topP` to be a number; got NaN/],
])('%j is refused where the model is made', (options, says) => {
  expect(() => new iModel('openai/m', { apiKey: 'key', ...(options as ModelOptions) })).toThrowError(
    expect.objectContaining({ code: 'unsupported_parameter', message: expect.stringMatching(says) }),
  )
})

it('a model of a function is made of a function, and has a name', () => {
  const say = (() => []) as unknown as Parameters<typeof iModel.from>[0]
  expect(() => iModel.from(say, undefined as never)).toThrowError(/expected a function and \{ name \}/)
  expect(() => iModel.from('x' as never, { name: 'x' })).toThrowError(/expected a function and \{ name \}/)
})

it('an AbortController in the place of its signal is an error before anything is sent', async () => {
  await using server = await startProviderServer()
  const model = new iModel('openai/m', { baseUrl: server.url, apiKey: 'key' })
  const signal = new AbortController() as unknown as AbortSignal
  expect(() => model.invoke('x', { signal })).toThrowError(/expected `signal` to be an AbortSignal/)
  expect(server.requests).toEqual([])
})

it('a plain answer that calls itself JSON and is cut off is said to be cut off, and not to be JSON that is no JSON', async () => {
  const head = { 'content-type': 'application/json' }
  await using server = await startRawServer((socket) => socket.end(response('200 OK', head, '{"choices":[{"mess')))
  const model = new iModel('openai/m', { baseUrl: server.url, apiKey: 'key', stream: false })
  const error = await failure(model.invoke('x'))
  expect(error).toMatchObject({ code: 'malformed_frame', status: 200, retryable: true })
  expect(error.message).toMatch(/got 18 bytes that do not parse.*cut off or damaged/)
})
