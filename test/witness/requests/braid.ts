import { iModel, type ModelConfig } from '@braid/models'
import type { ProviderServer } from '@braid/testing'
import type { Api, Conversation } from './conversation.ts'

const PROVIDERS: Readonly<Record<Api, ModelConfig['provider']>> = {
  'openai-chat': 'openai',
  'openai-responses': 'openai-responses',
  'anthropic-messages': 'anthropic',
  gemini: 'gemini',
  'bedrock-converse': 'bedrock',
  'cohere-v2': 'cohere',
  mistral: 'mistral',
}

/** The body that Braid sends, over HTTP; a refusal of its own where it sends none. What the server thinks of it is not asked here. */
export async function sentByBraid(
  server: ProviderServer,
  api: Api,
  model: string,
  { request, options }: Conversation,
): Promise<unknown> {
  const before = server.requests.length
  try {
    const asked = new iModel({
      provider: PROVIDERS[api],
      model,
      baseUrl: `${server.url}/v2`,
      apiKey: 'key',
      unsupported: 'warn',
      ...options,
    })
    await asked.invoke(request).response.finally(() => asked.close())
  } catch (error) {
    if (server.requests.length === before) return { refused: error instanceof Error ? error.message : String(error) }
  }
  return server.requests.at(-1)?.body
}
