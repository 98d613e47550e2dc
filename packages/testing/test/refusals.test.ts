import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ProviderServer, startProviderServer } from '../src/index.ts'
import { type Ask, ask, at, get } from './client.ts'

let server: ProviderServer
beforeEach(async () => {
  server = await startProviderServer()
})
afterEach(() => server.close())

async function refused(asked: Ask): Promise<string> {
  const { status, text } = await get(server, asked)
  expect(status).toBe(400)
  return String(at(JSON.parse(text), 'error', 'message'))
}

const user = { role: 'user', content: 'Go' }
const OBJECT = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const OPEN = { type: 'object', properties: { city: { type: 'string' } } }

describe('openai-chat', () => {
  const call = (id: string, name = 'f') => ({ id, type: 'function', function: { name, arguments: '{}' } })
  const calls = (...ids: string[]) => ({ role: 'assistant', content: null, tool_calls: ids.map((id) => call(id)) })
  const result = (tool_call_id: string) => ({ role: 'tool', tool_call_id, content: 'ok' })
  const tool = (body: object) => ({ type: 'function', function: { name: 'f', parameters: OBJECT, ...body } })
  const format = (json_schema: object) => ({ response_format: { type: 'json_schema', json_schema } })

  test.each<[string, object, RegExp]>([
    [
      'a call without its result',
      { messages: [user, calls('a', 'b'), result('a')] },
      /did not have response messages: b$/,
    ],
    [
      'a call whose result comes too late',
      { messages: [user, calls('a'), user, result('a')] },
      /response messages: a$/,
    ],
    ['a result without its call', { messages: [user, result('a')] }, /must be a response to a preceeding message/],
    ['a result of another call', { messages: [user, calls('a'), result('b')] }, /'tool_call_id' of 'b' not found/],
    ['two results of one call', { messages: [user, calls('a'), result('a'), result('a')] }, /'a' not found/],
    [
      'an id that is too long',
      { messages: [user, calls('x'.repeat(41)), result('x'.repeat(41))] },
      /maximum length 40/,
    ],
    ['a name with a dot', { messages: [user], tools: [tool({ name: 'a.b' })] }, /does not match pattern/],
    ['no tools in a list of them', { messages: [user], tools: [] }, /empty array/],
    ['a choice without tools', { messages: [user], tool_choice: 'auto' }, /only allowed when 'tools'/],
    [
      'a choice of none of them',
      { messages: [user], tools: [tool({})], tool_choice: { function: { name: 'g' } } },
      /'g' not found/,
    ],
    ['a role of its own', { messages: [{ role: 'model', content: 'x' }] }, /Supported values are/],
    ['nobody’s words', { messages: [{ role: 'user', content: null }] }, /expected a string, got null/],
    [
      'a strict tool that is open',
      { messages: [user], tools: [tool({ strict: true, parameters: OPEN })] },
      /'additionalProperties' is required/,
    ],
    [
      'a strict tool with an option',
      { messages: [user], tools: [tool({ strict: true, parameters: { ...OBJECT, required: [] } })] },
      /Missing 'city'/,
    ],
    [
      'a strict answer with oneOf',
      {
        messages: [user],
        ...format({ name: 'a', strict: true, schema: { ...OBJECT, properties: { city: { oneOf: [] } } } }),
      },
      /'oneOf' is not permitted/,
    ],
    [
      'an answer that is a list',
      { messages: [user], ...format({ name: 'a', schema: { type: 'array' } }) },
      /got 'type: "array"'/,
    ],
    ['an answer without a name', { messages: [user], ...format({ schema: OBJECT }) }, /json_schema\.name/],
    [
      'an answer with a name of two words',
      { messages: [user], ...format({ name: 'a b', schema: OBJECT }) },
      /does not match pattern/,
    ],
    [
      'JSON that nobody speaks of',
      { messages: [user], response_format: { type: 'json_object' } },
      /must contain the word 'json'/,
    ],
  ])('refuses %s', async (_, body, message) => {
    expect(await refused(ask.openai(body))).toMatch(message)
  })

  test('shows what a request offers, wants and brings', async () => {
    await get(
      server,
      ask.openai({
        messages: [user, calls('a', 'b'), result('b'), result('a')],
        tools: [tool({ description: 'does', strict: true })],
        tool_choice: 'required',
        ...format({ name: 'answer', strict: true, schema: OBJECT }),
      }),
    )
    expect(server.requests[0]).toMatchObject({
      status: 200,
      tools: [{ name: 'f', description: 'does', schema: OBJECT }],
      toolChoice: 'required',
      schema: OBJECT,
      toolResults: [{ toolCallId: 'b', toolName: 'f', output: 'ok', failed: false }, { toolCallId: 'a' }],
    })
  })
})

describe('openai-responses', () => {
  const call = (call_id: string) => ({ type: 'function_call', call_id, name: 'f', arguments: '{}' })
  const result = (call_id: string) => ({ type: 'function_call_output', call_id, output: 'ok' })
  const tool = (body: object) => ({ type: 'function', name: 'f', parameters: OBJECT, ...body })

  test.each<[string, object, RegExp]>([
    ['a call without its result', { input: [user, call('a')] }, /No tool output found for function call a/],
    ['a result without its call', { input: [user, result('a')] }, /No tool call found for .* call_id a/],
    [
      'reasoning that it did not encrypt',
      { input: [user, { type: 'reasoning', summary: [], encrypted_content: 'gAAAb' }] },
      /could not be verified/,
    ],
    ['reasoning without a summary', { input: [user, { type: 'reasoning' }] }, /summary/],
    [
      'a tool that does not say that it is not strict',
      { tools: [tool({ parameters: OPEN })] },
      /'additionalProperties' is required/,
    ],
    ['an answer without a name', { text: { format: { type: 'json_schema', schema: OBJECT } } }, /text\.format\.name/],
    ['a choice without tools', { tool_choice: { type: 'function', name: 'f' } }, /'f' not found/],
    ['a role of its own', { input: [{ role: 'tool', content: 'x' }] }, /Supported values are/],
  ])('refuses %s', async (_, body, message) => {
    expect(await refused(ask.responses(body))).toMatch(message)
  })

  test('shows what a request offers, wants and brings, and takes back what it encrypted', async () => {
    server.reply({ redacted: 'gAAAb', text: 'one' })
    await get(server, ask.responses())
    const input = [user, { type: 'reasoning', summary: [], encrypted_content: 'gAAAb' }, call('a'), result('a')]
    const text = { format: { type: 'json_schema', name: 'answer', schema: OBJECT } }
    await get(server, ask.responses({ input, text, tools: [tool({ strict: false, parameters: OPEN })] }))
    expect(server.requests[1]).toMatchObject({
      status: 200,
      messages: [
        { role: 'user', text: 'Go' },
        { role: 'tool', text: 'ok' },
      ],
      tools: [{ name: 'f', schema: OPEN }],
      schema: OBJECT,
      toolResults: [{ toolCallId: 'a', toolName: 'f', output: 'ok' }],
    })
  })
})

describe('anthropic-messages', () => {
  const use = (id: string) => ({ type: 'tool_use', id, name: 'f', input: {} })
  const calls = (...content: object[]) => ({ role: 'assistant', content })
  const results = (...ids: string[]) => ({
    role: 'user',
    content: ids.map((tool_use_id) => ({ type: 'tool_result', tool_use_id, content: 'ok' })),
  })
  const thinking = (body: object) => calls({ type: 'thinking', thinking: 'hm', signature: 'c2ln', ...body })
  const tool = (body: object) => ({ name: 'f', input_schema: { type: 'object' }, ...body })
  const format = (schema: object) => ({ output_config: { format: { type: 'json_schema', schema } } })

  test.each<[string, object, RegExp]>([
    [
      'a call without its result',
      { messages: [user, calls(use('a'), use('b')), results('a')] },
      /messages\.1: `tool_use` ids were found without .* after: b\./,
    ],
    ['a call at the end', { messages: [user, calls(use('a'))] }, /after: a\./],
    [
      'words before results',
      {
        messages: [
          user,
          calls(use('a')),
          { role: 'user', content: [{ type: 'text', text: 'so' }, ...results('a').content] },
        ],
      },
      /after: a\./,
    ],
    [
      'a result without its call',
      { messages: [user, calls({ type: 'text', text: 'x' }), results('a')] },
      /messages\.2\.content\.0: unexpected `tool_use_id`.*: a\./,
    ],
    [
      'one id twice',
      { messages: [user, calls(use('a')), results('a'), calls(use('a')), results('a')] },
      /ids must be unique/,
    ],
    ['an id with a colon', { messages: [user, calls(use('a:1')), results('a:1')] }, /should match pattern/i],
    [
      'input that is a text',
      { messages: [user, calls({ ...use('a'), input: '{}' }), results('a')] },
      /valid dictionary/,
    ],
    [
      'results of the assistant',
      { messages: [user, calls(...results('a').content)] },
      /can only be in `user` messages/,
    ],
    ['a system’s message', { messages: [{ role: 'system', content: 'x' }] }, /Input should be 'user' or 'assistant'/],
    ['empty words', { messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, /must be non-empty/],
    ['white space at the end', { messages: [user, { role: 'assistant', content: 'so ' }] }, /trailing whitespace/],
    [
      'reasoning without its signature',
      { messages: [user, thinking({ signature: undefined })] },
      /signature: Field required/,
    ],
    ['a signature that it did not give', { messages: [user, thinking({})] }, /Invalid `signature` in `thinking` block/],
    [
      'what it did not encrypt',
      { messages: [user, calls({ type: 'redacted_thinking', data: 'x' })] },
      /Invalid `data`/,
    ],
    ['a tool without a type', { messages: [user], tools: [tool({ input_schema: {} })] }, /input_schema\.type/],
    [
      'a choice of tools at the top',
      { messages: [user], tools: [tool({ input_schema: { type: 'object', anyOf: [] } })] },
      /at the top level/,
    ],
    ['two tools of one name', { messages: [user], tools: [tool({}), tool({})] }, /must be unique/],
    ['a choice without tools', { messages: [user], tool_choice: { type: 'any' } }, /while providing tools/],
    [
      'a choice of none of them',
      { messages: [user], tools: [tool({})], tool_choice: { type: 'tool', name: 'g' } },
      /'g' not found/,
    ],
    ['an open answer', { messages: [user], ...format(OPEN) }, /'additionalProperties' must be explicitly set to false/],
    [
      'an answer with a limit',
      { messages: [user], ...format({ ...OBJECT, properties: { city: { type: 'string', maxLength: 3 } } }) },
      /maxLength are not supported/,
    ],
    [
      'force while it thinks',
      { messages: [user], tools: [tool({})], tool_choice: { type: 'any' }, thinking: { type: 'enabled' } },
      /forces tool use/,
    ],
    [
      'calls without the thoughts behind them',
      { messages: [user, calls(use('a')), results('a')], thinking: { type: 'enabled' } },
      /Expected `thinking`/,
    ],
  ])('refuses %s', async (_, body, message) => {
    expect(await refused(ask.anthropic(body))).toMatch(message)
  })

  test('takes back what it signed and encrypted as it was, and refuses it changed', async () => {
    server.reply({ reasoning: 'hm', signature: 'c2ln', redacted: 'x', text: 'one' })
    await get(server, ask.anthropic())
    const said = (words: string) => ({
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: words, signature: 'c2ln' },
        { type: 'redacted_thinking', data: 'x' },
      ],
    })
    expect((await get(server, ask.anthropic({ messages: [user, said('hm'), user] }))).status).toBe(200)
    expect(await refused(ask.anthropic({ messages: [user, said('ha'), user] }))).toMatch(/cannot be modified/)
  })

  test('shows what a request offers, wants and brings', async () => {
    const failed = {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'a', content: 'broken', is_error: true }],
    }
    await get(
      server,
      ask.anthropic({
        messages: [user, calls(use('a')), failed],
        tools: [tool({ description: 'does' })],
        tool_choice: { type: 'any' },
        ...format(OBJECT),
      }),
    )
    expect(server.requests[0]).toMatchObject({
      status: 200,
      tools: [{ name: 'f', description: 'does' }],
      toolChoice: 'required',
      schema: OBJECT,
      toolResults: [{ toolCallId: 'a', toolName: 'f', output: 'broken', failed: true }],
    })
  })
})

describe('gemini', () => {
  const said = (...parts: object[]) => ({ role: 'model', parts })
  const told = (...parts: object[]) => ({ role: 'user', parts })
  const call = (name: string, more: object = {}) => ({ functionCall: { name, args: {} }, ...more })
  const result = (name: string, response: unknown = { output: 'ok' }) => ({ functionResponse: { name, response } })
  const go = told({ text: 'Go' })
  const declare = (body: object) => ({ tools: [{ functionDeclarations: [{ name: 'f', ...body }] }] })
  const json = { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: OBJECT } }

  test.each<[string, object, RegExp]>([
    ['a role of its own', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /valid role: user, model/],
    [
      'a call without its result',
      { contents: [go, said(call('f'), call('g')), told(result('f'))] },
      /number of function response parts/,
    ],
    ['a result without its call', { contents: [go, told(result('f'))] }, /immediately after a function call turn/],
    ['a result of another call', { contents: [go, said(call('f')), told(result('g'))] }, /does not match/],
    ['a result that is no object', { contents: [go, said(call('f')), told(result('f', 'ok'))] }, /expected an object/],
    ['a call that begins', { contents: [said(call('f')), told(result('f'))] }, /immediately after a user turn/],
    ['a turn of nothing', { contents: [go, said()] }, /parts must not be empty/],
    [
      'a signature that it did not give',
      { contents: [go, said({ text: 'x', thoughtSignature: 'y' })] },
      /Corrupted thought signature/,
    ],
    [
      'a function whose name begins with a digit',
      { contents: [go], ...declare({ name: '1f' }) },
      /Invalid function name/,
    ],
    [
      'parameters without any',
      { contents: [go], ...declare({ parametersJsonSchema: { type: 'object', properties: {} } }) },
      /should be non-empty/,
    ],
    ['a schema of what is no JSON', { contents: [go], generationConfig: { responseJsonSchema: OBJECT } }, /mime type/],
    [
      'functions and JSON at once',
      { contents: [go], ...declare({}), ...json },
      /mime type: 'application\/json' is unsupported/,
    ],
  ])('refuses %s', async (_, body, message) => {
    expect(await refused(ask.gemini(body))).toMatch(message)
  })

  test('of the third generation wants the signature of the first call of this turn', async () => {
    const three = (...contents: object[]) => ask.gemini({ contents }, 'generateContent', 'gemini-3-pro')
    server.reply({
      toolCalls: [
        { toolName: 'f', input: {} },
        { toolName: 'g', input: {} },
      ],
    })
    const [first, second] = at(
      JSON.parse((await get(server, three(go))).text),
      'candidates',
      0,
      'content',
      'parts',
    ) as object[]
    const results = told(result('f'), result('g'))
    expect((await get(server, three(go, said(first!, second!), results))).status).toBe(200)
    expect((await get(server, three(go, said(call('f'), second!), results, go))).status).toBe(200)
    const skipped = call('f', { thoughtSignature: 'skip_thought_signature_validator' })
    expect((await get(server, three(go, said(skipped, second!), results))).status).toBe(200)
    expect(await refused(three(go, said(call('f'), second!), results))).toMatch(/missing a thought_signature/)
    expect(await refused(three(go, said(call('f', { thoughtSignature: 'y' }), second!), results))).toMatch(/Corrupted/)
  })

  test('shows what a request offers, wants and brings', async () => {
    await get(
      server,
      ask.gemini(
        {
          contents: [
            go,
            said(call('f', { thoughtSignature: 'skip_thought_signature_validator' })),
            told(result('f', { error: 'broken' })),
          ],
          ...declare({ description: 'does', parametersJsonSchema: OBJECT }),
          toolConfig: { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['f'] } },
          ...json,
        },
        'generateContent',
        'gemini-3-pro',
      ),
    )
    expect(server.requests[0]).toMatchObject({
      status: 200,
      tools: [{ name: 'f', description: 'does', schema: OBJECT }],
      toolChoice: { toolName: 'f' },
      schema: OBJECT,
      toolResults: [{ toolName: 'f', output: 'broken', failed: true }],
    })
  })
})

describe('bedrock-converse', () => {
  const go = { role: 'user', content: [{ text: 'Go' }] }
  const said = (...content: object[]) => ({ role: 'assistant', content })
  const call = (toolUseId: string) => ({ toolUse: { toolUseId, name: 'f', input: {} } })
  const result = (toolUseId: string) => ({ toolResult: { toolUseId, content: [{ text: 'ok' }] } })
  const results = (...ids: string[]) => ({ role: 'user', content: ids.map(result) })
  const tool = (body: object = {}) => ({ toolSpec: { name: 'f', inputSchema: { json: OBJECT }, ...body } })
  const toolConfig = { tools: [tool()] }
  const refusedBedrock = async (body: object): Promise<string> => {
    const { status, text, headers } = await get(server, ask.bedrock(body))
    expect(status).toBe(400)
    expect(headers['x-amzn-errortype']).toBe('ValidationException')
    return String(at(JSON.parse(text), 'message'))
  }

  test.each<[string, object, RegExp]>([
    ['an answer first', { messages: [said({ text: 'x' })] }, /must start with a user message/],
    ['two of one role', { messages: [go, go] }, /must alternate/],
    ['a message without content', { messages: [{ role: 'user', content: [] }] }, /is empty/],
    ['a blank text', { messages: [{ role: 'user', content: [{ text: ' ' }] }] }, /is blank/],
    ['a block of two kinds', { messages: [{ role: 'user', content: [{ text: 'x', image: {} }] }] }, /must set one of/],
    ['calls without tools', { messages: [go, said(call('a')), results('a')] }, /toolConfig field must be defined/],
    [
      'a call without its result',
      { messages: [go, said(call('a'), call('b')), results('a')], toolConfig },
      /for the following Ids: b/,
    ],
    [
      'a result too many',
      { messages: [go, said(call('a')), results('a', 'b')], toolConfig },
      /exceeds the number of toolUse blocks/,
    ],
    [
      'an id with a slash',
      { messages: [go, said(call('a/b')), results('a/b')], toolConfig },
      /regular expression pattern/,
    ],
    ['a call of the user', { messages: [{ role: 'user', content: [call('a')] }], toolConfig }, /of the role assistant/],
    ['no tools in a list of them', { messages: [go], toolConfig: { tools: [] } }, /greater than or equal to 1/],
    ['a name with a dot', { messages: [go], toolConfig: { tools: [tool({ name: 'a.b' })] } }, /\[a-zA-Z0-9_-\]\+/],
    ['two tools of one name', { messages: [go], toolConfig: { tools: [tool(), tool()] } }, /not unique/],
    [
      'a choice of none of them',
      { messages: [go], toolConfig: { ...toolConfig, toolChoice: { tool: { name: 'g' } } } },
      /g of toolChoice/,
    ],
    [
      'white space at the end of what is to be continued',
      { messages: [go, said({ text: 'well, ' })] },
      /cannot end with trailing whitespace/,
    ],
    [
      'a document alone',
      { messages: [{ role: 'user', content: [{ document: { format: 'pdf', name: 'a', source: { bytes: '' } } }] }] },
      /without a text block/,
    ],
    [
      'thinking, and a tool that has to be called',
      {
        messages: [go],
        toolConfig: { ...toolConfig, toolChoice: { any: {} } },
        additionalModelRequestFields: { thinking: { type: 'enabled' } },
      },
      /Thinking may not be enabled/,
    ],
    [
      'thinking, and a call that nothing led to',
      {
        messages: [go, said(call('a')), results('a')],
        toolConfig,
        additionalModelRequestFields: { thinking: { type: 'enabled' } },
      },
      /Expected `thinking`/,
    ],
  ])('refuses %s', async (_, body, message) => {
    expect(await refusedBedrock(body)).toMatch(message)
  })

  test('takes back what it signed and encrypted as it was, and refuses it changed', async () => {
    server.reply({ reasoning: 'hm', redacted: 'c2VhbGVk', toolCalls: [{ toolName: 'f', input: {} }] })
    const { text } = await get(server, ask.bedrock({ toolConfig }, 'converse'))
    const content = at(JSON.parse(text), 'output', 'message', 'content') as readonly object[]
    const id = String(at(content, 2, 'toolUse', 'toolUseId'))
    const back = (blocks: readonly object[]) => ({ messages: [go, said(...blocks), results(id)], toolConfig })
    expect((await get(server, ask.bedrock(back(content)))).status).toBe(200)
    const [first, ...others] = content
    const other = {
      reasoningContent: { reasoningText: { ...Object(at(first, 'reasoningContent', 'reasoningText')), text: 'h' } },
    }
    expect(await refusedBedrock(back([other, ...others]))).toMatch(/Invalid `signature`/)
    const sealed = { reasoningContent: { redactedContent: 'eA==' } }
    expect(await refusedBedrock(back([first!, sealed, others[1]!]))).toMatch(/Invalid `data`/)
  })

  test('shows what a request offers, wants and brings', async () => {
    const jsonSchema = { schema: JSON.stringify(OBJECT) }
    await get(
      server,
      ask.bedrock({
        messages: [
          go,
          said(call('a')),
          { role: 'user', content: [{ toolResult: { toolUseId: 'a', content: [{ json: [1] }], status: 'error' } }] },
        ],
        toolConfig: { tools: [tool({ description: 'does' })], toolChoice: { any: {} } },
        outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema } } },
      }),
    )
    expect(server.requests.at(-1)).toMatchObject({
      api: 'bedrock-converse',
      model: 'anthropic.claude-x',
      tools: [{ name: 'f', description: 'does', schema: OBJECT }],
      toolChoice: 'required',
      schema: OBJECT,
      toolResults: [{ toolCallId: 'a', toolName: 'f', output: '[1]', failed: true }],
    })
  })
})
