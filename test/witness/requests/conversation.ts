import { BraidError, Message, type ModelRequest, tool } from '@braid/core'
import { jsonSchema } from '@braid/flow'
import type { ModelOptions } from '@braid/models'

export const APIS = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-v2',
  'mistral',
] as const
export type Api = (typeof APIS)[number]

/** Who is asked, where a conversation names no other. */
export const MODELS: Readonly<Record<Api, string>> = {
  'openai-chat': 'gpt-4.1',
  'openai-responses': 'gpt-4.1',
  'anthropic-messages': 'claude-sonnet-4-5',
  gemini: 'gemini-2.5-flash',
  'bedrock-converse': 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'cohere-v2': 'command-a-03-2025',
  mistral: 'mistral-large-latest',
}

/** What is asked, once in Braid's words; the other side gets it translated. */
export interface Conversation {
  readonly id: string
  readonly request: ModelRequest
  readonly options?: ModelOptions
  /** Another model than the API's usual one. */
  readonly model?: Partial<Readonly<Record<Api, string>>>
  /** The APIs that it is for. Default: all. */
  readonly apis?: readonly Api[]
  /** What the other side wants said in its provider's own words. */
  readonly providerOptions?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

const CITY = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const weather = tool({
  name: 'weather',
  description: 'The weather in a city',
  input: jsonSchema<{ city: string }>(CITY),
  run: ({ city }) => city,
})
const add = tool({
  name: 'add',
  description: 'The sum of two numbers',
  input: jsonSchema<{ a: number; b: number }>({
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number', description: 'The second' } },
    required: ['a', 'b'],
    additionalProperties: false,
  }),
  run: ({ a, b }) => a + b,
})
const now = tool({
  name: 'now',
  description: 'What time it is',
  input: jsonSchema<Record<string, never>>({
    type: 'object',
    properties: {},
    required: [],
    additionalProperties: false,
  }),
  run: () => 'noon',
})
const search = tool({
  name: 'search',
  description: 'Looks something up',
  input: jsonSchema<object>({
    type: 'object',
    properties: {
      query: { type: 'string' },
      filter: {
        type: 'object',
        properties: {
          kind: { type: 'string', enum: ['web', 'news'] },
          tags: { type: 'array', items: { type: 'string' } },
        },
        required: ['kind'],
      },
    },
    required: ['query'],
  }),
  run: () => [],
})

const user = (text: string, ...files: NonNullable<Parameters<typeof Message.instruction>[1]>['files'] & {}) =>
  Message.instruction(text, files.length === 0 ? {} : { files })
const said = (...parts: Parts) =>
  new Message({
    content: { type: 'assistant-response', parts, finishReason: 'stop', usage: {}, model: 'm' },
  })
type Parts = Extract<Message['content'], { type: 'assistant-response' }>['parts']
const call = (toolCallId: string, toolName = 'weather', input: unknown = { city: 'Oslo' }, signature?: string) => ({
  toolCallId,
  toolName,
  input,
  ...(signature === undefined ? {} : { signature }),
})
const calls = (...all: readonly ReturnType<typeof call>[]) =>
  new Message({ content: { type: 'action-request', calls: all } })
const results = (...outcomes: Extract<Message['content'], { type: 'action-response' }>['outcomes']) =>
  new Message({ content: { type: 'action-response', outcomes } })
const gave = (id: string, output: unknown, name = 'weather', input: unknown = { city: 'Oslo' }) => ({
  ...call(id, name, input),
  output,
})
const failed = (id: string) => ({ ...call(id), error: new BraidError('tool_failed', 'the sensor is broken') })

const PNG = { type: 'file', mediaType: 'image/png', bytes: Uint8Array.from([137, 80, 78, 71]) } as const
const JPEG = { type: 'file', mediaType: 'image/jpeg', bytes: Uint8Array.from([255, 216, 255]) } as const
const WEB = { type: 'file', mediaType: 'image/png', url: 'https://example.org/a.png' } as const
const PDF = { type: 'file', mediaType: 'application/pdf', bytes: Uint8Array.from([37, 80, 68, 70]) } as const
const WEB_PDF = { type: 'file', mediaType: 'application/pdf', url: 'https://example.org/a.pdf' } as const
const WAV = { type: 'file', mediaType: 'audio/wav', bytes: Uint8Array.from([82, 73, 70, 70]) } as const
const ASK = user('How is it in Oslo?')
const LOOK = said({ type: 'text', text: 'I look.' })

const ask = (id: string, options: ModelOptions, more: Partial<Conversation> = {}): Conversation => ({
  id,
  request: { messages: [ASK] },
  options,
  ...more,
})
const talk = (id: string, messages: readonly Message[], more: Partial<ModelRequest> = {}): Conversation => ({
  id,
  request: { messages, ...more },
})

export const CONVERSATIONS: readonly Conversation[] = [
  // Text
  talk('text', [ASK]),
  talk('text-system', [Message.system('Be brief.'), ASK]),
  talk('text-two-systems', [Message.system('Be brief.'), Message.system('Be kind.'), ASK]),
  talk('text-turns', [ASK, said({ type: 'text', text: 'Sunny.' }), user('And in Rome?')]),
  talk('text-two-users', [user('One.'), user('Two.')]),
  talk('text-two-answers', [
    ASK,
    said({ type: 'text', text: 'Sunny.' }),
    said({ type: 'text', text: 'And warm.' }),
    user('Thanks'),
  ]),
  talk('text-unicode', [user('Wie ist es in Zürich? 🌦️ “quoted” \\ \u2028')]),
  talk('text-prefill', [ASK, said({ type: 'text', text: 'It is ' })]),
  talk('text-late-system', [
    ASK,
    said({ type: 'text', text: 'Sunny.' }),
    Message.system('Now in French.'),
    user('And in Rome?'),
  ]),
  // Files
  talk('image', [user('What is it?', PNG)]),
  talk('image-web', [user('What is it?', WEB)]),
  talk('image-two', [user('Which is which?', PNG, JPEG)]),
  talk('image-alone', [user('', PNG)]),
  talk('image-earlier', [user('What is it?', PNG), said({ type: 'text', text: 'A cat.' }), user('And this?', JPEG)]),
  talk('pdf', [user('Sum it up.', PDF)]),
  talk('pdf-web', [user('Sum it up.', WEB_PDF)]),
  talk('audio', [user('Who speaks?', WAV)]),
  talk('image-and-pdf', [user('Compare.', PNG, PDF)]),
  // Tools
  talk('tool', [ASK], { tools: [weather] }),
  talk('tools', [ASK], { tools: [weather, add] }),
  talk('tool-without-input', [ASK], { tools: [now] }),
  talk('tool-optional', [ASK], { tools: [search] }),
  talk('choice-auto', [ASK], { tools: [weather], toolChoice: 'auto' }),
  talk('choice-none', [ASK], { tools: [weather], toolChoice: 'none' }),
  talk('choice-required', [ASK], { tools: [weather, add], toolChoice: 'required' }),
  talk('choice-one', [ASK], { tools: [weather, add], toolChoice: { toolName: 'add' } }),
  // Results
  talk('result', [ASK, calls(call('c1')), results(gave('c1', 'sunny'))], { tools: [weather] }),
  talk('result-json', [ASK, calls(call('c1')), results(gave('c1', { sky: 'clear', t: [1, 2] }))], { tools: [weather] }),
  talk('result-failed', [ASK, calls(call('c1')), results(failed('c1'))], { tools: [weather] }),
  talk('result-number', [ASK, calls(call('c1')), results(gave('c1', 7))], { tools: [weather] }),
  talk('result-two', [ASK, calls(call('c1'), call('c2')), results(gave('c1', 'sunny'), gave('c2', 'rain'))], {
    tools: [weather],
  }),
  talk(
    'result-two-tools',
    [
      ASK,
      calls(call('c1'), call('c2', 'add', { a: 1, b: 2 })),
      results(gave('c1', 'sunny'), gave('c2', 3, 'add', { a: 1, b: 2 })),
    ],
    { tools: [weather, add] },
  ),
  talk('result-after-text', [ASK, LOOK, calls(call('c1')), results(gave('c1', 'sunny'))], { tools: [weather] }),
  talk('result-then-user', [ASK, calls(call('c1')), results(gave('c1', 'sunny')), user('And in Rome?')], {
    tools: [weather],
  }),
  talk(
    'result-then-answer',
    [ASK, calls(call('c1')), results(gave('c1', 'sunny')), said({ type: 'text', text: 'Sunny.' }), user('Thanks')],
    { tools: [weather] },
  ),
  talk(
    'result-rounds',
    [ASK, calls(call('c1')), results(gave('c1', 'sunny')), calls(call('c2')), results(gave('c2', 'rain'))],
    { tools: [weather] },
  ),
  talk(
    'result-three-rounds',
    [
      ASK,
      LOOK,
      calls(call('c1')),
      results(gave('c1', 'a')),
      LOOK,
      calls(call('c2')),
      results(gave('c2', 'b')),
      LOOK,
      calls(call('c3')),
      results(gave('c3', 'c')),
    ],
    { tools: [weather] },
  ),
  talk('result-without-tools', [ASK, calls(call('c1')), results(gave('c1', 'sunny')), user('Thanks')]),
  talk('result-no-input', [ASK, calls(call('c1', 'now', {})), results(gave('c1', 'noon', 'now', {}))], {
    tools: [now],
  }),
  // Reasoning sent back
  {
    ...talk('reasoning-signed', [
      ASK,
      said({ type: 'reasoning', text: 'Let me think.', signature: 'c2ln' }, { type: 'text', text: 'Sunny.' }),
      user('Sure?'),
    ]),
    apis: ['anthropic-messages', 'bedrock-converse'],
  },
  {
    ...talk(
      'reasoning-signed-call',
      [
        ASK,
        said({ type: 'reasoning', text: 'Let me think.', signature: 'c2ln' }),
        calls(call('c1')),
        results(gave('c1', 'sunny')),
      ],
      { tools: [weather] },
    ),
    apis: ['anthropic-messages', 'bedrock-converse'],
  },
  {
    ...talk(
      'reasoning-signed-twice',
      [
        ASK,
        said(
          { type: 'reasoning', text: 'One.', signature: 'c2lnMQ==' },
          { type: 'reasoning', text: 'Two.', signature: 'c2lnMg==' },
          { type: 'text', text: 'I look.' },
        ),
        calls(call('c1')),
        results(gave('c1', 'sunny')),
      ],
      { tools: [weather] },
    ),
    apis: ['anthropic-messages', 'bedrock-converse'],
  },
  {
    ...talk('reasoning-redacted', [
      ASK,
      said({ type: 'reasoning', text: '', redacted: 'ZW5j' }, { type: 'text', text: 'Sunny.' }),
      user('Sure?'),
    ]),
    apis: ['anthropic-messages', 'bedrock-converse', 'openai-responses'],
    model: { 'openai-responses': 'gpt-5' },
  },
  {
    ...talk(
      'reasoning-encrypted-call',
      [
        ASK,
        said({ type: 'reasoning', text: 'Thought.', redacted: 'ZW5j' }),
        calls(call('c1')),
        results(gave('c1', 'sunny')),
      ],
      { tools: [weather] },
    ),
    apis: ['openai-responses'],
    model: { 'openai-responses': 'gpt-5' },
  },
  {
    ...talk(
      'reasoning-gemini-call',
      [
        ASK,
        calls(call('c1', 'weather', { city: 'Oslo' }, 'c2ln'), call('c2')),
        results(gave('c1', 'sunny'), gave('c2', 'rain')),
      ],
      { tools: [weather] },
    ),
    apis: ['gemini'],
    model: { gemini: 'gemini-3-pro-preview' },
  },
  // Structured output
  talk('output', [ASK], { output: jsonSchema(CITY) }),
  talk('output-nested', [ASK], {
    output: jsonSchema({
      type: 'object',
      properties: {
        days: {
          type: 'array',
          items: {
            type: 'object',
            properties: { sky: { type: 'string', enum: ['clear', 'grey'] } },
            required: ['sky'],
            additionalProperties: false,
          },
        },
      },
      required: ['days'],
      additionalProperties: false,
    }),
  }),
  talk('output-and-tools', [ASK], { output: jsonSchema(CITY), tools: [weather] }),
  // Parameters
  ask('temperature', { temperature: 0.5 }),
  ask('top-p', { topP: 0.9 }),
  ask('top-k', { topK: 3 }),
  ask('max-tokens', { maxTokens: 7 }),
  ask('stop', { stop: ['END', 'STOP'] }),
  ask('seed', { seed: 1 }),
  ask('penalties', { frequencyPenalty: 0.1, presencePenalty: 0.2 }),
  ask(
    'logprobs',
    { logprobs: 2 },
    {
      apis: ['openai-chat', 'openai-responses', 'gemini'],
      providerOptions: { openai: { logprobs: 2 }, google: {} },
    },
  ),
  ask('everything', {
    temperature: 0.5,
    topK: 3,
    maxTokens: 7,
    stop: 'END',
    seed: 1,
    frequencyPenalty: 0.1,
    presencePenalty: 0.2,
  }),
  ask('plain', { stream: false, maxTokens: 7 }),
  ask(
    'reasoning-low',
    { reasoning: 'low', maxTokens: 5_000 },
    {
      apis: ['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini', 'bedrock-converse'],
      model: { 'openai-chat': 'gpt-5', 'openai-responses': 'gpt-5' },
      providerOptions: {
        openai: { reasoningEffort: 'low' },
        anthropic: { thinking: { type: 'enabled', budgetTokens: 1_024 } },
        google: { thinkingConfig: { thinkingBudget: 1_024, includeThoughts: true } },
        bedrock: { reasoningConfig: { type: 'enabled', budgetTokens: 1_024 } },
      },
    },
  ),
  ask(
    'reasoning-high-adaptive',
    { reasoning: 'high', maxTokens: 5_000 },
    {
      apis: ['anthropic-messages', 'gemini'],
      model: { 'anthropic-messages': 'claude-opus-4-6', gemini: 'gemini-3-pro-preview' },
      providerOptions: {
        anthropic: { thinking: { type: 'adaptive' }, effort: 'high' },
        google: { thinkingConfig: { thinkingLevel: 'high', includeThoughts: true } },
      },
    },
  ),
  ask(
    'sampling-of-a-reasoning-model',
    { temperature: 0.5, topP: 0.9 },
    {
      apis: ['openai-chat', 'openai-responses', 'anthropic-messages'],
      model: { 'openai-chat': 'o3', 'openai-responses': 'gpt-5-mini', 'anthropic-messages': 'claude-opus-4-8' },
    },
  ),
]
