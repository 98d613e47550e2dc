import type { ManifestSource } from '../manifest-data.ts'
import { cohereErrors, cohereReasons } from './cohere-v2.ts'

/**
 * Cohere's Chat, version 1: lines of JSON, each with its `event_type`. Calls have a number and no id, and are said again whole
 * when all of them are known.
 *
 * Source: docs.cohere.com/v1/docs/streaming and docs.cohere.com/v1/reference/chat-stream
 */
export const cohereV1 = {
  id: 'cohere-v1',
  name: 'Cohere Chat v1',
  endpoint: { base_url: 'https://api.cohere.com/v1', base_url_env: ['COHERE_V1_BASE_URL'], chat: '/chat' },
  auth: { type: 'bearer', token_env: 'COHERE_API_KEY' },
  parameters: {
    temperature: { path: 'temperature' },
    topP: { path: 'p' },
    maxTokens: { path: 'max_tokens' },
    stop: { path: 'stop_sequences' },
    seed: { path: 'seed' },
  },
  request: { stream_body: { stream: true } },
  error_classification: { ...cohereErrors, by_error_code: { ERROR: 'server_error' } },
  termination: { mapping: cohereReasons },
  usage: {
    input: ['$.tokens.input_tokens', '$.billed_units.input_tokens'],
    output: ['$.tokens.output_tokens', '$.billed_units.output_tokens'],
    cached: '$.cached_tokens',
  },
  streaming: {
    decoder: { format: 'cohere_native' },
    event_map: [
      { match: "$.event_type == 'stream-start'", emit: 'MessageStart', fields: { id: '$.generation_id' } },
      { match: "$.event_type == 'text-generation'", emit: 'PartialContentDelta', fields: { content: '$.text' } },
      {
        match: "$.event_type == 'tool-calls-chunk' && exists($.tool_call_delta)",
        emit: 'PartialToolCall',
        fields: {
          index: '$.tool_call_delta.index',
          tool_name: '$.tool_call_delta.name',
          arguments: '$.tool_call_delta.parameters',
        },
      },
      {
        match: "$.event_type == 'tool-calls-chunk' && !exists($.tool_call_delta)",
        emit: 'Raw',
        fields: { tool_plan: '$.text' },
      },
      {
        match: "$.event_type == 'tool-calls-generation' && exists($.tool_calls[*])",
        emit: 'PartialToolCall',
        fields: {
          index: '$.tool_calls[*]#',
          tool_name: '$.tool_calls[*].name',
          arguments_so_far: '$.tool_calls[*].parameters',
        },
      },
      {
        match: "$.event_type == 'search-results' && exists($.documents[*])",
        emit: 'Source',
        fields: { url: '$.documents[*].url', title: ['$.documents[*].title', '$.documents[*].id'] },
      },
      {
        match: "$.event_type == 'stream-end'",
        emit: 'Metadata',
        fields: {
          usage: {
            billed_units: '$.response.meta.billed_units',
            tokens: '$.response.meta.tokens',
            cached_tokens: '$.response.meta.cached_tokens',
          },
        },
      },
      { match: "$.event_type == 'stream-end' && exists($.error)", emit: 'StreamError', fields: { error: '$.error' } },
      {
        match: "$.event_type == 'stream-end'",
        emit: 'FinalCandidate',
        fields: { finish_reason: '$.finish_reason' },
      },
      { match: "$.event_type == 'stream-end'", emit: 'StreamEnd' },
      { match: '!exists($.event_type) && exists($.message)', emit: 'StreamError', fields: { error: '$.message' } },
    ],
    completion: 'stop_event',
  },
  response: {
    event_map: [
      { match: 'exists($.text)', emit: 'MessageStart', fields: { id: '$.generation_id' } },
      { match: 'exists($.text)', emit: 'PartialContentDelta', fields: { content: '$.text' } },
      {
        match: 'exists($.tool_calls[*])',
        emit: 'PartialToolCall',
        fields: { tool_name: '$.tool_calls[*].name', arguments: '$.tool_calls[*].parameters' },
      },
      {
        match: 'exists($.meta)',
        emit: 'Metadata',
        fields: { usage: { billed_units: '$.meta.billed_units', tokens: '$.meta.tokens' } },
      },
      { match: 'exists($.finish_reason)', emit: 'FinalCandidate', fields: { finish_reason: '$.finish_reason' } },
    ],
  },
} satisfies ManifestSource
