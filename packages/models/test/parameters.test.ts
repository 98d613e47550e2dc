import { Message } from '@braid/core'
import { type ProviderServer, startProviderServer } from '@braid/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { iModel, type ModelId, type ModelOptions } from '../src/index.ts'

let server: ProviderServer
beforeAll(async () => {
  server = await startProviderServer()
})
afterAll(() => server.close())
afterEach(() => vi.restoreAllMocks())

async function sent(id: string, options: ModelOptions) {
  const model = new iModel(id as ModelId, { baseUrl: server.url, apiKey: 'key', ...options })
  await model.invoke({ messages: [Message.system('Be brief.'), Message.instruction('Hello')] }).response
  await model.close()
  return server.requests.at(-1)!.body
}

describe('how much a model thinks is told in its provider’s own way', () => {
  it.each([
    ['openai/gpt-5', 'minimal', { reasoning_effort: 'minimal' }],
    ['openai-responses/o3', 'low', { reasoning: { effort: 'low' }, include: ['reasoning.encrypted_content'] }],
    ['anthropic/claude-opus-4-6', 'high', { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }],
    [
      'anthropic/claude-sonnet-4-5',
      'medium',
      { thinking: { type: 'enabled', budget_tokens: 4_096 }, max_tokens: 8_192 },
    ],
    ['anthropic/claude-opus-4-8', 'none', { thinking: { type: 'disabled' }, max_tokens: 4_096 }],
    ['gemini/gemini-2.5-flash', 'none', { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }],
    [
      'gemini/gemini-3-flash',
      'minimal',
      { generationConfig: { thinkingConfig: { thinkingLevel: 'minimal', includeThoughts: true } } },
    ],
    [
      'bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'low',
      {
        additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1_024 } },
        inferenceConfig: { maxTokens: 5_120 },
      },
    ],
    ['bedrock/openai.gpt-oss-120b-1:0', 'high', { additionalModelRequestFields: { reasoning_effort: 'high' } }],
    ['openrouter/anthropic/claude-sonnet-4.5', 'high', { reasoning: { effort: 'high' } }],
  ] as const)('%s, %s', async (id, reasoning, body) => {
    expect(await sent(id, { reasoning })).toMatchObject(body)
  })

  it('and a limit that was given holds, whatever a budget would want', async () => {
    expect(await sent('anthropic/claude-sonnet-4-5', { reasoning: 'low', maxTokens: 2_000 })).toMatchObject({
      thinking: { budget_tokens: 1_024 },
      max_tokens: 2_000,
    })
  })
})

describe('a parameter', () => {
  it('goes where its provider has it', async () => {
    const options = { topK: 3, frequencyPenalty: 0.1, presencePenalty: 0.2, logprobs: 2 }
    expect(await sent('gemini/gemini-2.0-flash', options)).toMatchObject({
      generationConfig: { topK: 3, frequencyPenalty: 0.1, presencePenalty: 0.2, logprobs: 2, responseLogprobs: true },
    })
    const { topK: _, ...taken } = options
    expect(await sent('openai/gpt-4o', taken)).toMatchObject({
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      logprobs: true,
      top_logprobs: 2,
    })
    expect(await sent('openai-responses/gpt-4.1', { logprobs: 2 })).toMatchObject({
      top_logprobs: 2,
      include: ['message.output_text.logprobs'],
    })
  })

  it.each([
    ['openai/gpt-4o', { topK: 3 }, 'topK'],
    ['openai/o3', { temperature: 0.5 }, 'temperature'],
    ['openai/gpt-5-mini', { topP: 0.5 }, 'topP'],
    ['anthropic/claude-opus-4-8', { temperature: 0.5 }, 'temperature'],
    ['anthropic/claude-sonnet-4-5', { frequencyPenalty: 0.5 }, 'frequencyPenalty'],
    ['anthropic/claude-sonnet-4-5', { reasoning: 'xhigh' }, 'reasoning'],
    ['openai/gpt-4o', { reasoning: 'low' }, 'reasoning'],
    ['openai/gpt-4o', { cache: '5m' }, 'cache'],
    ['bedrock/amazon.nova-pro-v1:0', { seed: 1 }, 'seed'],
  ] as const)('that %s does not take, %o, is an error, or is left out with a warning', async (id, options, name) => {
    expect(() => new iModel(id, { baseUrl: server.url, apiKey: 'key', ...options })).toThrowError(
      expect.objectContaining({ code: 'unsupported_parameter', message: expect.stringContaining(`\`${name}\``) }),
    )
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
    const body = await sent(id, { ...options, unsupported: 'warn' })
    expect(body).toEqual(await sent(id, {}))
    expect(warn).toHaveBeenCalledWith(expect.stringContaining(`\`${name}\``), { code: 'BRAID_UNSUPPORTED' })
  })

  it('that is none of the words it has is refused', () => {
    for (const options of [{ cache: 'forever' }, { reasoning: 'much' }] as readonly object[]) {
      expect(() => new iModel('anthropic/claude-sonnet-4-5', { apiKey: 'key', ...options })).toThrowError(
        expect.objectContaining({ code: 'unsupported_parameter' }),
      )
    }
  })

  it('for several answers is as many requests, where the provider gives one to each', async () => {
    const before = server.requests.length
    const model = new iModel('bedrock/amazon.nova-pro-v1:0', { baseUrl: server.url, apiKey: 'key', n: 2 })
    server.reply('one').reply('two')
    const candidates = new Set<number>()
    for await (const chunk of model.invoke('x')) if ('candidate' in chunk) candidates.add(chunk.candidate)
    await model.close()
    expect([...candidates].sort()).toEqual([0, 1])
    expect(server.requests.length - before).toBe(2)
  })

  it.each(['gpt-5-chat-latest', 'gpt-5.2', 'gpt-4.1'])('is sent to %s, which takes it', async (model) => {
    expect(await sent(`openai/${model}`, { temperature: 0.5 })).toMatchObject({ temperature: 0.5 })
  })

  it('that marks what is to be kept stands at the end of the system’s words and of the conversation', async () => {
    expect(await sent('anthropic/claude-sonnet-4-5', { cache: '5m' })).toMatchObject({
      system: [{ text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      messages: [{ content: [{ text: 'Hello', cache_control: { type: 'ephemeral' } }] }],
    })
    expect(await sent('anthropic/claude-sonnet-4-5', { cache: '1h' })).toMatchObject({
      system: [{ cache_control: { type: 'ephemeral', ttl: '1h' } }],
    })
  })
})
