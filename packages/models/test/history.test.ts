import { BraidError, Message, type ToolOutcome, tool } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { iModel, type ModelId } from '../src/index.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

const APIS = [
  'openai/gpt-4o',
  'openai-responses/gpt-5',
  'anthropic/claude-sonnet-4-5',
  'gemini/gemini-3-pro',
  'bedrock/us.anthropic.claude-sonnet-4-5',
] as const
const SIGNATURES = ['c2lnbmVkMQ==', 'c2lnbmVkMg==', 'c2lnbmVkMw==']
const look = tool({ name: 'look', description: 'looks', input: z.object({ at: z.string() }), run: ({ at }) => at })
const model = (id: ModelId) => new iModel(id, { baseUrl: server.url, apiKey: 'key' })
const user = (text: string) => Message.instruction(text)
const call = (toolCallId: string, toolName = 'look') => ({ toolCallId, toolName, input: { at: toolCallId } })
const calls = (...ids: string[]) =>
  new Message({ content: { type: 'action-request', calls: ids.map((id) => call(id)) } })
const results = (...outcomes: ToolOutcome[]) => new Message({ content: { type: 'action-response', outcomes } })
const ok = (id: string): ToolOutcome => ({ ...call(id), output: `seen ${id}` })
const reasoned = (provider: string, parts: object, signature?: string) =>
  new Message({
    content: {
      type: 'assistant-response',
      parts: [
        { type: 'reasoning', text: 'hm', ...(signature === undefined ? {} : { signature }), ...parts },
        { type: 'text', text: 'I look.' },
      ],
      finishReason: 'stop',
      usage: {},
      model: 'm',
    },
    metadata: { provider },
  })

/** What the server was sent, and took. */
async function sent(id: ModelId, messages: readonly Message[]) {
  await model(id).invoke({ messages, tools: [look] }).response
  const request = server.requests.at(-1)!
  expect(request.status).toBe(200)
  return request
}

describe.each(APIS)('a history, for %s', (id) => {
  it('that lost a result gets one that says so', async () => {
    const history = [user('Go'), calls('a', 'b'), results(ok('b')), user('And?')]
    const { toolResults } = await sent(id, history)
    expect(toolResults.map(({ output }) => output)).toEqual([
      expect.stringContaining('the call was not completed'),
      'seen b',
    ])
    expect((await sent(id, [user('Go'), calls('a')])).toolResults).toHaveLength(1)
  })

  it('that lost a call gets it back from its result', async () => {
    const { toolResults } = await sent(id, [user('Go'), results(ok('a'), ok('b')), user('And?')])
    expect(toolResults.map(({ output }) => output)).toEqual(['seen a', 'seen b'])
    expect((await sent(id, [user('Go'), Message.assistant('I look.'), results(ok('a'))])).toolResults).toHaveLength(1)
  })

  it('whose results came apart, late and in another order has them behind their calls', async () => {
    const history = [user('Go'), calls('a'), calls('b'), user('Hurry'), results(ok('b')), results(ok('a'))]
    const { toolResults } = await sent(id, history)
    expect(toolResults.map(({ output }) => output)).toEqual(['seen a', 'seen b'])
  })

  it('that uses an id again, and ids and names that the provider does not take, is sent all the same', async () => {
    const odd = `functions.look:0/${'x'.repeat(60)}`
    const strange = { ...call(odd), toolName: 'server.look' }
    const { toolResults } = await sent(id, [
      user('Go'),
      calls('a'),
      results(ok('a')),
      calls('a'),
      results(ok('a')),
      new Message({ content: { type: 'action-request', calls: [strange] } }),
      results({ ...strange, output: 'odd' }),
    ])
    expect(toolResults.map(({ output }) => output)).toEqual(['seen a', 'seen a', 'odd'])
    const again = await sent(id, [user('Go'), calls(odd), results(ok(odd))])
    const other = await sent(id, [user('Went'), calls(odd), results(ok(odd))])
    expect(again.toolResults[0]?.toolCallId).toBe(other.toolResults[0]?.toolCallId)
  })

  it('with two results of one call has called twice', async () => {
    const again = { ...call('a'), output: 'seen again' }
    const { toolResults } = await sent(id, [user('Go'), calls('a'), results(ok('a')), results(again, again)])
    expect(toolResults.map(({ output }) => output)).toEqual(['seen a', 'seen again', 'seen again'])
  })

  it('of another provider comes without the reasoning that this one cannot read', async () => {
    for (const other of ['openai-responses', 'anthropic', 'gemini', 'anthropic-messages'].filter(
      (each) => !id.startsWith(each.replace('-messages', '')),
    )) {
      const { body } = await sent(id, [user('Go'), reasoned(other, { redacted: 'secret' }, 'signed'), user('Well?')])
      expect(JSON.stringify(body)).not.toMatch(/secret|signed|hm"/)
      expect(JSON.stringify(body)).toContain('I look.')
    }
    const foreign = { ...call('a'), signature: 'signed' }
    const { body } = await sent(id, [
      user('Go'),
      reasoned('another', {}),
      new Message({ content: { type: 'action-request', calls: [foreign] } }),
      results(ok('a')),
    ])
    expect(JSON.stringify(body)).not.toContain('"signed"')
  })

  it('with a result that JSON cannot hold is refused, naming the tool', () => {
    const history = [user('Go'), calls('a'), results({ ...call('a'), output: { n: 1n } })]
    expect(() => model(id).invoke({ messages: history })).toThrowError(
      expect.objectContaining({
        code: 'invalid_request',
        message: expect.stringContaining('the result of the tool "look"'),
      }),
    )
  })

  it('goes around three times, with everything that was signed as it came', async () => {
    const imodel = model(id)
    const history: Message[] = [user('Go')]
    for (const [at, signature] of SIGNATURES.entries()) {
      const said = { reasoning: `thought ${at}`, signature, redacted: `sealed ${at}` }
      const toolCalls = [
        { toolName: 'look', input: { at: 'x' } },
        { toolName: 'look', input: { at: 'y' } },
      ]
      server.reply({ ...said, text: `step ${at}`, toolCalls })
      const stream = imodel.invoke({ messages: history, tools: [look] })
      const made = []
      for await (const chunk of stream) if (chunk.type === 'tool-call') made.push(chunk)
      const asked = made.map(({ toolCallId, toolName, input, signature: proof }) => ({
        toolCallId,
        toolName,
        input,
        ...(proof === undefined ? {} : { signature: proof }),
      }))
      expect(asked).toHaveLength(2)
      history.push(await stream.response, new Message({ content: { type: 'action-request', calls: asked } }))
      const failed = new BraidError('tool_failed', 'too dark')
      history.push(results({ ...asked[0]!, output: { seen: at } }, { ...asked[1]!, error: failed }))
    }
    const { body, toolResults } = await sent(id, history)
    expect(toolResults).toHaveLength(6)
    expect(toolResults[1]?.output).toContain('too dark')
    const text = JSON.stringify(body)
    for (const [at, signature] of SIGNATURES.entries()) {
      if (/^(?:anthropic|gemini)/.test(id)) expect(text).toContain(`ignature":"${signature}"`)
      if (/^(?:anthropic|openai-responses)/.test(id)) expect(text).toContain(`"sealed ${at}"`)
    }
  })
})

describe('a dialect of OpenAI’s', () => {
  it('gets reasoning back in the field where it gives it', async () => {
    const history = [user('Go'), reasoned('deepseek', {}), calls('a'), results(ok('a')), calls('b'), results(ok('b'))]
    const { body } = await sent('deepseek/deepseek-chat', history)
    expect(body['messages']).toMatchObject([
      { role: 'user' },
      { role: 'assistant', content: 'I look.', reasoning_content: 'hm', tool_calls: [{ id: 'a' }] },
      { role: 'tool' },
      { role: 'assistant', content: null, reasoning_content: '', tool_calls: [{ id: 'b' }] },
      { role: 'tool' },
    ])
  })

  it('gets the signature of a call back, where it gave one', async () => {
    const gemini = new iModel('openai-compatible/gemini-3-pro', { baseUrl: server.url })
    const fn = { name: 'look', arguments: '{}' }
    const signed = { index: 0, id: 'c', function: fn, extra_content: { google: { thought_signature: 'c2ln' } } }
    const frame = { choices: [{ index: 0, delta: { tool_calls: [signed] }, finish_reason: 'tool_calls' }] }
    server.reply({ bytes: Buffer.from(`data: ${JSON.stringify(frame)}\n\ndata: [DONE]\n\n`) })
    const stream = gemini.invoke({ messages: [user('Go')], tools: [look] })
    const given = []
    for await (const chunk of stream) if (chunk.type === 'tool-call') given.push(chunk)
    expect(given).toMatchObject([{ toolCallId: 'c', signature: 'c2ln' }])
    const asked = new Message({ content: { type: 'action-request', calls: [{ ...call('c'), signature: 'c2ln' }] } })
    await gemini.invoke({ messages: [user('Go'), await stream.response, asked, results(ok('c'))], tools: [look] })
      .response
    expect(server.requests.at(-1)?.body).toMatchObject({
      messages: [{}, { tool_calls: [{ extra_content: signed.extra_content }] }, {}],
    })
  })

  it('gets ids of the form that it takes', async () => {
    const { toolResults } = await sent('mistral/m', [
      user('Go'),
      calls('call_1234567890'),
      results(ok('call_1234567890')),
    ])
    expect(toolResults[0]?.toolCallId).toMatch(/^[a-zA-Z0-9]{9}$/)
  })
})

describe('tools', () => {
  const ask = (request: object) => () => model('openai/m').invoke({ messages: [user('x')], ...request })
  it.each<[string, object, RegExp]>([
    ['that are none', { tools: [() => 1] }, /tools made by tool/],
    ['of one name', { tools: [look, look] }, /two of the name "look"/],
    ['none of which is the one to choose', { tools: [look], toolChoice: { toolName: 'jump' } }, /look; got "jump"/],
    ['that are to be chosen from and are not there', { toolChoice: 'required' }, /no `tools`/],
    [
      'whose input is no object',
      { tools: [tool({ name: 't', description: 'd', input: z.string(), run: String })] },
      /"t" to be an object/,
    ],
    ['under another name', { tool: [look] }, /`tool`\. Did you mean `tools`/],
  ])('%s are refused at the call', (_, request, message) => {
    expect(ask(request)).toThrowError(
      expect.objectContaining({ code: 'invalid_request', message: expect.stringMatching(message) }),
    )
  })
})
