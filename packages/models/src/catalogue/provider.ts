import { BraidError, closest } from '@braid/core'
import { Manifest, type ManifestSource, manifests } from '@braid/stream'
import * as dialects from './dialects.ts'

/** The providers that Braid knows by name. Any other is a manifest of your own. */
const PROVIDERS = {
  openai: { ...manifests['openai-chat'], id: 'openai', name: 'OpenAI' },
  'openai-responses': manifests['openai-responses'],
  anthropic: { ...manifests['anthropic-messages'], id: 'anthropic', name: 'Anthropic' },
  gemini: { ...manifests.gemini, id: 'gemini', name: 'Google Gemini' },
  vertex: dialects.vertex,
  bedrock: { ...manifests['bedrock-converse'], id: 'bedrock', name: 'Amazon Bedrock' },
  cohere: { ...manifests['cohere-v2'], id: 'cohere', name: 'Cohere' },
  'openai-compatible': dialects.openaiCompatible,
  azure: dialects.azure,
  'azure-deployments': dialects.azureDeployments,
  groq: dialects.groq,
  mistral: dialects.mistral,
  deepseek: dialects.deepseek,
  xai: dialects.xai,
  openrouter: dialects.openrouter,
  together: dialects.together,
  perplexity: dialects.perplexity,
  moonshot: dialects.moonshot,
  alibaba: dialects.alibaba,
  zai: dialects.zai,
  snowflake: dialects.snowflake,
  writer: dialects.writer,
  huggingface: dialects.huggingface,
  crusoe: dialects.crusoe,
  ollama: dialects.ollama,
  'ollama-native': manifests.ollama,
} as const satisfies Record<string, ManifestSource>

export type ProviderName = keyof typeof PROVIDERS
/** `openai/gpt-4o-mini`: the provider up to the first slash, the model after it. */
export type ModelId = `${ProviderName}/${string}`

/** The names that stand before the slash of a {@link ModelId}. */
export function providerNames(): readonly ProviderName[] {
  return Object.keys(PROVIDERS) as ProviderName[]
}

/** A provider's manifest. Throws `unknown_provider`, with the closest name, for one that Braid does not know. */
export function manifestOf(provider: string): Manifest {
  if (Object.hasOwn(PROVIDERS, provider)) return Manifest.parse(PROVIDERS[provider as ProviderName])
  throw new BraidError(
    'unknown_provider',
    `expected one of the providers ${providerNames().join(', ')}, or a Manifest; got '${provider}'${hintFor(provider)}`,
  )
}

/** What may have been meant: a protocol that Braid only reads, or the provider with the closest name. */
function hintFor(provider: string): string {
  const read = Object.entries<ManifestSource>(manifests).find(
    ([name, { payload_format }]) =>
      payload_format === undefined && provider !== '' && (name === provider || name.startsWith(`${provider}-`)),
  )
  if (read !== undefined) {
    return `, whose streams Braid reads and whose requests it cannot write. Make the request yourself, and read its answer with new StreamProcessor('${read[0]}')`
  }
  const names = providerNames()
  const meant = names.find((name) => provider.startsWith(`${name}-`)) ?? closest(provider, names)
  return meant === undefined ? '' : `. Did you mean ${meant}?`
}

/** Provider and model of `provider/model`. */
export function splitId(id: string): readonly [provider: string, model: string] {
  const slash = id.indexOf('/')
  if (slash > 0 && slash < id.length - 1) return [id.slice(0, slash), id.slice(slash + 1)]
  throw new BraidError(
    'unknown_provider',
    `expected a model as 'provider/model', such as 'openai/gpt-4o-mini'; got '${id}'`,
  )
}
