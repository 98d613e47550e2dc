import { Message, type ModelRequest, tool, type ToolOutcome } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { iModel, type ModelId } from '../src/index.ts'
import { failure } from './support/read.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  input: z.object({ city: z.string() }),
  run: ({ city }) => city,
})
/** What signs, and what is sent back of it. OpenAI's chat signs nothing, and gets no reasoning back. */
const APIS: readonly (readonly [id: ModelId, proofs: 'signature' | 'redacted' | 'both' | 'none'])[] = [
  ['openai/gpt-5', 'none'],
  ['openai-responses/gpt-5', 'redacted'],
  ['anthropic/claude-sonnet-4-5', 'both'],
  ['gemini/gemini-3-pro-preview', 'signature'],
  ['bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'both'],
]
const TURNS = [1, 2, 3] as const
const signature = (turn: number): string => Buffer.from(`signed in turn ${turn}`).toString('base64')
const redacted = (turn: number): string => Buffer.from(`hidden in turn ${turn}`).toString('base64')

/** What the model said, as the messages that a branch keeps. */
async function answered(model: iModel, request: ModelRequest): Promise<readonly Message[]> {
  const stream = model.invoke(request)
  const calls = []
  for await (const chunk of stream) {
    if (chunk.type !== 'tool-call') continue
    const { toolCallId, toolName, input, signature: proof } = chunk
    calls.push({ toolCallId, toolName, input, ...(proof === undefined ? {} : { signature: proof }) })
  }
  const outcomes = calls.map((call, at): ToolOutcome => ({ ...call, output: `${at === 0 ? 'sun' : 'rain'}` }))
  return [
    await stream.response,
    new Message({ content: { type: 'action-request', calls } }),
    new Message({ content: { type: 'action-response', outcomes } }),
  ]
}

function script(turn: number): void {
  server.reply({
    reasoning: `I look for the time ${turn}.`,
    signature: signature(turn),
    redacted: redacted(turn),
    text: `Let me see ${turn}.`,
    toolCalls: ['Oslo', 'Rome'].map((city) => ({ toolName: 'weather', input: { city: `${city} ${turn}` } })),
  })
}

/** Three rounds of two tools each, over a history that grows. */
async function rounds(model: iModel): Promise<readonly Message[]> {
  const messages: Message[] = [Message.system('Look first.'), Message.instruction('Where is it raining?')]
  for (const turn of TURNS) {
    script(turn)
    messages.push(...(await answered(model, { messages, tools: [weather] })))
  }
  return messages
}

describe.each(APIS)('a loop of three turns at %s', (id, proofs) => {
  const open = (stream: boolean) =>
    new iModel(id, { baseUrl: server.url, apiKey: 'key', stream, ...(proofs === 'none' ? {} : { reasoning: 'high' }) })

  it.each([
    [true, 'streamed'],
    [false, 'in plain'],
  ])('brings everything back as it came, %s and not: ids, order, roles, signatures', async (stream) => {
    const model = open(stream)
    const before = server.requests.length
    const messages = await rounds(model)
    server.reply('In Rome.')
    expect((await model.invoke({ messages, tools: [weather] }).response).text).toBe('In Rome.')
    await model.close()

    const requests = server.requests.slice(before)
    expect(requests.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const last = requests.at(-1)!
    expect(last.toolResults.map(({ output }) => output)).toEqual(TURNS.flatMap(() => ['sun', 'rain']))
    const roles = last.messages.map(({ role }) => role).filter((role, at, all) => role !== all[at - 1])
    expect(roles).toEqual(expect.arrayContaining(['system', 'user', 'assistant', 'tool']))
    const body = JSON.stringify(last.body)
    for (const turn of TURNS) {
      expect(body.includes(signature(turn))).toBe(proofs === 'signature' || proofs === 'both')
      expect(body.includes(redacted(turn))).toBe(proofs === 'redacted' || proofs === 'both')
    }
  })
})

it.each(APIS.filter(([, proofs]) => proofs !== 'none').map(([id]) => id))(
  'a signature that was changed on the way is refused: %s',
  async (id) => {
    const model = new iModel(id, { baseUrl: server.url, apiKey: 'key', reasoning: 'high' })
    const messages = await rounds(model)
    const changed = messages.map(({ id: _, ...message }) => {
      const text = JSON.stringify(message.content)
        .replaceAll(signature(2), 'Y2hhbmdlZA==')
        .replaceAll(redacted(2), 'Y2hhbmdlZA==')
      return new Message({ ...message, content: JSON.parse(text) })
    })
    const error = await failure(model.invoke({ messages: changed, tools: [weather] }))
    expect(error).toMatchObject({ code: 'invalid_request', status: 400 })
    await model.close()
  },
)

it('a branch may change its provider at every turn: each reads its own reasoning, and none is refused', async () => {
  const messages: Message[] = [Message.instruction('Where is it raining?')]
  const models = APIS.map(([id]) => new iModel(id, { baseUrl: server.url, apiKey: 'key' }))
  const before = server.requests.length
  for (const [turn, model] of [...models, ...models.toReversed()].entries()) {
    script(turn)
    messages.push(...(await answered(model, { messages, tools: [weather] })))
  }
  await Promise.all(models.map((model) => model.close()))
  const requests = server.requests.slice(before)
  expect(requests.map(({ status }) => status)).toEqual(requests.map(() => 200))
  expect(requests.map(({ toolResults }) => toolResults.length)).toEqual(requests.map((_, turn) => turn * 2))
  // Of the ten turns before, those of its own.
  const own = requests.map(({ body }) =>
    [...Array(10).keys()].filter((turn) => JSON.stringify(body).includes(signature(turn))),
  )
  const hidden = requests.map(({ body }) =>
    [...Array(10).keys()].filter((turn) => JSON.stringify(body).includes(redacted(turn))),
  )
  const [chat, responses, anthropic, gemini, bedrock] = [...own.keys()].slice(5).toReversed()
  expect(own[chat!]).toEqual([])
  expect([own[responses!], hidden[responses!]]).toEqual([[], [1]])
  expect([own[anthropic!], hidden[anthropic!]]).toEqual([[2], [2]])
  expect([own[gemini!], hidden[gemini!]]).toEqual([[3], []])
  expect([own[bedrock!], hidden[bedrock!]]).toEqual([[4], [4]])
})
