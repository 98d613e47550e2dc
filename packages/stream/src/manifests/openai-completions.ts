import type { ManifestSource, RuleSource } from '../manifest-data.ts'
import { openaiChat } from './openai-chat.ts'

const event_map: RuleSource[] = [
  { match: 'exists($.choices[*])', emit: 'MessageStart', fields: { id: '$.id', model: '$.model' } },
  {
    match: 'exists($.choices[*].text)',
    emit: 'PartialContentDelta',
    fields: { content: '$.choices[*].text', logprobs: '$.choices[*].logprobs' },
  },
  {
    match: '$.choices[*].finish_reason',
    emit: 'FinalCandidate',
    fields: { finish_reason: '$.choices[*].finish_reason' },
  },
  { match: 'exists($.usage)', emit: 'Metadata', fields: { usage: '$.usage' } },
  { match: "exists($.error) || $.type == 'error'", emit: 'StreamError' },
]

/**
 * OpenAI's older Completions: a prompt goes on as text. A plain answer has the shape of a frame.
 * Source: platform.openai.com/docs/api-reference/completions
 */
export const openaiCompletions = {
  id: 'openai-completions',
  name: 'OpenAI Completions',
  endpoint: { ...openaiChat.endpoint, chat: '/completions' },
  auth: openaiChat.auth,
  parameters: { ...openaiChat.parameters, maxTokens: { path: 'max_tokens' } },
  request: openaiChat.request,
  error_classification: openaiChat.error_classification,
  termination: openaiChat.termination,
  usage: openaiChat.usage,
  streaming: {
    decoder: openaiChat.streaming.decoder,
    candidate: openaiChat.streaming.candidate,
    frame_selector: openaiChat.streaming.frame_selector,
    event_map,
    completion: 'finish_reason',
  },
} satisfies ManifestSource
