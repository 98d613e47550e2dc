import { BraidError, type Message, type ModelRequest, toMessage } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import { providerNames } from '../catalogue/provider.ts'
import type { ModelOptions } from '../options.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { bedrockConverse } from './bedrock-converse.ts'
import { named } from './call-ids.ts'
import { cohere } from './cohere.ts'
import type { Encoder } from './encoder.ts'
import { gemini } from './gemini.ts'
import { type Body, merge } from './merge.ts'
import { ollama } from './ollama.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import { checkOutputMode, instructed, wantedOf } from './output.ts'
import { optionsOf } from './parameters.ts'
import { settled } from './settle.ts'
import { told } from './told.ts'
import { offers, toolboxOf } from './tools.ts'
import { turnsOf } from './turn.ts'

const ENCODERS: Readonly<Record<NonNullable<ManifestData['payload_format']>, Encoder>> = {
  openai_style: openaiChat,
  openai_responses_style: openaiResponses,
  anthropic_style: anthropicMessages,
  gemini_style: gemini,
  bedrock_converse_style: bedrockConverse,
  cohere_style: cohere,
  ollama_style: ollama,
}

/** Everything of a body but the messages. Throws for an option that the provider does not take, and for one whose requests Braid cannot write. */
export function parametersOf(data: ManifestData, model: string, options: ModelOptions): Body {
  encoderOf(data)
  checkOutputMode(data, options.outputMode)
  const body: Body = data.endpoint.chat.includes('{model}') ? {} : { model }
  merge(body, optionsOf(data, model, options))
  merge(body, data.request.body)
  if (options.stream !== false) merge(body, data.request.stream_body)
  return body
}

/** The whole of it. Throws `invalid_request` or `unsupported_parameter`, saying of what, for what cannot be sent. */
export function bodyOf(
  data: ManifestData,
  model: string,
  parameters: Body,
  request: ModelRequest,
  options: ModelOptions,
): Body {
  const encoder = encoderOf(data)
  const toolbox = toolboxOf(request, data, options.unsupported)
  const withTools = toolbox.tools.length > 0
  const wanted = wantedOf(request.output, { data, model, withTools, mode: options.outputMode })
  const all = named(settled(turnsOf(request.messages.map(toMessage), data)), data)
  const turns = offers(toolbox, data) ? all : told(all)
  const body: Body = {}
  merge(body, parameters)
  Object.assign(body, encoder.messages(instructed(turns, wanted.prompt), { data, model, cache: options.cache }))
  merge(body, encoder.tools(toolbox, data))
  merge(body, wanted.body)
  merge(body, options.providerOptions ?? {})
  return body
}

/** What of a body are its messages, and its system text where that is apart. */
export function conversationOf(data: ManifestData, model: string, messages: readonly Message[]): Readonly<Body> {
  const turns = messages.length === 0 ? [] : named(settled(turnsOf(messages, data)), data)
  return encoderOf(data).messages(turns, { data, model, cache: undefined })
}

function encoderOf(data: ManifestData): Encoder {
  if (data.payload_format !== undefined) return ENCODERS[data.payload_format]
  throw new BraidError(
    'invalid_request',
    `expected a provider whose requests Braid can write; got ${data.id}, whose streams it can only read. It can call ${providerNames().join(', ')}. Set the manifest's \`payload_format\`, or make the request yourself and read its answer with a StreamProcessor`,
  )
}
