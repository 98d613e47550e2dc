import Anthropic from '@anthropic-ai/sdk'
import { BedrockRuntimeClient, ConverseCommand, type ConverseCommandInput } from '@aws-sdk/client-bedrock-runtime'
import { FunctionCallingConfigMode, GoogleGenAI } from '@google/genai'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { type ProviderServer, type Saying, startProviderServer } from '@braid/testing'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/*
 * The providers' own clients go a round of tools against the provider server, and ask for an answer by schema: what it refuses, it does not refuse them, and
 * what they would be refused elsewhere, they are refused by it.
 */

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

const SCHEMA = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const CALLS: Saying = {
  reasoning: 'I have to look.',
  redacted: 'c2VhbGVk',
  text: 'Let me see.',
  toolCalls: ['Oslo', 'Rome'].map((city) => ({ toolName: 'weather', input: { city } })),
}

/** What the server saw of the second request. */
function received() {
  const { status, tools, schema, toolResults } = server.requests.at(-1)!
  return { status, tools, schema, outputs: toolResults.map(({ output }) => output) }
}
const GOOD = { status: 200, tools: [{ name: 'weather' }], schema: SCHEMA, outputs: ['sunny', 'raining'] }

describe('openai', () => {
  const open = () => new OpenAI({ apiKey: 'any', baseURL: `${server.url}/v1`, maxRetries: 0, logLevel: 'off' })

  test('goes a round of tools by chat completions', async () => {
    server.reply(CALLS).reply('{"city":"Rome"}')
    const client = open()
    const tools: OpenAI.ChatCompletionTool[] = [
      { type: 'function', function: { name: 'weather', description: 'The weather', parameters: SCHEMA, strict: true } },
    ]
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Where is it raining?' }]
    const first = await client.chat.completions.create({ model: 'gpt-4o', messages, tools })
    const said = first.choices[0]!.message
    const results = said.tool_calls!.map(
      ({ id }, at): OpenAI.ChatCompletionToolMessageParam => ({
        role: 'tool',
        tool_call_id: id,
        content: GOOD.outputs[at]!,
      }),
    )
    await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [...messages, said, ...results],
      tools,
      response_format: { type: 'json_schema', json_schema: { name: 'place', strict: true, schema: SCHEMA } },
    })
    expect(received()).toMatchObject(GOOD)
    const short = client.chat.completions.create({ model: 'gpt-4o', messages: [...messages, said, results[0]!], tools })
    await expect(short).rejects.toMatchObject({ status: 400 })
  })

  test('goes a round of tools by responses, with the reasoning that came encrypted', async () => {
    server.reply(CALLS).reply('{"city":"Rome"}')
    const client = open()
    const tools: OpenAI.Responses.Tool[] = [
      { type: 'function', name: 'weather', description: 'The weather', parameters: SCHEMA, strict: true },
    ]
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: 'Where is it raining?' }]
    const include: OpenAI.Responses.ResponseIncludable[] = ['reasoning.encrypted_content']
    const first = await client.responses.create({ model: 'gpt-5', input, tools, store: false, include })
    expect(first.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call', 'function_call'])
    input.push(...(first.output as OpenAI.Responses.ResponseInputItem[]))
    const calls = first.output.filter((item) => item.type === 'function_call')
    const results = calls.map(({ call_id }, at) => ({
      type: 'function_call_output' as const,
      call_id,
      output: GOOD.outputs[at]!,
    }))
    const text = { format: { type: 'json_schema' as const, name: 'place', strict: true, schema: SCHEMA } }
    await client.responses.create({ model: 'gpt-5', input: [...input, ...results], tools, text, store: false })
    expect(received()).toMatchObject(GOOD)
    const short = client.responses.create({ model: 'gpt-5', input: [...input, results[0]!], tools })
    await expect(short).rejects.toMatchObject({ status: 400 })
  })
})

test('@anthropic-ai/sdk goes a round of tools, with the reasoning that was signed and encrypted', async () => {
  server.reply(CALLS).reply('{"city":"Rome"}')
  const client = new Anthropic({ apiKey: 'any', baseURL: server.url, maxRetries: 0, logLevel: 'off' })
  const ask = { model: 'claude-sonnet-4-6', max_tokens: 2048 } as const
  const tools: Anthropic.Tool[] = [{ name: 'weather', description: 'The weather', input_schema: SCHEMA }]
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'Where is it raining?' }]
  const thinking = { type: 'enabled', budget_tokens: 1024 } as const
  const first = await client.messages.create({ ...ask, messages, tools, thinking })
  messages.push({ role: 'assistant', content: first.content })
  const results = first.content
    .filter((block) => block.type === 'tool_use')
    .map(({ id }, at) => ({ type: 'tool_result' as const, tool_use_id: id, content: GOOD.outputs[at]! }))
  await client.messages.create({
    ...ask,
    messages: [...messages, { role: 'user', content: results }],
    tools,
    thinking,
    output_config: { format: { type: 'json_schema', schema: SCHEMA } },
  })
  expect(received()).toMatchObject(GOOD)
  const short = client.messages.create({
    ...ask,
    messages: [...messages, { role: 'user', content: [results[0]!] }],
    tools,
  })
  await expect(short).rejects.toMatchObject({ status: 400 })
})

test('@google/genai goes a round of tools, with the calls that were signed', async () => {
  server.reply(CALLS).reply('{"city":"Rome"}')
  const client = new GoogleGenAI({ apiKey: 'any', httpOptions: { baseUrl: server.url } })
  const model = 'gemini-3-pro-preview'
  const tools = [
    { functionDeclarations: [{ name: 'weather', description: 'The weather', parametersJsonSchema: SCHEMA }] },
  ]
  const toolConfig = { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } }
  const asked = [{ role: 'user', parts: [{ text: 'Where is it raining?' }] }]
  const first = await client.models.generateContent({ model, contents: asked, config: { tools, toolConfig } })
  expect(first.functionCalls).toHaveLength(2)
  const contents = [...asked, first.candidates![0]!.content!]
  const parts = GOOD.outputs.map((output) => ({ functionResponse: { name: 'weather', response: { output } } }))
  await client.models.generateContent({
    model,
    contents: [...contents, { role: 'user', parts }],
    config: { tools, toolConfig, responseMimeType: 'application/json', responseJsonSchema: SCHEMA },
  })
  expect(received()).toMatchObject(GOOD)
  const short = [...contents, { role: 'user', parts: [parts[0]!] }]
  await expect(client.models.generateContent({ model, contents: short, config: { tools } })).rejects.toMatchObject({
    status: 400,
  })
})

test('@aws-sdk/client-bedrock-runtime goes a round of tools, with the reasoning that was signed and encrypted', async () => {
  server.reply(CALLS).reply('{"city":"Rome"}')
  const client = new BedrockRuntimeClient({
    endpoint: server.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  })
  const asked = {
    modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
    toolConfig: {
      tools: [{ toolSpec: { name: 'weather', description: 'The weather', inputSchema: { json: SCHEMA } } }],
    },
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } },
  } as const satisfies Partial<ConverseCommandInput>
  const question = { role: 'user' as const, content: [{ text: 'Where is it raining?' }] }
  const first = await client.send(new ConverseCommand({ ...asked, messages: [question] }))
  const said = first.output!.message!
  const content = said
    .content!.flatMap(({ toolUse }) => toolUse ?? [])
    .map(({ toolUseId }, at) => ({ toolResult: { toolUseId, content: [{ text: GOOD.outputs[at]! }] } }))
  expect(content).toHaveLength(2)
  await client.send(
    new ConverseCommand({
      ...asked,
      messages: [question, said, { role: 'user', content }],
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { name: 'place', schema: JSON.stringify(SCHEMA) } },
        },
      },
    }),
  )
  expect(received()).toMatchObject(GOOD)
  const short = client.send(
    new ConverseCommand({ ...asked, messages: [question, said, { role: 'user', content: content.slice(0, 1) }] }),
  )
  await expect(short).rejects.toMatchObject({ name: 'ValidationException' })
  client.destroy()
})
