import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createCohere } from '@ai-sdk/cohere'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createMistral } from '@ai-sdk/mistral'
import { createOpenAI } from '@ai-sdk/openai'
import type {
  JSONValue,
  LanguageModelV3,
  LanguageModelV3CallOptions,
  LanguageModelV3FilePart,
  LanguageModelV3Message,
  LanguageModelV3ReasoningPart,
  LanguageModelV3TextPart,
  LanguageModelV3ToolResultOutput,
  SharedV3ProviderOptions,
} from '@ai-sdk/provider'
import { type Message, type Tool, type ToolOutcome, toMessage } from '@braid/core'
import type { Api, Conversation } from './conversation.ts'

const ENOUGH = new Error('the request is all that is wanted')

/** The body that the AI SDK's provider package gives to `fetch` for the same conversation; its refusal where it gives none. */
export async function sentByAiSdk(api: Api, name: string, conversation: Conversation): Promise<unknown> {
  let body: unknown
  const model = modelOf(api, name, async (_, init) => {
    body = JSON.parse(String(init?.body))
    throw ENOUGH
  })
  const options = callOptions(api, conversation)
  try {
    await (conversation.options?.stream === false ? model.doGenerate(options) : model.doStream(options))
  } catch (error) {
    if (body === undefined) return { refused: error instanceof Error ? error.message : String(error) }
  }
  return body
}

function modelOf(api: Api, name: string, fetch: typeof globalThis.fetch): LanguageModelV3 {
  const settings = { apiKey: 'key', fetch }
  switch (api) {
    case 'openai-chat':
      return createOpenAI(settings).chat(name)
    case 'openai-responses':
      return createOpenAI(settings).responses(name)
    case 'anthropic-messages':
      return createAnthropic(settings)(name)
    case 'gemini':
      return createGoogleGenerativeAI(settings)(name)
    case 'bedrock-converse':
      return createAmazonBedrock({ ...settings, region: 'us-east-1' })(name)
    case 'cohere-v2':
      return createCohere(settings)(name)
    case 'mistral':
      return createMistral(settings)(name)
  }
}

function callOptions(api: Api, { request, options = {}, providerOptions }: Conversation): LanguageModelV3CallOptions {
  const { stop, maxTokens, stream: _, reasoning: __, logprobs: ___, ...same } = options
  const { temperature, topP, topK, seed, frequencyPenalty, presencePenalty } = same
  const { tools, toolChoice, output } = request
  const asked: LanguageModelV3CallOptions = {
    prompt: promptOf(request.messages.map(toMessage), api),
    // Nothing of a conversation is to be kept on the other side.
    providerOptions: {
      ...(providerOptions as SharedV3ProviderOptions | undefined),
      ...(api === 'openai-responses' ? { openai: { ...(providerOptions?.['openai'] as object), store: false } } : {}),
    },
  }
  if (temperature !== undefined) asked.temperature = temperature
  if (topP !== undefined) asked.topP = topP
  if (topK !== undefined) asked.topK = topK
  if (seed !== undefined) asked.seed = seed
  if (frequencyPenalty !== undefined) asked.frequencyPenalty = frequencyPenalty
  if (presencePenalty !== undefined) asked.presencePenalty = presencePenalty
  if (maxTokens !== undefined)
    asked.maxOutputTokens =
      api.endsWith('s') || api === 'bedrock-converse' ? withoutBudget(api, maxTokens, providerOptions) : maxTokens
  if (stop !== undefined) asked.stopSequences = typeof stop === 'string' ? [stop] : [...stop]
  if (tools !== undefined) asked.tools = tools.map(functionOf)
  if (toolChoice !== undefined)
    asked.toolChoice =
      typeof toolChoice === 'object' ? { type: 'tool', toolName: toolChoice.toolName } : { type: toolChoice }
  if (output !== undefined) asked.responseFormat = { type: 'json', schema: schemaOf(output), name: 'answer' }
  return asked
}

/** There, the budget is added to the limit of the answer; with Braid, as with the APIs, the limit is of both. */
function withoutBudget(api: Api, maxTokens: number, options: Conversation['providerOptions']): number {
  const { thinking } = (options?.['anthropic'] ?? {}) as { thinking?: { budgetTokens?: number } }
  const { reasoningConfig } = (options?.['bedrock'] ?? {}) as { reasoningConfig?: { budgetTokens?: number } }
  if (api === 'anthropic-messages') return maxTokens - (thinking?.budgetTokens ?? 0)
  return api === 'bedrock-converse' ? maxTokens - (reasoningConfig?.budgetTokens ?? 0) : maxTokens
}

function functionOf({ name, description, input }: Tool) {
  return { type: 'function' as const, name, description, inputSchema: schemaOf(input) }
}

function schemaOf(schema: Tool['input']) {
  return schema['~standard'].jsonSchema!.input({ target: 'draft-2020-12' })
}

/** What Braid keeps as two messages, an answer and its calls, is one here. */
function promptOf(messages: readonly Message[], api: Api): LanguageModelV3Message[] {
  const made: LanguageModelV3Message[] = []
  for (const { content } of messages) {
    const last = made.at(-1)
    switch (content.type) {
      case 'system':
        made.push({ role: 'system', content: content.system })
        break
      case 'instruction':
        made.push({
          role: 'user',
          content: [
            ...(content.files ?? []).map(
              ({ mediaType, bytes, url }): LanguageModelV3FilePart => ({
                type: 'file',
                mediaType,
                data: bytes ?? new URL(url!),
              }),
            ),
            ...(content.instruction === '' ? [] : [{ type: 'text' as const, text: content.instruction }]),
          ],
        })
        break
      case 'assistant-response':
        made.push({
          role: 'assistant',
          content: content.parts.flatMap((part): (LanguageModelV3TextPart | LanguageModelV3ReasoningPart)[] => {
            if (part.type === 'text') return [{ type: 'text', text: part.text }]
            if (part.type !== 'reasoning') return []
            return [{ type: 'reasoning', text: part.text, providerOptions: proofOf(api, part) }]
          }),
        })
        break
      case 'action-request': {
        const calls = content.calls.map(({ toolCallId, toolName, input, signature }) => ({
          type: 'tool-call' as const,
          toolCallId,
          toolName,
          input,
          ...(signature === undefined ? {} : { providerOptions: { google: { thoughtSignature: signature } } }),
        }))
        if (last?.role === 'assistant') last.content.push(...calls)
        else made.push({ role: 'assistant', content: calls })
        break
      }
      case 'action-response':
        made.push({
          role: 'tool',
          content: content.outcomes.map((outcome) => ({
            type: 'tool-result' as const,
            toolCallId: outcome.toolCallId,
            toolName: outcome.toolName,
            output: outputOf(outcome),
          })),
        })
        break
    }
  }
  return made
}

function outputOf(outcome: ToolOutcome): LanguageModelV3ToolResultOutput {
  if ('error' in outcome) return { type: 'error-text', value: outcome.error.message }
  if (typeof outcome.output === 'string') return { type: 'text', value: outcome.output }
  return { type: 'json', value: outcome.output as JSONValue }
}

/** Each provider's own name for what proves its reasoning. */
function proofOf(
  api: Api,
  { signature, redacted }: { readonly signature?: string; readonly redacted?: string },
): SharedV3ProviderOptions {
  if (api === 'anthropic-messages')
    return { anthropic: signature === undefined ? { redactedData: redacted! } : { signature } }
  if (api === 'bedrock-converse')
    return { bedrock: signature === undefined ? { redactedContent: redacted! } : { signature } }
  if (api === 'openai-responses') return { openai: { itemId: 'rs_1', reasoningEncryptedContent: redacted! } }
  return {}
}
