import { Message, type Schema, tool } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())

const VERDICT = z.object({ ship: z.boolean(), because: z.string().min(3).describe('One reason') })
const TOOL = tool({ name: 'look', description: 'looks', input: z.object({ at: z.string() }), run: ({ at }) => at })
const ANSWER = '{"ship":true,"because":"it works"}'

interface Asked {
  readonly output?: Schema
  readonly options?: ModelOptions
  readonly tools?: readonly (typeof TOOL)[]
  readonly system?: string
}

/** What the server got, which it would have refused if the real one did. */
async function asked(id: ModelId, { output = VERDICT, options, tools = [], system }: Asked = {}) {
  server.reply(ANSWER)
  const messages = [...(system === undefined ? [] : [Message.system(system)]), Message.instruction('Ship it?')]
  const model = new iModel(id, { baseUrl: server.url, apiKey: 'key', ...options })
  expect((await model.invoke({ messages, output, tools }).response).text).toBe(ANSWER)
  return server.requests.at(-1)!
}

const STRICT = {
  type: 'object',
  properties: { ship: { type: 'boolean' }, because: { type: 'string', description: 'One reason (minLength: 3)' } },
  required: ['ship', 'because'],
  additionalProperties: false,
}

describe('an answer by schema, in the provider’s own mode', () => {
  it('is held to it by OpenAI', async () => {
    const { body } = await asked('openai/gpt-4o')
    expect(body['response_format']).toEqual({
      type: 'json_schema',
      json_schema: { name: 'answer', strict: true, schema: STRICT },
    })
    expect(body['messages']).toHaveLength(1)
    const titled = await asked('openai/gpt-4o', { output: VERDICT.meta({ title: 'The verdict' }) })
    expect(titled.body).toMatchObject({ response_format: { json_schema: { name: 'The_verdict' } } })
  })

  it('is held to it by OpenAI Responses', async () => {
    const { body } = await asked('openai-responses/gpt-5')
    expect(body['text']).toEqual({ format: { type: 'json_schema', name: 'answer', strict: true, schema: STRICT } })
  })

  it('is held to it by Anthropic, also where something may be missing', async () => {
    const { body } = await asked('anthropic/claude-sonnet-4-5')
    expect(body['output_config']).toEqual({ format: { type: 'json_schema', schema: STRICT } })
    const { schema } = await asked('anthropic/claude-opus-5', { output: VERDICT.partial(), tools: [TOOL] })
    expect(schema).not.toHaveProperty('required')
  })

  it('is held to it by Gemini, as far as Gemini knows the words', async () => {
    const { body } = await asked('gemini/gemini-2.5-flash', { options: { temperature: 0 } })
    expect(body['generationConfig']).toEqual({
      temperature: 0,
      responseMimeType: 'application/json',
      responseJsonSchema: {
        type: 'object',
        properties: STRICT.properties,
        required: ['ship', 'because'],
      },
    })
  })

  it('that strict OpenAI cannot be told is sent as it is, and not held to', async () => {
    const optional = await asked('openai/gpt-4o', { output: VERDICT.partial({ because: true }) })
    expect(optional.body).toMatchObject({
      response_format: { json_schema: { strict: false, schema: { required: ['ship'] } } },
    })
    const map = await asked('openai/gpt-4o', { output: z.object({ counts: z.record(z.string(), z.number()) }) })
    expect(map.body).toMatchObject({ response_format: { json_schema: { strict: false } } })
  })

  it('of a union is anyOf where oneOf is not known', async () => {
    const output = z.object({
      of: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('a'), n: z.int() }),
        z.object({ kind: z.literal('b'), mail: z.email().nullable() }),
      ]),
    })
    const of = {
      anyOf: [
        {
          type: 'object',
          properties: { kind: { type: 'string', const: 'a' }, n: { type: 'integer' } },
          required: ['kind', 'n'],
          additionalProperties: false,
        },
        {
          type: 'object',
          properties: {
            kind: { type: 'string', const: 'b' },
            mail: { anyOf: [{ type: 'string', format: 'email' }, { type: 'null' }] },
          },
          required: ['kind', 'mail'],
          additionalProperties: false,
        },
      ],
    }
    for (const id of ['openai/gpt-4o', 'anthropic/claude-haiku-4-5'] as const) {
      const { schema } = await asked(id, { output })
      expect(JSON.parse(JSON.stringify(schema).replaceAll('oneOf', 'anyOf'))).toMatchObject({ properties: { of } })
    }
  })
})

const PROMPT = expect.stringMatching(/nothing but JSON.*"minLength":3/s)

describe('an answer by schema, in the prompt', () => {
  it.each<[string, ModelId, Asked]>([
    ['that models before it lack the mode', 'anthropic/claude-3-5-haiku-latest', {}],
    ['that models before it lack the mode', 'anthropic/claude-sonnet-4-20250514', {}],
    ['that models before it lack the mode', 'openai/gpt-4-turbo', {}],
    ['that it was asked for', 'openai/gpt-4o', { options: { outputMode: 'prompt' } }],
    ['that Gemini before 3 has it not beside tools', 'gemini/gemini-2.5-pro', { tools: [TOOL] }],
    ['that nobody knows what is behind the address', 'openai-compatible/m', {}],
  ])('is there for the reason %s: %s', async (_, id, more) => {
    const { messages, schema } = await asked(id, more)
    expect(schema).toBeUndefined()
    expect(messages).toEqual([
      { role: 'system', text: PROMPT },
      { role: 'user', text: 'Ship it?' },
    ])
  })

  it('stands below what the system says', async () => {
    for (const id of ['openai/gpt-4', 'anthropic/claude-3-opus', 'gemini/m'] as const) {
      const { messages } = await asked(id, { system: 'Be brief.', options: { outputMode: 'prompt' } })
      expect(messages[0]).toEqual({ role: 'system', text: expect.stringMatching(/^Be brief\.\n\nYour answer/) })
      expect(messages).toHaveLength(2)
    }
  })

  it('is what a schema gets that the provider cannot be told: a list, a map, one that holds itself', async () => {
    const tree = z.object({
      name: z.string(),
      get children() {
        return z.array(tree)
      },
    })
    for (const output of [z.array(z.string()), z.record(z.string(), z.number()), tree]) {
      expect((await asked('anthropic/claude-sonnet-4-5', { output })).schema).toBeUndefined()
    }
    expect((await asked('openai/gpt-4o', { output: z.array(z.string()) })).schema).toBeUndefined()
    expect((await asked('openai/gpt-4o', { output: tree })).schema).toMatchObject({
      properties: { children: { items: { $ref: '#' } } },
    })
    const many = z.object(Object.fromEntries(Array.from({ length: 13 }, (_, at) => [`f${at}`, z.string().optional()])))
    expect((await asked('anthropic/claude-sonnet-4-5', { output: many })).schema).toBeUndefined()
  })

  it('goes together with a mode for JSON of any form, where that is what there is', async () => {
    const { body } = await asked('deepseek/deepseek-chat')
    expect(body).toMatchObject({
      response_format: { type: 'json_object' },
      messages: [{ role: 'system', content: PROMPT }, { role: 'user' }],
    })
  })
})

describe('a dialect', () => {
  it.each<[ModelId, object | undefined]>([
    [
      'mistral/mistral-large-latest',
      { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: STRICT } },
    ],
    [
      'groq/openai/gpt-oss-120b',
      { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: STRICT } },
    ],
    ['groq/llama-3.3-70b-versatile', undefined],
    ['xai/grok-4', { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: STRICT } }],
    ['openrouter/openai/gpt-5', { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: STRICT } }],
    ['openrouter/meta/llama-3', undefined],
    ['moonshot/kimi-k2', { type: 'json_object' }],
    ['zai/glm-4.6', { type: 'json_object' }],
    ['alibaba/qwen-plus', { type: 'json_object' }],
  ])('%s has the mode that it documents', async (id, format) => {
    expect((await asked(id)).body['response_format']).toEqual(format)
  })

  it('may be said to have a mode that its models’ names do not tell, and not one that it lacks', async () => {
    const { schema } = await asked('openai-compatible/m', { options: { outputMode: 'native' } })
    expect(schema).toMatchObject({ required: ['ship', 'because'] })
    expect(() => new iModel('azure/gpt-4', { apiKey: 'k', baseUrl: server.url, outputMode: 'native' })).not.toThrow()
    expect(() => new iModel('openai/m', { apiKey: 'k', outputMode: 'strict' as never })).toThrowError(
      expect.objectContaining({
        code: 'unsupported_parameter',
        message: expect.stringContaining("'native' or 'prompt'"),
      }),
    )
  })

  it('without tools refuses them at the call', () => {
    const model = new iModel('perplexity/sonar', { apiKey: 'k' })
    expect(() => model.invoke({ messages: [Message.instruction('x')], tools: [TOOL] })).toThrowError(
      expect.objectContaining({ code: 'unsupported_parameter' }),
    )
  })
})
