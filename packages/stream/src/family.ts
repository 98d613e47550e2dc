import { Manifest } from './manifest.ts'
import type { ManifestSource } from './manifest-data.ts'
import { anthropicMessages } from './manifests/anthropic-messages.ts'
import { bedrockAgent } from './manifests/bedrock-agent.ts'
import { bedrockConverse } from './manifests/bedrock-converse.ts'
import { bedrockInvoke } from './manifests/bedrock-invoke.ts'
import { cohereV1 } from './manifests/cohere-v1.ts'
import { cohereV2 } from './manifests/cohere-v2.ts'
import { gemini } from './manifests/gemini.ts'
import { geminiInteractions } from './manifests/gemini-interactions.ts'
import { ollama } from './manifests/ollama.ts'
import { openaiChat } from './manifests/openai-chat.ts'
import { openaiCompletions } from './manifests/openai-completions.ts'
import { openaiResponses } from './manifests/openai-responses.ts'
import { replicate } from './manifests/replicate.ts'
import { watsonx } from './manifests/watsonx.ts'

/** The built-in protocols, as data. A dialect is a few lines over one of them. */
export const manifests = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'openai-completions': openaiCompletions,
  'anthropic-messages': anthropicMessages,
  gemini,
  'gemini-interactions': geminiInteractions,
  'bedrock-converse': bedrockConverse,
  'bedrock-invoke': bedrockInvoke,
  'bedrock-agent': bedrockAgent,
  'cohere-v2': cohereV2,
  'cohere-v1': cohereV1,
  ollama,
  watsonx,
  replicate,
} as const satisfies Record<string, ManifestSource>

export type FamilyName = keyof typeof manifests

/**
 * A built-in protocol, compiled. Keep what it gives: each call compiles anew (about a millisecond).
 *
 * @example
 * const pipeline = createPipeline(family('openai-chat'))
 */
export function family(name: FamilyName): Manifest {
  return Manifest.parse(manifests[name])
}
