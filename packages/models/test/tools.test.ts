import { BraidError, Message, type ModelRequest, tool, type ToolOutcome } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  input: z.object({ city: z.string() }),
  run: ({ city }) => `sunny in ${city}`,
})
const add = tool({
  name: 'add',
  description: 'a + b',
  input: z.object({ a: z.number(), b: z.number(), note: z.string().optional() }),
  run: ({ a, b }) => a + b,
})
const ASK = Message.instruction('How is it in Oslo?')

function model(id: ModelId, options: ModelOptions = {}): iModel {
  return new iModel(id, {
    baseUrl: id.startsWith('openai/') ? `${server.url}/v1` : server.url,
    apiKey: 'key',
    ...options,
  })
}

/** What the model said to `request`, as messages. */
async function answered(imodel: iModel, request: ModelRequest): Promise<readonly Message[]> {
  const stream = imodel.invoke(request)
  const calls = []
  for await (const chunk of stream) if (chunk.type === 'tool-call') calls.push(chunk)
  const request_ = calls.map(({ toolCallId, toolName, input, signature }) => ({
    toolCallId,
    toolName,
    input,
    ...(signature === undefined ? {} : { signature }),
  }))
  return [await stream.response, new Message({ content: { type: 'action-request', calls: request_ } })]
}

function outcomes(calls: Message, results: readonly ({ output: unknown } | { error: BraidError })[]): Message {
  if (calls.content.type !== 'action-request') throw new Error('no calls')
  const all = calls.content.calls.map((call, at): ToolOutcome => ({ ...call, ...results[at]! }))
  return new Message({ content: { type: 'action-response', outcomes: all } })
}

const OSLO = { toolName: 'weather', input: { city: 'Oslo' } }
const SUM = { toolName: 'add', input: { a: 1, b: 2 } }
const FAILED = new BraidError('tool_failed', 'the sensor is broken')

describe('a round of tools', () => {
  it('goes to OpenAI as calls of the assistant and a message for each result', async () => {
    const gpt = model('openai/gpt-4o')
    server.reply({ text: 'Let me see.', toolCalls: [OSLO, SUM] }).reply('Sunny')
    const tools = [weather, add]
    const said = await answered(gpt, { messages: [ASK], tools })
    expect(server.requests.at(-1)?.body).toMatchObject({
      tools: [
        {
          type: 'function',
          function: {
            name: 'weather',
            description: 'The weather in a city',
            strict: true,
            parameters: {
              type: 'object',
              properties: { city: { type: 'string' } },
              required: ['city'],
              additionalProperties: false,
            },
          },
        },
        // One that may leave something out is not strict: the model would have to write null.
        { type: 'function', function: { name: 'add', parameters: { required: ['a', 'b'] } } },
      ],
    })
    const results = outcomes(said[1]!, [{ output: { sky: 'blue' } }, { error: FAILED }])
    expect(await gpt.invoke({ messages: [ASK, ...said, results], tools }).response).toMatchObject({ text: 'Sunny' })
    const ids = (said[1] as Message<never>).content as { calls: { toolCallId: string }[] }
    const [one, two] = ids.calls.map(({ toolCallId }) => toolCallId)
    expect(server.requests.at(-1)?.body['messages']).toEqual([
      { role: 'user', content: 'How is it in Oslo?' },
      {
        role: 'assistant',
        content: 'Let me see.',
        tool_calls: [
          { id: one, type: 'function', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
          { id: two, type: 'function', function: { name: 'add', arguments: '{"a":1,"b":2}' } },
        ],
      },
      { role: 'tool', tool_call_id: one, content: '{"sky":"blue"}' },
      { role: 'tool', tool_call_id: two, content: 'Error: the sensor is broken' },
    ])
  })

  it('goes to Anthropic with the signed reasoning before the calls, and results in one message of the user', async () => {
    const claude = model('anthropic/claude-sonnet-4-5')
    const signature = 'EqQB+/=='
    server
      .reply({ reasoning: 'I have to look.', signature, text: 'Let me see.', toolCalls: [OSLO, SUM] })
      .reply('Sunny')
    const tools = [weather, add]
    const said = await answered(claude, { messages: [ASK], tools, toolChoice: 'required' })
    expect(server.requests.at(-1)?.body).toMatchObject({
      tools: [
        { name: 'weather', description: 'The weather in a city', input_schema: { type: 'object' } },
        { name: 'add' },
      ],
      tool_choice: { type: 'any' },
    })
    const results = outcomes(said[1]!, [{ output: 'sun' }, { error: FAILED }])
    const messages = [ASK, ...said, results, Message.instruction('And?')]
    await claude.invoke({ messages, tools }).response
    expect(server.requests.at(-1)?.body['messages']).toMatchObject([
      { role: 'user' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'I have to look.', signature },
          { type: 'text', text: 'Let me see.' },
          { type: 'tool_use', name: 'weather', input: { city: 'Oslo' } },
          { type: 'tool_use', name: 'add', input: { a: 1, b: 2 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', content: 'sun' },
          { type: 'tool_result', content: 'the sensor is broken', is_error: true },
          { type: 'text', text: 'And?' },
        ],
      },
    ])
  })

  it('goes to Gemini with the signature on the call that it came with', async () => {
    const gemini = model('gemini/gemini-3-pro')
    const signature = 'Cg+/=='
    server.reply({ reasoning: 'I have to look.', signature, toolCalls: [OSLO] }).reply('Sunny')
    const said = await answered(gemini, { messages: [ASK], tools: [weather], toolChoice: { toolName: 'weather' } })
    expect(server.requests.at(-1)?.body).toMatchObject({
      tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: { type: 'object' } }] }],
      toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['weather'] } },
    })
    const results = outcomes(said[1]!, [{ output: ['sun', 7] }])
    await gemini.invoke({ messages: [ASK, ...said, results], tools: [weather] }).response
    expect(server.requests.at(-1)?.body['contents']).toEqual([
      { role: 'user', parts: [{ text: 'How is it in Oslo?' }] },
      {
        role: 'model',
        parts: [
          { text: 'I have to look.', thought: true },
          { functionCall: { name: 'weather', args: { city: 'Oslo' } }, thoughtSignature: signature },
        ],
      },
      { role: 'user', parts: [{ functionResponse: { name: 'weather', response: { output: ['sun', 7] } } }] },
    ])
  })
})
