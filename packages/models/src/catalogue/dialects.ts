import { type ManifestSource, manifests } from '@braid/stream'

/*
 * Providers that speak OpenAI Chat Completions, each as what differs. What a provider's own reference does not list among its parameters
 * is not here, so that it is refused instead of sent; where usage comes without being asked for, it is not asked for.
 */

const openai = manifests['openai-chat']
const { temperature, topP, stop, seed, n } = openai.parameters
const maxTokens = { path: 'max_tokens' }
const WITHOUT_USAGE = { stream_body: { stream: true } }

function endpoint(base_url: string, ...base_url_env: string[]) {
  return { base_url, base_url_env, chat: '/chat/completions' }
}
function bearer(token_env: string) {
  return { type: 'bearer' as const, token_env }
}

/** Any server that speaks it, by `baseUrl`: vLLM, LM Studio, llama.cpp, LiteLLM and others. A key is sent when one is given. */
export const openaiCompatible = {
  ...openai,
  id: 'openai-compatible',
  name: 'OpenAI-compatible server',
  endpoint: { chat: '/chat/completions' },
  auth: { type: 'none' },
  parameters: { temperature, topP, maxTokens, stop, seed, n },
} satisfies ManifestSource

/** https://console.groq.com/docs/api-reference: `n` other than 1 is refused. */
export const groq = {
  ...openai,
  id: 'groq',
  name: 'Groq',
  endpoint: endpoint('https://api.groq.com/openai/v1', 'GROQ_BASE_URL'),
  auth: bearer('GROQ_API_KEY'),
  parameters: { temperature, topP, maxTokens: openai.parameters.maxTokens, stop, seed },
} satisfies ManifestSource

/** https://docs.mistral.ai/api: `stream_options` is refused with 422, and the seed has a name of its own. */
export const mistral = {
  ...openai,
  id: 'mistral',
  name: 'Mistral',
  endpoint: endpoint('https://api.mistral.ai/v1', 'MISTRAL_BASE_URL'),
  auth: bearer('MISTRAL_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, seed: { path: 'random_seed' }, n },
  request: WITHOUT_USAGE,
} satisfies ManifestSource

/** https://api-docs.deepseek.com/api/create-chat-completion */
export const deepseek = {
  ...openai,
  id: 'deepseek',
  name: 'DeepSeek',
  endpoint: endpoint('https://api.deepseek.com', 'DEEPSEEK_BASE_URL'),
  auth: bearer('DEEPSEEK_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop },
} satisfies ManifestSource

/** https://docs.x.ai/docs/api-reference */
export const xai = {
  ...openai,
  id: 'xai',
  name: 'xAI',
  endpoint: endpoint('https://api.x.ai/v1', 'XAI_BASE_URL'),
  auth: bearer('XAI_API_KEY'),
  parameters: { temperature, topP, maxTokens: openai.parameters.maxTokens, stop, seed, n },
} satisfies ManifestSource

/** https://openrouter.ai/docs/api-reference/parameters: usage is in the last frame of every stream. */
export const openrouter = {
  ...openai,
  id: 'openrouter',
  name: 'OpenRouter',
  endpoint: endpoint('https://openrouter.ai/api/v1', 'OPENROUTER_BASE_URL'),
  auth: bearer('OPENROUTER_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, seed },
  request: WITHOUT_USAGE,
} satisfies ManifestSource

/** https://docs.together.ai/reference/chat-completions */
export const together = {
  ...openai,
  id: 'together',
  name: 'Together AI',
  endpoint: endpoint('https://api.together.xyz/v1', 'TOGETHER_BASE_URL'),
  auth: bearer('TOGETHER_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, seed, n },
  request: WITHOUT_USAGE,
} satisfies ManifestSource

/** https://docs.perplexity.ai/api-reference/chat-completions-post: usage is in every frame. */
export const perplexity = {
  ...openai,
  id: 'perplexity',
  name: 'Perplexity',
  endpoint: endpoint('https://api.perplexity.ai', 'PERPLEXITY_BASE_URL'),
  auth: bearer('PERPLEXITY_API_KEY'),
  parameters: { temperature, topP, maxTokens },
  request: WITHOUT_USAGE,
} satisfies ManifestSource

/** https://platform.moonshot.ai/docs/api/chat */
export const moonshot = {
  ...openai,
  id: 'moonshot',
  name: 'Moonshot AI',
  endpoint: endpoint('https://api.moonshot.ai/v1', 'MOONSHOT_BASE_URL'),
  auth: bearer('MOONSHOT_API_KEY'),
  parameters: { temperature, topP, maxTokens, stop, n },
} satisfies ManifestSource

/** https://docs.ollama.com/api/openai-compatibility: a server of one's own, without a key. It ignores `n`. */
export const ollama = {
  ...openai,
  id: 'ollama',
  name: 'Ollama',
  endpoint: { base_url: 'http://localhost:11434', base_url_env: ['OLLAMA_HOST'], chat: '/v1/chat/completions' },
  auth: { type: 'none' },
  parameters: { temperature, topP, maxTokens, stop, seed },
} satisfies ManifestSource
