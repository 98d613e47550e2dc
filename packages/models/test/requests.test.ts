import { Message } from '@braid/core'
import { family } from '@braid/stream'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

async function sent(id: ModelId, options: ModelOptions, messages: Parameters<iModel['invoke']>[0] = 'Hello') {
  await new iModel(id, { baseUrl: server.url, apiKey: 'key', ...options }).invoke(messages).response
  const { body, path, headers } = server.requests.at(-1)!
  return { body, path, headers }
}

const EVERYTHING: ModelOptions = { temperature: 0.5, topP: 0.9, maxTokens: 7, stop: 'END' }
const TALK = {
  messages: [
    Message.system('Be brief.'),
    Message.instruction('Sum it up', { context: { facts: ['a', 'b'] } }),
    Message.instruction('Now', { context: 'as text' }),
    Message.assistant('Well'),
    { role: 'user', content: 'Go on' } as const,
  ],
}
const FACTS = '{\n  "facts": [\n    "a",\n    "b"\n  ]\n}'

describe('what is sent', () => {
  it('to OpenAI keeps every message where it stands', async () => {
    const { body, path } = await sent('openai/gpt-4o', { ...EVERYTHING, seed: 1, n: 2 }, TALK)
    expect(path).toBe('/chat/completions')
    expect(body).toEqual({
      model: 'gpt-4o',
      temperature: 0.5,
      top_p: 0.9,
      max_completion_tokens: 7,
      stop: ['END'],
      seed: 1,
      n: 2,
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: `Sum it up\n\n${FACTS}` },
        { role: 'user', content: 'Now\n\nas text' },
        { role: 'assistant', content: 'Well' },
        { role: 'user', content: 'Go on' },
      ],
    })
  })

  it('to OpenAI Responses is the whole conversation, of which OpenAI keeps nothing', async () => {
    server.reply({
      bytes: Buffer.from(
        'data: {"type":"response.created","response":{"id":"resp_1","model":"gpt"}}\n\n' +
          'data: {"type":"response.completed","response":{"status":"completed"}}\n\n',
      ),
    })
    const { stop: _, ...taken } = EVERYTHING
    const { body, path } = await sent('openai-responses/gpt-4.1', taken, TALK)
    expect(path).toBe('/responses')
    expect(body).toEqual({
      model: 'gpt-4.1',
      temperature: 0.5,
      top_p: 0.9,
      max_output_tokens: 7,
      stream: true,
      store: false,
      input: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: `Sum it up\n\n${FACTS}` },
        { role: 'user', content: 'Now\n\nas text' },
        { role: 'assistant', content: 'Well' },
        { role: 'user', content: 'Go on' },
      ],
    })
  })

  it('to Anthropic has the system text before the conversation, roles that alternate, and a limit of tokens', async () => {
    const { body, path, headers } = await sent('anthropic/claude-haiku-4-5', EVERYTHING, TALK)
    expect(path).toBe('/v1/messages')
    expect(headers['anthropic-version']).toBe('2023-06-01')
    expect(body).toEqual({
      model: 'claude-haiku-4-5',
      temperature: 0.5,
      top_p: 0.9,
      max_tokens: 7,
      stop_sequences: ['END'],
      stream: true,
      system: [{ type: 'text', text: 'Be brief.' }],
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: `Sum it up\n\n${FACTS}` },
            { type: 'text', text: 'Now\n\nas text' },
          ],
        },
        { role: 'assistant', content: [{ type: 'text', text: 'Well' }] },
        { role: 'user', content: [{ type: 'text', text: 'Go on' }] },
      ],
    })
    expect((await sent('anthropic/m', {})).body).toMatchObject({ max_tokens: 4096 })
  })

  it('to Anthropic has no white space at the end of an answer to be continued', async () => {
    const messages = [Message.instruction('Count'), Message.assistant('one, two, \n')]
    expect((await sent('anthropic/m', {}, { messages })).body).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: [{ text: 'one, two,' }] }],
    })
  })

  it('to Gemini calls the assistant a model and puts the parameters where they belong', async () => {
    const { body, path } = await sent('gemini/gemini-2.5-flash', { ...EVERYTHING, seed: 1, n: 2 }, TALK)
    expect(path).toBe('/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
    expect(body).toEqual({
      generationConfig: {
        temperature: 0.5,
        topP: 0.9,
        maxOutputTokens: 7,
        stopSequences: ['END'],
        seed: 1,
        candidateCount: 2,
      },
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      contents: [
        { role: 'user', parts: [{ text: `Sum it up\n\n${FACTS}` }, { text: 'Now\n\nas text' }] },
        { role: 'model', parts: [{ text: 'Well' }] },
        { role: 'user', parts: [{ text: 'Go on' }] },
      ],
    })
    expect((await sent('gemini/m', { stream: false })).path).toBe('/v1beta/models/m:generateContent')
  })

  it('to a dialect is what that dialect documents', async () => {
    expect((await sent('mistral/m', { seed: 1, maxTokens: 2 })).body).toEqual({
      model: 'm',
      random_seed: 1,
      max_tokens: 2,
      stream: true,
      messages: [{ role: 'user', content: 'Hello' }],
    })
    expect((await sent('openrouter/meta/llama', {})).body).toMatchObject({ model: 'meta/llama' })
    const pdf = { type: 'file', mediaType: 'application/pdf', url: 'https://example.org/a.pdf' } as const
    const messages = [Message.instruction('Read', { files: [pdf] }), Message.assistant('It says')]
    expect((await sent('mistral/m', {}, { messages })).body).toMatchObject({
      messages: [
        { content: [{ type: 'document_url', document_url: 'https://example.org/a.pdf' }, { type: 'text' }] },
        { role: 'assistant', content: 'It says', prefix: true },
      ],
    })
  })

  it('holds the provider’s own fields, merged object by object', async () => {
    const providerOptions = { generationConfig: { thinkingConfig: { thinkingBudget: 0 } }, safetySettings: [] }
    const { body } = await sent('gemini/m', { temperature: 1, providerOptions })
    expect(body).toMatchObject({
      generationConfig: { temperature: 1, thinkingConfig: { thinkingBudget: 0 } },
      safetySettings: [],
    })
    expect(providerOptions.generationConfig).toEqual({ thinkingConfig: { thinkingBudget: 0 } })
    const without = await sent('openai/m', { providerOptions: { stream_options: undefined, user: 'me' } })
    expect(without.body).toMatchObject({ user: 'me' })
    expect(without.body).not.toHaveProperty('stream_options')
  })

  it('holds the headers that were given, over Braid’s own', async () => {
    const { headers } = await sent('anthropic/m', { headers: { 'Anthropic-Version': 'x', 'X-Trace': '1' } })
    expect(headers).toMatchObject({ 'anthropic-version': 'x', 'x-trace': '1' })
  })

  it('holds a partial answer as it is, and leaves out what has no text', async () => {
    const partial = new Message({
      content: {
        type: 'assistant-response',
        parts: [{ type: 'text', text: 'So fa' }],
        finishReason: 'other',
        usage: {},
        model: 'm',
      },
      status: 'partial',
    })
    const { body } = await sent(
      'openai/m',
      {},
      { messages: [Message.instruction('x'), partial, Message.assistant('')] },
    )
    expect(body).toMatchObject({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: 'So fa' },
      ],
    })
  })
})

describe('what cannot be sent', () => {
  it('is a request of a protocol that Braid only reads', () => {
    const model = () => new iModel({ provider: family('openai-completions'), model: 'm', apiKey: 'key' })
    expect(model).toThrowError(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringContaining('payload_format') }),
    )
  })

  it.each([
    ['anthropic/m', { seed: 1 }, 'seed'],
    ['groq/m', { n: 2 }, 'n'],
    ['perplexity/m', { stop: 'x' }, 'stop'],
    ['anthropic/m', { temperature: 1.5 }, 'temperature'],
  ] as const)('to %s, the option %o, throws when the model is made', (id, options, name) => {
    expect(() => new iModel(id, { apiKey: 'key', ...options })).toThrowError(
      expect.objectContaining({ code: 'unsupported_parameter', message: expect.stringContaining(`\`${name}\``) }),
    )
  })

  it('throws at the call: a video, nothing at all', () => {
    const model = new iModel('openai/m', { apiKey: 'key' })
    const file = { type: 'file', mediaType: 'video/mp4', url: 'https://example.org/a.mp4' } as const
    const invoke = (message: Message) => () => model.invoke({ messages: [message] })
    expect(invoke(Message.instruction('x', { files: [file] }))).toThrowError(
      expect.objectContaining({ code: 'unsupported_parameter', message: expect.stringContaining('video/mp4') }),
    )
    expect(() => model.invoke({ messages: [] })).toThrowError(expect.objectContaining({ code: 'invalid_request' }))
    const circular: Record<string, unknown> = {}
    circular['self'] = circular
    expect(invoke(Message.instruction('x', { context: circular }))).toThrowError(
      expect.objectContaining({ code: 'invalid_request' }),
    )
  })
})
