import type { ManifestSource } from '../manifest-data.ts'

/** Those since Claude Opus 4.7 refuse what says how tokens are chosen. */
const SAMPLED = '^(?!.*claude-(?:opus-4-[78]|[a-z]+-[5-9]))'

function adaptive(effort: string) {
  return { thinking: { type: 'adaptive' }, output_config: { effort } }
}
const ADAPTIVE = { low: adaptive('low'), medium: adaptive('medium'), high: adaptive('high') }

/** What it thinks counts as what it says: the usual limit is beside the budget, where none was given. */
function budget(budget_tokens: number) {
  return { thinking: { type: 'enabled', budget_tokens }, max_tokens: budget_tokens + 4_096 }
}

/** Anthropic Messages. Source: docs.anthropic.com/en/docs/build-with-claude/streaming. */
export const anthropicMessages = {
  id: 'anthropic-messages',
  name: 'Anthropic Messages',
  payload_format: 'anthropic_style',
  endpoint: {
    // The version is in the path: ANTHROPIC_BASE_URL, as Anthropic's own SDKs read it, has none.
    base_url: 'https://api.anthropic.com',
    base_url_env: ['ANTHROPIC_BASE_URL'],
    chat: '/v1/messages',
  },
  auth: { type: 'custom_header', header: 'x-api-key', token_env: 'ANTHROPIC_API_KEY' },
  parameters: {
    temperature: { path: 'temperature', min: 0, max: 1, models: SAMPLED },
    topP: { path: 'top_p', models: SAMPLED },
    topK: { path: 'top_k', models: SAMPLED },
    maxTokens: { path: 'max_tokens', default: 4096 },
    stop: { path: 'stop_sequences' },
  },
  // https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking, and extended-thinking for the models before it
  reasoning: [
    { models: 'claude-(?:(?:sonnet|opus)-5-5|fable|mythos)', efforts: { ...ADAPTIVE, xhigh: adaptive('xhigh') } },
    {
      models: 'claude-(?:opus-4-[78]|\\w+-[5-9])',
      efforts: { none: { thinking: { type: 'disabled' } }, ...ADAPTIVE, xhigh: adaptive('xhigh') },
    },
    { models: 'claude-\\w+-4-6', efforts: { none: { thinking: { type: 'disabled' } }, ...ADAPTIVE } },
    {
      models: 'claude-(?:3-7|\\w+-4)',
      efforts: {
        none: { thinking: { type: 'disabled' } },
        low: budget(1_024),
        medium: budget(4_096),
        high: budget(16_384),
      },
    },
  ],
  cache_marks: true,
  features: { multi_candidate: { support_type: 'simulated', max_concurrent: 4 } },
  request: { headers: { 'anthropic-version': '2023-06-01' }, stream_body: { stream: true } },
  tools: { call_ids: { pattern: '^[a-zA-Z0-9_-]{1,64}$', length: 24 } },
  structured_output: {
    mode: 'json_schema',
    body: { output_config: { format: { type: 'json_schema', schema: '{schema}' } } },
    // Those before Claude 4.5 do not have it: https://platform.claude.com/docs/en/build-with-claude/structured-outputs
    models: '^(?!claude-(?:[1-3]|instant|(?:opus|sonnet|haiku)-4(?:-[0-4](?!\\d)|-20\\d{6}|@|$)))',
  },
  // https://platform.claude.com/docs/en/api/rate-limits#response-headers
  rate_limit_headers: {
    requests_limit: 'anthropic-ratelimit-requests-limit',
    requests_remaining: 'anthropic-ratelimit-requests-remaining',
    requests_reset: 'anthropic-ratelimit-requests-reset',
    tokens_limit: 'anthropic-ratelimit-tokens-limit',
    tokens_remaining: 'anthropic-ratelimit-tokens-remaining',
    tokens_reset: 'anthropic-ratelimit-tokens-reset',
  },
  error_classification: {
    by_http_status: {
      400: 'invalid_request',
      401: 'authentication',
      402: 'quota_exhausted',
      403: 'permission_denied',
      404: 'not_found',
      408: 'timeout',
      409: 'conflict',
      413: 'request_too_large',
      429: 'rate_limited',
      500: 'server_error',
      502: 'server_error',
      503: 'overloaded',
      504: 'timeout',
      529: 'overloaded',
    },
    by_error_code: {
      invalid_request_error: 'invalid_request',
      authentication_error: 'authentication',
      billing_error: 'quota_exhausted',
      permission_error: 'permission_denied',
      not_found_error: 'not_found',
      request_too_large: 'request_too_large',
      rate_limit_error: 'rate_limited',
      timeout_error: 'timeout',
      api_error: 'server_error',
      overloaded_error: 'overloaded',
    },
    by_message: { 'prompt is too long': 'context_too_long', 'exceed context limit': 'context_too_long' },
    paths: { code: ['$.error.type', '$.type'], message: ['$.error.message', '$.message'] },
  },
  termination: {
    mapping: {
      end_turn: 'stop',
      stop_sequence: 'stop',
      max_tokens: 'length',
      model_context_window_exceeded: 'length',
      tool_use: 'tool-calls',
      refusal: 'content-filter',
      pause_turn: 'other',
    },
  },
  usage: {
    input: '$.input_tokens',
    output: '$.output_tokens',
    cached: '$.cache_read_input_tokens',
    cache_write: '$.cache_creation_input_tokens',
    cached_beside: true,
    reasoning: '$.output_tokens_details.thinking_tokens',
    merge: 'overlay',
  },
  streaming: {
    decoder: { format: 'anthropic_sse' },
    event_map: [
      {
        match: "$.type == 'message_start'",
        emit: 'MessageStart',
        fields: { id: '$.message.id', model: '$.message.model' },
      },
      {
        match: "$.type == 'message_start' && exists($.message.usage)",
        emit: 'Metadata',
        fields: { usage: '$.message.usage' },
      },
      {
        match: "$.type == 'content_block_delta' && $.delta.type == 'text_delta'",
        emit: 'PartialContentDelta',
        fields: { content: '$.delta.text', index: '$.index' },
      },
      {
        match: "$.type == 'content_block_delta' && $.delta.type == 'thinking_delta'",
        emit: 'ThinkingDelta',
        fields: { thinking: '$.delta.thinking', index: '$.index' },
      },
      {
        match: "$.type == 'content_block_delta' && $.delta.type == 'signature_delta'",
        emit: 'ThinkingDelta',
        fields: { signature: '$.delta.signature', index: '$.index' },
      },
      {
        match: "$.type == 'content_block_delta' && $.delta.type == 'input_json_delta'",
        emit: 'PartialToolCall',
        fields: { arguments: '$.delta.partial_json', index: '$.index' },
      },
      {
        match: "$.type == 'content_block_delta' && $.delta.type == 'citations_delta'",
        emit: 'Source',
        fields: {
          url: ['$.delta.citation.url', '$.delta.citation.source'],
          title: ['$.delta.citation.title', '$.delta.citation.document_title'],
        },
      },
      {
        match: "$.type == 'content_block_start' && $.content_block.type == 'text'",
        emit: 'PartialContentDelta',
        fields: { content: '$.content_block.text', index: '$.index' },
      },
      {
        match: "$.type == 'content_block_start' && $.content_block.type == 'thinking'",
        emit: 'ThinkingDelta',
        fields: {
          thinking: '$.content_block.thinking',
          signature: '$.content_block.signature',
          index: '$.index',
        },
      },
      {
        match: "$.type == 'content_block_start' && $.content_block.type == 'redacted_thinking'",
        emit: 'ThinkingDelta',
        fields: { redacted: '$.content_block.data', index: '$.index' },
      },
      {
        match: "$.type == 'content_block_start' && $.content_block.type == 'tool_use'",
        emit: 'ToolCallStarted',
        fields: {
          index: '$.index',
          tool_call_id: '$.content_block.id',
          tool_name: '$.content_block.name',
          arguments: '$.content_block.input',
        },
      },
      {
        match: "$.type == 'content_block_start' && $.content_block.type in ['server_tool_use', 'mcp_tool_use']",
        emit: 'ToolCallStarted',
        fields: {
          index: '$.index',
          tool_call_id: '$.content_block.id',
          tool_name: '$.content_block.name',
          arguments: '$.content_block.input',
          provider_executed: true,
        },
      },
      { match: "$.type == 'content_block_stop'", emit: 'ToolCallEnded', fields: { index: '$.index' } },
      {
        match: "$.type == 'message_delta' && exists($.usage)",
        emit: 'Metadata',
        fields: { usage: '$.usage' },
      },
      {
        match: "$.type == 'message_delta' && exists($.delta.stop_reason)",
        emit: 'FinalCandidate',
        fields: {
          finish_reason: '$.delta.stop_reason',
          stop_sequence: '$.delta.stop_sequence',
          stop_details: '$.delta.stop_details',
        },
      },
      { match: "$.type == 'message_stop'", emit: 'StreamEnd' },
      { match: "$.type == 'ping'", emit: 'Ping' },
      { match: "$.type == 'error'", emit: 'StreamError', fields: { error: '$.error' } },
    ],
    completion: 'stop_event',
  },
  response: {
    event_map: [
      { match: "$.type == 'message'", emit: 'MessageStart', fields: { id: '$.id', model: '$.model' } },
      {
        match: "$.content[*].type == 'text'",
        emit: 'PartialContentDelta',
        fields: { content: '$.content[*].text', index: '$.content[*]#' },
      },
      {
        match: "$.content[*].type in ['thinking', 'redacted_thinking']",
        emit: 'ThinkingDelta',
        fields: {
          thinking: '$.content[*].thinking',
          signature: '$.content[*].signature',
          redacted: '$.content[*].data',
          index: '$.content[*]#',
        },
      },
      {
        match: "$.content[*].type == 'tool_use'",
        emit: 'PartialToolCall',
        fields: {
          index: '$.content[*]#',
          tool_call_id: '$.content[*].id',
          tool_name: '$.content[*].name',
          arguments: '$.content[*].input',
        },
      },
      {
        match: "$.content[*].type in ['server_tool_use', 'mcp_tool_use']",
        emit: 'PartialToolCall',
        fields: {
          index: '$.content[*]#',
          tool_call_id: '$.content[*].id',
          tool_name: '$.content[*].name',
          arguments: '$.content[*].input',
          provider_executed: true,
        },
      },
      {
        match: 'exists($.content[*].citations[*])',
        emit: 'Source',
        fields: {
          url: ['$.content[*].citations[*].url', '$.content[*].citations[*].source'],
          title: ['$.content[*].citations[*].title', '$.content[*].citations[*].document_title'],
        },
      },
      { match: 'exists($.usage)', emit: 'Metadata', fields: { usage: '$.usage' } },
      {
        match: 'exists($.stop_reason)',
        emit: 'FinalCandidate',
        fields: { finish_reason: '$.stop_reason', stop_sequence: '$.stop_sequence', stop_details: '$.stop_details' },
      },
      { match: "$.type == 'error'", emit: 'StreamError', fields: { error: '$.error' } },
    ],
  },
} satisfies ManifestSource
