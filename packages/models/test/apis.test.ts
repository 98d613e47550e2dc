import { BraidError, Message, tool } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())
afterEach(() => vi.restoreAllMocks())

const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  input: z.object({ city: z.string() }),
  run: ({ city }) => `sunny in ${city}`,
})
const add = tool({ name: 'add', description: 'a + b', input: z.object({ a: z.number() }), run: ({ a }) => a })
const PNG = { type: 'file', mediaType: 'image/png', bytes: Uint8Array.from([1, 2, 3]) } as const
const PDF = { type: 'file', mediaType: 'application/pdf', bytes: Uint8Array.from([4, 5]) } as const
const CALL = { toolCallId: 'call_1', toolName: 'weather', input: { city: 'Oslo' } }
const FAILED = { ...CALL, toolCallId: 'call_2', error: new BraidError('tool_failed', 'the sensor is broken') }
const ROUND = [
  Message.system('Be brief.'),
  Message.instruction('How is it?', { files: [PNG] }),
  Message.assistant('I look.'),
  new Message({ content: { type: 'action-request', calls: [CALL, { ...CALL, toolCallId: 'call_2' }] } }),
  new Message({ content: { type: 'action-response', outcomes: [{ ...CALL, output: { sunny: true } }, FAILED] } }),
]

const COHERE = [
  { type: 'message-start', id: 'm_1', delta: { message: { role: 'assistant' } } },
  { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Hello' } } } },
  { type: 'message-end', delta: { finish_reason: 'COMPLETE' } },
]
  .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  .join('')
const OLLAMA = `${JSON.stringify({ model: 'm', message: { role: 'assistant', content: 'Hello' }, done: true, done_reason: 'stop' })}\n`

async function sent(id: ModelId, request: Parameters<iModel['invoke']>[0], options: ModelOptions = {}) {
  const model = new iModel(id, {
    baseUrl: `${server.url}${id.startsWith('cohere') ? '/v2' : ''}`,
    apiKey: 'key',
    ...options,
  })
  const stream = model.invoke(request)
  if (id.startsWith('cohere')) server.reply({ bytes: Buffer.from(COHERE) })
  if (id.startsWith('ollama')) server.reply({ bytes: Buffer.from(OLLAMA) })
  await stream.response
  await model.close()
  const { body, path } = server.requests.at(-1)!
  return { body, path }
}

describe('Bedrock Converse', () => {
  const CLAUDE = 'bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0'

  it('gets blocks that are named for what they are, and its model in the address', async () => {
    const { body, path } = await sent(
      CLAUDE,
      { messages: ROUND, tools: [weather, add], toolChoice: 'required' },
      { temperature: 0.5, maxTokens: 7, stop: 'END', topK: 3 },
    )
    expect(path).toBe('/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream')
    expect(body).toEqual({
      system: [{ text: 'Be brief.' }],
      messages: [
        { role: 'user', content: [{ image: { format: 'png', source: { bytes: 'AQID' } } }, { text: 'How is it?' }] },
        {
          role: 'assistant',
          content: [
            { text: 'I look.' },
            { toolUse: { toolUseId: 'call_1', name: 'weather', input: { city: 'Oslo' } } },
            { toolUse: { toolUseId: 'call_2', name: 'weather', input: { city: 'Oslo' } } },
          ],
        },
        {
          role: 'user',
          content: [
            { toolResult: { toolUseId: 'call_1', content: [{ text: '{"sunny":true}' }] } },
            { toolResult: { toolUseId: 'call_2', content: [{ text: 'the sensor is broken' }], status: 'error' } },
          ],
        },
      ],
      inferenceConfig: { temperature: 0.5, maxTokens: 7, stopSequences: ['END'] },
      additionalModelRequestFields: { top_k: 3 },
      toolConfig: {
        tools: [
          {
            toolSpec: {
              name: 'weather',
              description: 'The weather in a city',
              inputSchema: { json: expect.objectContaining({ type: 'object' }) },
            },
          },
          { toolSpec: expect.objectContaining({ name: 'add' }) },
        ],
        toolChoice: { any: {} },
      },
    })
  })

  it('is told in the text that a result failed, where the model has no mark for it', async () => {
    const { body } = await sent('bedrock/meta.llama3-3-70b-instruct-v1:0', { messages: ROUND, tools: [weather] })
    expect(body).toMatchObject({
      messages: [{}, {}, { content: [{}, { toolResult: { content: [{ text: 'Error: the sensor is broken' }] } }] }],
    })
    expect(JSON.stringify(body)).not.toContain('"status"')
  })

  it('gets documents under names of their own, and files in S3 by where they are', async () => {
    const there = { type: 'file', mediaType: 'image/jpeg', url: 's3://bucket/a.jpg' } as const
    const { body } = await sent(CLAUDE, { messages: [Message.instruction('Read', { files: [PDF, PDF, there] })] })
    expect(body).toMatchObject({
      messages: [
        {
          content: [
            { document: { format: 'pdf', name: 'document-1', source: { bytes: 'BAU=' } } },
            { document: { name: 'document-2' } },
            { image: { format: 'jpeg', source: { s3Location: { uri: 's3://bucket/a.jpg' } } } },
            { text: 'Read' },
          ],
        },
      ],
    })
    const web = { ...there, url: 'https://example.org/a.jpg' }
    await expect(async () =>
      sent(CLAUDE, { messages: [Message.instruction('Read', { files: [web] })] }),
    ).rejects.toThrowError(expect.objectContaining({ code: 'unsupported_parameter' }))
  })

  it('is told as text of calls, where it is offered no tools: it refuses them then', async () => {
    for (const request of [{ messages: ROUND }, { messages: ROUND, tools: [weather], toolChoice: 'none' }] as const) {
      const { body } = await sent(CLAUDE, request, { unsupported: 'warn' })
      expect(body).not.toHaveProperty('toolConfig')
      expect(body).toMatchObject({
        messages: [
          { role: 'user' },
          { role: 'assistant', content: [{ text: expect.stringContaining('[called weather: {"city":"Oslo"}]') }] },
          { role: 'user', content: [{ text: expect.stringContaining('[weather gave: Error: the sensor is broken]') }] },
        ],
      })
    }
  })

  it('is told what an answer has to be in its own way, as text', async () => {
    const output = z.object({ city: z.string() })
    const { body } = await sent(CLAUDE, { messages: [Message.instruction('Where?')], output })
    const { schema } = server.requests.at(-1)!
    expect(schema).toMatchObject({ type: 'object', additionalProperties: false, required: ['city'] })
    expect(body).toMatchObject({
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { name: 'answer' } } } },
    })
    const other = await sent('bedrock/amazon.nova-pro-v1:0', { messages: [Message.instruction('Where?')], output })
    expect(other.body).not.toHaveProperty('outputConfig')
    expect(other.body).toMatchObject({ system: [{ text: expect.stringContaining('JSON Schema') }] })
  })

  it('gets marks behind what is to be kept', async () => {
    const { body } = await sent(CLAUDE, { messages: ROUND.slice(0, 2) }, { cache: '1h' })
    expect(body).toMatchObject({
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [{ content: [{ image: {} }, { text: 'How is it?' }, { cachePoint: { type: 'default', ttl: '1h' } }] }],
    })
  })

  it('answers in plain as it streams', async () => {
    const said = {
      reasoning: 'I have to look.',
      text: 'Let me see.',
      toolCalls: [{ toolName: 'weather', input: { city: 'Oslo' }, toolCallId: 'x' }],
    }
    const read = async (stream: boolean) => {
      server.reply(said)
      const model = new iModel(CLAUDE as ModelId, { baseUrl: server.url, apiKey: 'key', stream })
      const { content } = await model.invoke({ messages: [Message.instruction('How?')], tools: [weather] }).response
      await model.close()
      return content
    }
    expect(await read(false)).toEqual(await read(true))
  })
})

describe('Cohere', () => {
  it('gets each message where it stands, and what was said before calls as its plan', async () => {
    const { body, path } = await sent(
      'cohere/command-a-03-2025',
      { messages: ROUND, tools: [weather, add], toolChoice: { toolName: 'weather' } },
      { temperature: 0.5, topP: 0.9, topK: 3, maxTokens: 7, stop: ['END'], seed: 1, frequencyPenalty: 0.1 },
    )
    expect(path).toBe('/v2/chat')
    expect(body).toMatchObject({
      model: 'command-a-03-2025',
      temperature: 0.5,
      p: 0.9,
      k: 3,
      max_tokens: 7,
      stop_sequences: ['END'],
      seed: 1,
      frequency_penalty: 0.1,
      stream: true,
      tool_choice: 'REQUIRED',
      messages: [
        { role: 'system', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
            { type: 'text', text: 'How is it?' },
          ],
        },
        {
          role: 'assistant',
          tool_plan: 'I look.',
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
            { id: 'call_2' },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '{"sunny":true}' },
        { role: 'tool', tool_call_id: 'call_2', content: 'Error: the sensor is broken' },
      ],
    })
    expect((body as { tools: readonly unknown[] }).tools).toHaveLength(1)
  })

  it('is told what an answer has to be in its own way, without tools alone', async () => {
    const output = z.object({ city: z.string() })
    const messages = [Message.instruction('Where?')]
    expect((await sent('cohere/command-a', { messages, output })).body).toMatchObject({
      response_format: { type: 'json_object', json_schema: { type: 'object' } },
    })
    expect((await sent('cohere/command-a', { messages, output, tools: [weather] })).body).not.toHaveProperty(
      'response_format',
    )
  })

  it('answers in plain as it streams', async () => {
    const body = {
      id: 'm_1',
      finish_reason: 'TOOL_CALL',
      message: {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'hm' },
          { type: 'text', text: 'Hello' },
        ],
        tool_calls: [{ id: 'c', type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }],
      },
      usage: { tokens: { input_tokens: 3, output_tokens: 2 } },
    }
    server.replay(Buffer.from(JSON.stringify(body)), { contentType: 'application/json' })
    const model = new iModel('cohere/m', { baseUrl: `${server.url}/v2`, apiKey: 'key', stream: false })
    const chunks = []
    for await (const chunk of model.invoke('x')) chunks.push(chunk)
    await model.close()
    expect(chunks.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['message-start', 'reasoning-delta', 'text-delta', 'tool-call', 'finish']),
    )
    expect(chunks.at(-1)).toMatchObject({ finishReason: 'tool-calls', usage: { inputTokens: 3, outputTokens: 2 } })
    expect(server.requests.at(-1)?.body).not.toHaveProperty('stream')
  })
})

describe('Ollama’s own chat', () => {
  it('gets images beside the text, calls without ids, and its options in their place', async () => {
    const { body, path } = await sent(
      'ollama-native/qwen3',
      { messages: ROUND, tools: [weather] },
      { temperature: 0.5, topK: 3, maxTokens: 7, seed: 1, reasoning: 'high', logprobs: 2 },
    )
    expect(path).toBe('/api/chat')
    expect(body).toMatchObject({
      model: 'qwen3',
      stream: true,
      think: true,
      logprobs: true,
      top_logprobs: 2,
      options: { temperature: 0.5, top_k: 3, num_predict: 7, seed: 1 },
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'How is it?', images: ['AQID'] },
        {
          role: 'assistant',
          content: 'I look.',
          tool_calls: [
            { function: { name: 'weather', arguments: { city: 'Oslo' } } },
            { function: { name: 'weather', arguments: { city: 'Oslo' } } },
          ],
        },
        { role: 'tool', tool_name: 'weather', content: '{"sunny":true}' },
        { role: 'tool', tool_name: 'weather', content: 'Error: the sensor is broken' },
      ],
    })
  })

  it('has no word for a tool that has to be called: an error, or a warning by policy', async () => {
    const request = { messages: [Message.instruction('How?')], tools: [weather], toolChoice: 'required' } as const
    await expect(async () => sent('ollama-native/m', request)).rejects.toThrowError(
      expect.objectContaining({ code: 'unsupported_parameter', message: expect.stringContaining('toolChoice') }),
    )
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    expect((await sent('ollama-native/m', request, { unsupported: 'warn' })).body).toHaveProperty('tools')
    expect(warn).toHaveBeenCalledWith(expect.stringContaining("'required'"), { code: 'BRAID_UNSUPPORTED' })
  })

  it('answers in plain as it streams', async () => {
    const body = {
      model: 'm',
      message: { role: 'assistant', thinking: 'hm', content: 'Hello' },
      done: true,
      done_reason: 'stop',
      prompt_eval_count: 3,
      eval_count: 2,
    }
    server.replay(Buffer.from(JSON.stringify(body)), { contentType: 'application/json' })
    const model = new iModel('ollama-native/m', { baseUrl: server.url, stream: false })
    const { text, content } = await model.invoke('x').response
    await model.close()
    expect(text).toBe('Hello')
    expect(content).toMatchObject({ finishReason: 'stop', usage: { inputTokens: 3, outputTokens: 2 } })
    expect(server.requests.at(-1)?.body).toMatchObject({ stream: false })
  })
})
