import type { ManifestSource, RuleSource } from '../manifest-data.ts'

/**
 * The rules of one candidate, whose words are in `delta` while it streams and in `message` when it is whole.
 * Source: platform.openai.com/docs/api-reference/chat-streaming, and what its many imitators add.
 */
function rules(said: string): RuleSource[] {
  return [
    { match: 'exists($.choices[*])', emit: 'MessageStart', fields: { id: '$.id', model: '$.model' } },
    // DeepSeek, xAI, vLLM and others say `reasoning_content`; OpenRouter, Groq and Ollama say `reasoning`.
    {
      match: `exists(${said}.reasoning_content) || exists(${said}.reasoning)`,
      emit: 'ThinkingDelta',
      fields: { thinking: [`${said}.reasoning_content`, `${said}.reasoning`] },
    },
    // OpenRouter repeats in the details what it says in `reasoning`, Snowflake says it in the details alone.
    {
      match: `exists(${said}.reasoning_details[*]) && !${said}.reasoning && !${said}.reasoning_content`,
      emit: 'ThinkingDelta',
      fields: {
        thinking: [`${said}.reasoning_details[*].text`, `${said}.reasoning_details[*].summary`],
        signature: `${said}.reasoning_details[*].signature`,
        redacted: `${said}.reasoning_details[*].data`,
      },
    },
    {
      match: `exists(${said}.content)`,
      emit: 'PartialContentDelta',
      fields: { content: `${said}.content`, logprobs: '$.choices[*].logprobs' },
    },
    // Mistral's reasoning models send content as a list of parts.
    {
      match: `${said}.content[*].type == 'text'`,
      emit: 'PartialContentDelta',
      fields: { content: `${said}.content[*].text` },
    },
    {
      match: `exists(${said}.content[*].thinking[*].text)`,
      emit: 'ThinkingDelta',
      fields: { thinking: `${said}.content[*].thinking[*].text` },
    },
    {
      match: `${said}.refusal`,
      emit: 'RefusalDelta',
      fields: { refusal: `${said}.refusal`, logprobs: '$.choices[*].logprobs' },
    },
    {
      match: `exists(${said}.tool_calls[*])`,
      emit: 'PartialToolCall',
      fields: {
        index: `${said}.tool_calls[*].index`,
        tool_call_id: `${said}.tool_calls[*].id`,
        tool_name: `${said}.tool_calls[*].function.name`,
        arguments: `${said}.tool_calls[*].function.arguments`,
        // Gemini's, behind Google's door of this kind: https://ai.google.dev/gemini-api/docs/openai
        signature: `${said}.tool_calls[*].extra_content.google.thought_signature`,
      },
    },
    // What `tool_calls` replaced in 2023: one call, without a number and without an id.
    {
      match: `exists(${said}.function_call)`,
      emit: 'PartialToolCall',
      fields: { tool_name: `${said}.function_call.name`, arguments: `${said}.function_call.arguments` },
    },
    {
      match: `${said}.annotations[*].type == 'url_citation'`,
      emit: 'Source',
      fields: {
        url: `${said}.annotations[*].url_citation.url`,
        title: `${said}.annotations[*].url_citation.title`,
      },
    },
    {
      match: `exists(${said}.images[*].image_url.url)`,
      emit: 'File',
      fields: { url: `${said}.images[*].image_url.url` },
    },
    {
      match: '$.choices[*].finish_reason',
      emit: 'FinalCandidate',
      fields: {
        finish_reason: '$.choices[*].finish_reason',
        native_finish_reason: '$.choices[*].native_finish_reason',
      },
    },
    // Perplexity repeats its sources in every frame.
    {
      match: 'exists($.search_results[*].url)',
      emit: 'Source',
      fields: { url: '$.search_results[*].url', title: '$.search_results[*].title' },
    },
    { match: 'exists($.citations[*])', emit: 'Source', fields: { url: '$.citations[*]' } },
    // Groq's place is `x_groq.usage`.
    {
      match: 'exists($.usage) || exists($.x_groq.usage)',
      emit: 'Metadata',
      fields: { usage: ['$.usage', '$.x_groq.usage'] },
    },
    // Last, so that what else is in its frame is not lost.
    { match: "exists($.error) || $.type == 'error'", emit: 'StreamError', fields: { error: '$.error' } },
  ]
}

/** Those that think first, by name, also behind a door of another's (`openai/gpt-5`). Which words of effort each one has is its own. */
export const OPENAI_REASONING = '(?:^|/)(?:o\\d|gpt-(?:[5-9]|\\d\\d)(?!\\S*-chat))'
/** The first of them refuse what says how tokens are chosen: https://platform.openai.com/docs/guides/reasoning */
export const OPENAI_SAMPLED = '^(?!(?:\\S*/)?(?:o\\d|gpt-5(?:-(?!chat)|$)))'

/** OpenAI Chat Completions, and whoever speaks it. */
export const openaiChat = {
  id: 'openai-chat',
  name: 'OpenAI Chat Completions',
  payload_format: 'openai_style',
  endpoint: {
    base_url: 'https://api.openai.com/v1',
    base_url_env: ['OPENAI_BASE_URL'],
    chat: '/chat/completions',
  },
  auth: { type: 'bearer', token_env: 'OPENAI_API_KEY' },
  parameters: {
    temperature: { path: 'temperature', models: OPENAI_SAMPLED },
    topP: { path: 'top_p', models: OPENAI_SAMPLED },
    maxTokens: { path: 'max_completion_tokens' },
    stop: { path: 'stop' },
    seed: { path: 'seed' },
    frequencyPenalty: { path: 'frequency_penalty', min: -2, max: 2, models: OPENAI_SAMPLED },
    presencePenalty: { path: 'presence_penalty', min: -2, max: 2, models: OPENAI_SAMPLED },
    logprobs: { path: 'top_logprobs', min: 0, max: 20, beside: { logprobs: true }, models: OPENAI_SAMPLED },
    n: { path: 'n' },
  },
  reasoning: [
    {
      models: OPENAI_REASONING,
      efforts: {
        none: { reasoning_effort: 'none' },
        minimal: { reasoning_effort: 'minimal' },
        low: { reasoning_effort: 'low' },
        medium: { reasoning_effort: 'medium' },
        high: { reasoning_effort: 'high' },
        xhigh: { reasoning_effort: 'xhigh' },
      },
    },
  ],
  request: { stream_body: { stream: true, stream_options: { include_usage: true } } },
  tools: { strict: true, call_ids: { pattern: '^.{1,40}$', length: 24 } },
  structured_output: {
    mode: 'json_schema',
    body: {
      response_format: {
        type: 'json_schema',
        json_schema: { name: '{name}', schema: '{schema}', strict: '{strict}' },
      },
    },
    // What came before it: https://platform.openai.com/docs/guides/structured-outputs#supported-models
    models: '^(?!gpt-3\\.5|gpt-4(?!o|\\.1|\\.5)|gpt-4o-2024-05-13|chatgpt-|o1-(?:mini|preview))',
  },
  // https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
  rate_limit_headers: {
    requests_limit: 'x-ratelimit-limit-requests',
    requests_remaining: 'x-ratelimit-remaining-requests',
    requests_reset: 'x-ratelimit-reset-requests',
    tokens_limit: 'x-ratelimit-limit-tokens',
    tokens_remaining: 'x-ratelimit-remaining-tokens',
    tokens_reset: 'x-ratelimit-reset-tokens',
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
      422: 'invalid_request',
      429: 'rate_limited',
      499: 'cancelled',
      500: 'server_error',
      502: 'server_error',
      503: 'overloaded',
      504: 'timeout',
    },
    by_error_code: {
      invalid_request_error: 'invalid_request',
      tool_use_failed: 'invalid_request',
      invalid_api_key: 'authentication',
      authentication_error: 'authentication',
      permission_error: 'permission_denied',
      model_not_found: 'not_found',
      not_found_error: 'not_found',
      context_length_exceeded: 'context_too_long',
      rate_limit_exceeded: 'rate_limited',
      rate_limit_error: 'rate_limited',
      insufficient_quota: 'quota_exhausted',
      billing_hard_limit_reached: 'quota_exhausted',
      server_error: 'server_error',
      internal_error: 'server_error',
      api_error: 'server_error',
      overloaded_error: 'overloaded',
      engine_overloaded: 'overloaded',
      service_unavailable: 'overloaded',
      timeout: 'timeout',
    },
    // OpenAI's words, and then those of xAI, Moonshot, Z.AI, Alibaba and TGI.
    by_message: {
      'maximum context length': 'context_too_long',
      'context window': 'context_too_long',
      'maximum prompt length': 'context_too_long',
      'exceeded model token limit': 'context_too_long',
      'prompt exceeds max length': 'context_too_long',
      'range of input length': 'context_too_long',
      '`inputs` tokens': 'context_too_long',
    },
    paths: {
      code: ['$.error.code', '$.error.type', '$.code', '$.type', '$.error.status_code'],
      message: ['$.error.message', '$.message', '$.error'],
    },
  },
  termination: {
    mapping: {
      stop: 'stop',
      eos: 'stop',
      end_turn: 'stop',
      length: 'length',
      max_tokens: 'length',
      model_length: 'length',
      tool_calls: 'tool-calls',
      function_call: 'tool-calls',
      content_filter: 'content-filter',
      error: 'error',
    },
  },
  usage: {
    input: '$.prompt_tokens',
    output: '$.completion_tokens',
    total: '$.total_tokens',
    cached: ['$.prompt_tokens_details.cached_tokens', '$.prompt_cache_hit_tokens'],
    cache_write: '$.prompt_tokens_details.cache_write_tokens',
    reasoning: ['$.completion_tokens_details.reasoning_tokens', '$.reasoning_tokens'],
  },
  streaming: {
    decoder: { format: 'openai_sse', done_signal: '[DONE]' },
    frame_selector: "exists($.choices) || exists($.error) || exists($.usage) || $.type == 'error'",
    candidate: { candidate_id_path: '$.choices[*].index' },
    event_map: rules('$.choices[*].delta'),
    completion: 'finish_reason',
  },
  response: { event_map: rules('$.choices[*].message') },
} satisfies ManifestSource
