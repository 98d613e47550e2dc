import type { ManifestSource } from '../manifest-data.ts'
import { anthropicMessages } from '../manifests/anthropic-messages.ts'
import { bedrockConverse } from '../manifests/bedrock-converse.ts'
import { cohereV1 } from '../manifests/cohere-v1.ts'
import { cohereV2 } from '../manifests/cohere-v2.ts'
import { gemini } from '../manifests/gemini.ts'
import { ollama } from '../manifests/ollama.ts'
import { openaiChat } from '../manifests/openai-chat.ts'
import { openaiCompletions } from '../manifests/openai-completions.ts'
import { openaiResponses } from '../manifests/openai-responses.ts'
import { replicate } from '../manifests/replicate.ts'
import { watsonx } from '../manifests/watsonx.ts'
import type { Upstream } from './document.ts'

/**
 * What maps events, by ai-lib's names: the manifest's own rules, Anthropic's, or those of a server that is compatible with OpenAI. In Braid
 * all three are rules that were compiled.
 */
export type EventMapper = 'ProtocolEventMapper' | 'AnthropicEventMapper' | 'DefaultEventMapper'

export interface Choice {
  readonly mapper: EventMapper
  /** Whose rules fill in what the manifest's own leave open. */
  readonly family: ManifestSource
  /** Where the manifest says that it is this family. Undefined: nowhere, it is the default. */
  readonly because: string | undefined
}

/** By a word that a manifest uses for its protocol. In order: the first that fits counts. */
const FAMILIES: readonly (readonly [RegExp, ManifestSource])[] = [
  [/responses/, openaiResponses],
  [/anthropic|claude|^messages$|\/messages$/, anthropicMessages],
  [/gemini|generate_?content|^vertex/i, gemini],
  [/cohere_native|cohere_?v1/, cohereV1],
  [/cohere/, cohereV2],
  [/bedrock|^converse/, bedrockConverse],
  [/ollama/, ollama],
  [/watsonx/, watsonx],
  [/replicate/, replicate],
  [/openai|chat_?completions|\/chat\/completions$/, openaiChat],
  [/^completions$|\/completions$/, openaiCompletions],
]

/** Picks by what a manifest says of itself, the most exact first; what says nothing is compatible with OpenAI. */
export function choose(document: Upstream): Choice {
  const { decoder } = document.streaming
  const families = Array.isArray(document.api_families) ? document.api_families : []
  const chat = document.endpoints['chat']
  const said: readonly (readonly [string, unknown])[] = [
    ['streaming.decoder.strategy', decoder.strategy],
    ['payload_format', document.payload_format],
    ['response_format', document.response_format],
    // Cohere's newer manifests keep the name of a format that their streams left behind.
    ['streaming.decoder.format', decoder.format === 'cohere_native' ? 'cohere_v2' : decoder.format],
    ['streaming.event_format', document.streaming.event_format],
    ['default_api_family', document.default_api_family],
    ['api_families', families[0]],
    ['tooling.source_model', document.tooling?.source_model],
    [
      'endpoints.chat.adapter',
      typeof chat === 'object' && chat !== null && 'adapter' in chat ? chat.adapter : undefined,
    ],
    ['endpoint.chat', document.endpoint.chat],
  ]
  for (const [field, word] of said) {
    const found = typeof word === 'string' ? FAMILIES.find(([pattern]) => pattern.test(word)) : undefined
    if (found) return { mapper: mapperOf(document, found[1]), family: found[1], because: `${field}: ${word}` }
  }
  return { mapper: mapperOf(document, openaiChat), family: openaiChat, because: undefined }
}

function mapperOf(document: Upstream, family: ManifestSource): EventMapper {
  if (document.streaming.event_map.length > 0) return 'ProtocolEventMapper'
  if (family === anthropicMessages) return 'AnthropicEventMapper'
  return family === openaiChat ? 'DefaultEventMapper' : 'ProtocolEventMapper'
}
