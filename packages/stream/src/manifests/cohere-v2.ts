import type { ManifestSource } from '../manifest-data.ts'

const SAID = '$.delta.message'
const MESSAGE = '$.message'

export const cohereReasons = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  ERROR_LIMIT: 'length',
  TOOL_CALL: 'tool-calls',
  ERROR_TOXIC: 'content-filter',
  ERROR: 'error',
  TIMEOUT: 'error',
  USER_CANCEL: 'other',
} as const satisfies ManifestSource['termination']['mapping']

export const cohereErrors = {
  by_http_status: {
    400: 'invalid_request',
    401: 'authentication',
    402: 'quota_exhausted',
    403: 'permission_denied',
    404: 'not_found',
    413: 'request_too_large',
    422: 'invalid_request',
    429: 'rate_limited',
    498: 'invalid_request',
    499: 'cancelled',
    500: 'server_error',
    501: 'invalid_request',
    503: 'overloaded',
    504: 'timeout',
  },
  by_message: { 'too many tokens': 'context_too_long' },
  paths: {
    code: ['$.delta.finish_reason', '$.finish_reason'],
    message: ['$.delta.error', '$.message', '$.error'],
  },
} satisfies ManifestSource['error_classification']

/** Cohere's Chat, version 2. Source: docs.cohere.com/v2/docs/streaming and docs.cohere.com/reference/chat-stream. */
export const cohereV2 = {
  id: 'cohere-v2',
  name: 'Cohere Chat',
  payload_format: 'cohere_style',
  endpoint: { base_url: 'https://api.cohere.com/v2', base_url_env: ['COHERE_BASE_URL'], chat: '/chat' },
  auth: { type: 'bearer', token_env: 'COHERE_API_KEY' },
  parameters: {
    temperature: { path: 'temperature' },
    topP: { path: 'p' },
    maxTokens: { path: 'max_tokens' },
    stop: { path: 'stop_sequences' },
    seed: { path: 'seed' },
    topK: { path: 'k', min: 0, max: 500 },
    frequencyPenalty: { path: 'frequency_penalty', min: 0, max: 1 },
    presencePenalty: { path: 'presence_penalty', min: 0, max: 1 },
  },
  features: { multi_candidate: { support_type: 'simulated', max_concurrent: 4 } },
  // docs.cohere.com/docs/reasoning
  reasoning: [
    {
      models: 'reasoning',
      efforts: {
        none: { thinking: { type: 'disabled' } },
        low: { thinking: { type: 'enabled', token_budget: 1_024 } },
        medium: { thinking: { type: 'enabled', token_budget: 4_096 } },
        high: { thinking: { type: 'enabled' } },
      },
    },
  ],
  // docs.cohere.com/v2/docs/structured-outputs: not together with tools.
  structured_output: {
    mode: 'json_schema',
    body: { response_format: { type: 'json_object', json_schema: '{schema}' } },
    models_with_tools: '(?!)',
  },
  request: { stream_body: { stream: true } },
  error_classification: { ...cohereErrors, by_error_code: { ERROR: 'server_error', TIMEOUT: 'timeout' } },
  termination: { mapping: cohereReasons },
  usage: {
    input: ['$.tokens.input_tokens', '$.billed_units.input_tokens'],
    output: ['$.tokens.output_tokens', '$.billed_units.output_tokens'],
    cached: '$.cached_tokens',
    reasoning: '$.tokens.reasoning_tokens',
  },
  streaming: {
    decoder: { format: 'sse', done_signal: '[DONE]' },
    event_map: [
      { match: "$.type == 'message-start'", emit: 'MessageStart', fields: { id: '$.id' } },
      {
        match: `$.type in ['content-start', 'content-delta'] && exists(${SAID}.content.text)`,
        emit: 'PartialContentDelta',
        fields: { content: `${SAID}.content.text`, index: '$.index' },
      },
      {
        match: `$.type in ['content-start', 'content-delta'] && exists(${SAID}.content.thinking)`,
        emit: 'ThinkingDelta',
        fields: { thinking: `${SAID}.content.thinking`, index: '$.index' },
      },
      { match: "$.type == 'content-end'", emit: 'ToolCallEnded', fields: { index: '$.index' } },
      // What it means to do with its tools: neither an answer nor reasoning that is sent back, so it stays Cohere's own.
      { match: "$.type == 'tool-plan-delta'", emit: 'Raw', fields: { tool_plan: `${SAID}.tool_plan` } },
      {
        match: "$.type == 'tool-call-start'",
        emit: 'ToolCallStarted',
        fields: {
          index: '$.index',
          tool_call_id: `${SAID}.tool_calls.id`,
          tool_name: `${SAID}.tool_calls.function.name`,
          arguments: `${SAID}.tool_calls.function.arguments`,
        },
      },
      {
        match: "$.type == 'tool-call-delta'",
        emit: 'PartialToolCall',
        fields: { index: '$.index', arguments: `${SAID}.tool_calls.function.arguments` },
      },
      { match: "$.type == 'tool-call-end'", emit: 'ToolCallEnded', fields: { index: '$.index' } },
      {
        match: `$.type == 'citation-start' && exists(${SAID}.citations.sources[*])`,
        emit: 'Source',
        fields: {
          url: `${SAID}.citations.sources[*].document.url`,
          title: [`${SAID}.citations.sources[*].document.title`, `${SAID}.citations.sources[*].id`],
        },
      },
      { match: "$.type in ['citation-start', 'citation-end', 'debug']", emit: 'Ping' },
      { match: "$.type == 'message-end'", emit: 'Metadata', fields: { usage: '$.delta.usage' } },
      { match: "$.type == 'message-end' && exists($.delta.error)", emit: 'StreamError', fields: { error: '$.delta' } },
      {
        match: "$.type == 'message-end'",
        emit: 'FinalCandidate',
        fields: { finish_reason: '$.delta.finish_reason' },
      },
      { match: "$.type == 'message-end'", emit: 'StreamEnd' },
    ],
    completion: 'stop_event',
  },
  response: {
    event_map: [
      { match: 'exists($.message.role)', emit: 'MessageStart', fields: { id: '$.id' } },
      {
        match: `exists(${MESSAGE}.content[*].thinking)`,
        emit: 'ThinkingDelta',
        fields: { thinking: `${MESSAGE}.content[*].thinking`, index: `${MESSAGE}.content[*]#` },
      },
      {
        match: `exists(${MESSAGE}.content[*].text)`,
        emit: 'PartialContentDelta',
        fields: { content: `${MESSAGE}.content[*].text`, index: `${MESSAGE}.content[*]#` },
      },
      {
        match: `exists(${MESSAGE}.tool_calls[*])`,
        emit: 'PartialToolCall',
        fields: {
          tool_call_id: `${MESSAGE}.tool_calls[*].id`,
          tool_name: `${MESSAGE}.tool_calls[*].function.name`,
          arguments: `${MESSAGE}.tool_calls[*].function.arguments`,
        },
      },
      { match: 'exists($.usage)', emit: 'Metadata', fields: { usage: '$.usage' } },
      { match: 'exists($.finish_reason)', emit: 'FinalCandidate', fields: { finish_reason: '$.finish_reason' } },
    ],
  },
} satisfies ManifestSource
