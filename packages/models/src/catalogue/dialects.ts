import { type Effort, type ManifestSource, manifests } from '@braid/stream'

/*
 * Providers that speak a family's protocol, nearly all of them OpenAI's Chat Completions, each as what differs. What a provider's own reference does not list among its parameters
 * is not here, so that it is refused instead of sent; where usage comes without being asked for, it is not asked for.
 */

const openai = manifests['openai-chat']
/** What OpenAI alone has is not in it: strict tools, and a mode for structured output. */
const chat = { ...openai, tools: {}, structured_output: { mode: 'none' as const }, reasoning: [] }
/** OpenAI's mode for it, of models by name. */
function jsonSchema(models?: string, models_with_tools?: string) {
  const { body } = openai.structured_output
  return {
    mode: 'json_schema' as const,
    body,
    ...(models === undefined ? {} : { models }),
    ...(models_with_tools === undefined ? {} : { models_with_tools }),
  }
}
const JSON_OBJECT = { mode: 'json_object' as const, body: { response_format: { type: 'json_object' } } }
/** Which models have it cannot be said by name: `outputMode: 'native'` does. */
const NONE = '(?!)'
const { stop, seed, n } = openai.parameters
const temperature = { path: 'temperature' }
const topP = { path: 'top_p' }
/** Both penalties, where a provider has them. */
const penalties = { frequencyPenalty: { path: 'frequency_penalty' }, presencePenalty: { path: 'presence_penalty' } }
const logprobs = { path: 'top_logprobs', beside: { logprobs: true } }
const topK = { path: 'top_k' }
const ALL: readonly Effort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh']
/** A switch, for those that think or do not. */
const SWITCH = [{ efforts: { none: { thinking: { type: 'disabled' } }, high: { thinking: { type: 'enabled' } } } }]
/** `reasoning_effort`, of the models that have it. */
function efforts(words: readonly Effort[], models?: string) {
  return [
    {
      ...(models === undefined ? {} : { models }),
      efforts: Object.fromEntries(words.map((word) => [word, { reasoning_effort: word }])),
    },
  ]
}
const maxTokens = { path: 'max_tokens' }
const WITHOUT_USAGE = { stream_body: { stream: true } }

function endpoint(base_url: string, ...base_url_env: string[]) {
  return { base_url, base_url_env, chat: '/chat/completions' }
}
function bearer(token_env: string) {
  return { type: 'bearer' as const, token_env }
}

const AZURE = {
  base_url: 'https://{AZURE_RESOURCE_NAME}.openai.azure.com',
  base_url_env: ['AZURE_OPENAI_ENDPOINT'],
}

/** Any server that speaks it, by `baseUrl`: vLLM, LM Studio, llama.cpp, LiteLLM and others. A key is sent when one is given. */
export const openaiCompatible = {
  ...chat,
  id: 'openai-compatible',
  name: 'OpenAI-compatible server',
  endpoint: { chat: '/chat/completions' },
  auth: { type: 'none' },
  parameters: { temperature, topP, maxTokens, stop, seed, n, ...penalties, logprobs },
  structured_output: jsonSchema(NONE),
  reasoning: efforts(ALL),
} satisfies ManifestSource

/**
 * https://console.groq.com/docs/api-reference: `n` other than 1 is refused. Structured output, https://console.groq.com/docs/structured-outputs: of some
 * models, and not together with tools.
 */
export const groq = {
  ...chat,
  id: 'groq',
  name: 'Groq',
  endpoint: endpoint('https://api.groq.com/openai/v1', 'GROQ_BASE_URL'),
  auth: bearer('GROQ_API_KEY'),
  parameters: { temperature, topP, maxTokens: openai.parameters.maxTokens, stop, seed },
  structured_output: jsonSchema('gpt-oss|kimi-k2|llama-4', NONE),
  // https://console.groq.com/docs/reasoning
  reasoning: [
    ...efforts(['low', 'medium', 'high'], 'gpt-oss'),
    { models: 'qwen', efforts: { none: { reasoning_effort: 'none' } } },
  ],
} satisfies ManifestSource

/** https://docs.mistral.ai/api: `stream_options` is refused with 422, and the seed has a name of its own; ids of calls are nine letters; an answer to be continued is marked. */
export const mistral = {
  ...chat,
  id: 'mistral',
  name: 'Mistral',
  endpoint: endpoint('https://api.mistral.ai/v1', 'MISTRAL_BASE_URL'),
  auth: bearer('MISTRAL_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, seed: { path: 'random_seed' }, n, ...penalties },
  request: { ...WITHOUT_USAGE, continued: { prefix: true }, files: 'mistral' as const },
  tools: { call_ids: { pattern: '^[a-zA-Z0-9]{9}$', length: 9 } },
  structured_output: jsonSchema('^(?!codestral-mamba)'),
  // https://docs.mistral.ai/capabilities/reasoning
  reasoning: efforts(['none', 'high'], 'mistral-(?:small|medium)'),
} satisfies ManifestSource

/** https://api-docs.deepseek.com/api/create-chat-completion; reasoning goes back: https://api-docs.deepseek.com/guides/thinking_mode */
export const deepseek = {
  ...chat,
  id: 'deepseek',
  name: 'DeepSeek',
  endpoint: endpoint('https://api.deepseek.com', 'DEEPSEEK_BASE_URL'),
  auth: bearer('DEEPSEEK_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, ...penalties, logprobs },
  request: { ...openai.request, reasoning: 'reasoning_content' },
  reasoning: SWITCH,
  structured_output: JSON_OBJECT,
} satisfies ManifestSource

const GROK_WITHOUT_THOUGHT = '^grok-[23](?!-mini)|non-reasoning'

/** https://docs.x.ai/docs/api-reference */
export const xai = {
  ...chat,
  id: 'xai',
  name: 'xAI',
  endpoint: endpoint('https://api.x.ai/v1', 'XAI_BASE_URL'),
  auth: bearer('XAI_API_KEY'),
  parameters: {
    temperature,
    topP,
    maxTokens: openai.parameters.maxTokens,
    stop,
    seed,
    n,
    frequencyPenalty: { ...penalties.frequencyPenalty, models: GROK_WITHOUT_THOUGHT },
    presencePenalty: { ...penalties.presencePenalty, models: GROK_WITHOUT_THOUGHT },
    logprobs,
  },
  structured_output: jsonSchema(),
  // https://docs.x.ai/docs/guides/reasoning: those that think take no penalties.
  reasoning: efforts(['low', 'high'], 'grok-3-mini'),
} satisfies ManifestSource

/**
 * https://openrouter.ai/docs/api-reference/parameters: usage is in the last frame of every stream. Structured output is some models':
 * https://openrouter.ai/docs/structured-outputs; reasoning goes back: https://openrouter.ai/docs/use-cases/reasoning-tokens
 */
export const openrouter = {
  ...chat,
  id: 'openrouter',
  name: 'OpenRouter',
  endpoint: endpoint('https://openrouter.ai/api/v1', 'OPENROUTER_BASE_URL'),
  auth: bearer('OPENROUTER_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, seed, ...penalties, logprobs, topK },
  request: { ...WITHOUT_USAGE, reasoning: 'reasoning' },
  structured_output: jsonSchema('^(?:openai/(?!gpt-3|gpt-4(?!o|\\.1|\\.5))|google/gemini-)'),
  // https://openrouter.ai/docs/use-cases/reasoning-tokens
  reasoning: [
    {
      efforts: Object.fromEntries(ALL.map((effort) => [effort, { reasoning: { effort } }])),
    },
  ],
} satisfies ManifestSource

/** https://docs.together.ai/reference/chat-completions */
export const together = {
  ...chat,
  id: 'together',
  name: 'Together AI',
  endpoint: endpoint('https://api.together.xyz/v1', 'TOGETHER_BASE_URL'),
  auth: bearer('TOGETHER_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, seed, n, ...penalties, topK },
  request: WITHOUT_USAGE,
  structured_output: jsonSchema(),
} satisfies ManifestSource

/** https://docs.perplexity.ai/api-reference/chat-completions-post: usage is in every frame. It has no tools. */
export const perplexity = {
  ...chat,
  id: 'perplexity',
  name: 'Perplexity',
  endpoint: endpoint('https://api.perplexity.ai', 'PERPLEXITY_BASE_URL'),
  auth: bearer('PERPLEXITY_API_KEY'),
  parameters: { temperature, topP, maxTokens },
  request: WITHOUT_USAGE,
  tools: false,
  structured_output: {
    mode: 'json_schema',
    body: { response_format: { type: 'json_schema', json_schema: { schema: '{schema}' } } },
  },
} satisfies ManifestSource

/** https://platform.moonshot.ai/docs/api/chat; reasoning goes back: https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model */
export const moonshot = {
  ...chat,
  id: 'moonshot',
  name: 'Moonshot AI',
  endpoint: endpoint('https://api.moonshot.ai/v1', 'MOONSHOT_BASE_URL'),
  auth: bearer('MOONSHOT_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, n, ...penalties },
  request: { ...openai.request, reasoning: 'reasoning_content' },
  structured_output: JSON_OBJECT,
} satisfies ManifestSource

/** https://docs.ollama.com/api/openai-compatibility: a server of one's own, without a key. It ignores `n`, and calls nothing while its words are held to a schema. */
export const ollama = {
  ...chat,
  id: 'ollama',
  name: 'Ollama',
  endpoint: { base_url: 'http://localhost:11434', base_url_env: ['OLLAMA_HOST'], chat: '/v1/chat/completions' },
  auth: { type: 'none' },
  parameters: { temperature, topP, maxTokens, stop, seed, ...penalties },
  structured_output: jsonSchema(undefined, NONE),
  reasoning: efforts(['none', 'low', 'medium', 'high']),
} satisfies ManifestSource

/**
 * https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle: the v1 API. The endpoint is a resource's own, such as
 * `https://name.openai.azure.com`; the model is the deployment's name.
 */
export const azure = {
  ...openai,
  id: 'azure',
  name: 'Azure OpenAI',
  endpoint: { ...AZURE, chat: '/openai/v1/chat/completions' },
  // A token of Entra ID is a JSON Web Token: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/managed-identity
  auth: { type: 'custom_header', header: 'api-key', token_env: 'AZURE_OPENAI_API_KEY', tokens: '^eyJ' },
  // The deployment's name may say nothing of its model.
  reasoning: efforts(ALL),
} satisfies ManifestSource

/**
 * https://learn.microsoft.com/azure/ai-foundry/openai/reference: the API before v1, whose address names the deployment. Another `api-version` goes into the `baseUrl`:
 * `https://name.openai.azure.com?api-version=2025-04-01-preview`.
 */
export const azureDeployments = {
  ...azure,
  id: 'azure-deployments',
  endpoint: {
    ...AZURE,
    chat: '/openai/deployments/{model}/chat/completions',
    query: { 'api-version': '2024-10-21' },
  },
} satisfies ManifestSource

/** https://www.alibabacloud.com/help/en/model-studio/compatibility-of-openai-with-dashscope; JSON: https://www.alibabacloud.com/help/en/model-studio/json-mode */
export const alibaba = {
  ...chat,
  id: 'alibaba',
  name: 'Alibaba Model Studio',
  endpoint: endpoint('https://dashscope-intl.aliyuncs.com/compatible-mode/v1', 'DASHSCOPE_BASE_URL'),
  auth: bearer('DASHSCOPE_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, seed, n, presencePenalty: penalties.presencePenalty, topK },
  // https://www.alibabacloud.com/help/en/model-studio/deep-thinking
  reasoning: [{ efforts: { none: { enable_thinking: false }, high: { enable_thinking: true } } }],
  structured_output: JSON_OBJECT,
} satisfies ManifestSource

/** https://docs.z.ai/api-reference/llm/chat-completion: usage is in the last frame of every stream. Reasoning goes back: https://docs.z.ai/guides/capabilities/thinking-mode */
export const zai = {
  ...chat,
  id: 'zai',
  name: 'Z.AI',
  endpoint: endpoint('https://api.z.ai/api/paas/v4', 'ZAI_BASE_URL'),
  auth: bearer('ZAI_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop },
  request: { ...WITHOUT_USAGE, reasoning: 'reasoning_content' },
  reasoning: SWITCH,
  structured_output: JSON_OBJECT,
  termination: {
    mapping: {
      ...openai.termination.mapping,
      sensitive: 'content-filter',
      network_error: 'error',
      model_context_window_exceeded: 'length',
    },
  },
} satisfies ManifestSource

/** https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api: the address is an account's own, ending in `/api/v2/cortex/v1`. */
export const snowflake = {
  ...chat,
  id: 'snowflake',
  name: 'Snowflake Cortex',
  endpoint: { base_url_env: ['SNOWFLAKE_BASE_URL'], chat: '/chat/completions' },
  auth: bearer('SNOWFLAKE_PAT'),
  parameters: { temperature, topP, maxTokens: openai.parameters.maxTokens },
  structured_output: jsonSchema(NONE),
} satisfies ManifestSource

/** https://dev.writer.com/api-reference/completion-api/chat-completion */
export const writer = {
  ...chat,
  id: 'writer',
  name: 'Writer',
  endpoint: { base_url: 'https://api.writer.com/v1', base_url_env: ['WRITER_BASE_URL'], chat: '/chat' },
  auth: bearer('WRITER_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, n },
  structured_output: jsonSchema('palmyra-x-?(?:00)?[45]'),
} satisfies ManifestSource

/** https://huggingface.co/docs/inference-providers/tasks/chat-completion; what TGI says of its end is its own. */
export const huggingface = {
  ...chat,
  id: 'huggingface',
  name: 'Hugging Face',
  endpoint: endpoint('https://router.huggingface.co/v1', 'HF_BASE_URL'),
  auth: bearer('HF_TOKEN'),
  parameters: { temperature, topP, maxTokens, stop, seed, ...penalties },
  termination: { mapping: { ...openai.termination.mapping, eos_token: 'stop', stop_sequence: 'stop' } },
  structured_output: jsonSchema(NONE),
} satisfies ManifestSource

/** https://docs.crusoecloud.com/quickstart/getting-started-with-serverless-inference: vLLM behind it. */
export const crusoe = {
  ...chat,
  id: 'crusoe',
  name: 'Crusoe',
  endpoint: endpoint('https://api.inference.crusoecloud.com/v1', 'CRUSOE_BASE_URL'),
  auth: bearer('CRUSOE_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, seed },
  structured_output: jsonSchema(NONE),
} satisfies ManifestSource

/**
 * Gemini's other door, https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview, by key. For a project of one's
 * own, `baseUrl` ends in `/v1/projects/…/locations/…`, and `apiKey` gives a token for each call: `() => auth.getAccessToken()`.
 */
export const vertex = {
  ...manifests.gemini,
  id: 'vertex',
  name: 'Google Vertex AI',
  endpoint: {
    ...manifests.gemini.endpoint,
    base_url: 'https://aiplatform.googleapis.com/v1',
    base_url_env: ['VERTEX_BASE_URL', 'GOOGLE_VERTEX_BASE_URL'],
    chat: '/publishers/google/models/{model}:generateContent',
    stream_chat: '/publishers/google/models/{model}:streamGenerateContent',
  },
  auth: { ...manifests.gemini.auth, token_env: 'GOOGLE_API_KEY', tokens: '^(?:ya29\\.|eyJ)' },
  // AI Studio refuses both of Gemini 2.5.
  parameters: {
    ...manifests.gemini.parameters,
    frequencyPenalty: { path: 'generationConfig.frequencyPenalty' },
    presencePenalty: { path: 'generationConfig.presencePenalty' },
  },
} satisfies ManifestSource
