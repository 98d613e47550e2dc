import type { ManifestSource, RuleSource } from '../manifest-data.ts'

/** A plain answer has the shape of the last line. */
const RULES: RuleSource[] = [
  { match: 'exists($.model)', emit: 'MessageStart', fields: { model: '$.model' } },
  {
    match: 'exists($.message.thinking) || exists($.thinking)',
    emit: 'ThinkingDelta',
    fields: { thinking: ['$.message.thinking', '$.thinking'] },
  },
  {
    match: 'exists($.message.content) || exists($.response)',
    emit: 'PartialContentDelta',
    fields: { content: ['$.message.content', '$.response'] },
  },
  {
    match: 'exists($.message.tool_calls[*])',
    emit: 'PartialToolCall',
    fields: {
      tool_call_id: '$.message.tool_calls[*].id',
      tool_name: '$.message.tool_calls[*].function.name',
      arguments: '$.message.tool_calls[*].function.arguments',
    },
  },
  {
    match: '$.done == true',
    emit: 'Metadata',
    fields: {
      usage: {
        prompt_eval_count: '$.prompt_eval_count',
        eval_count: '$.eval_count',
        total_duration: '$.total_duration',
        load_duration: '$.load_duration',
        prompt_eval_duration: '$.prompt_eval_duration',
        eval_duration: '$.eval_duration',
      },
    },
  },
  { match: '$.done == true', emit: 'FinalCandidate', fields: { finish_reason: '$.done_reason' } },
  { match: '$.done == true', emit: 'StreamEnd' },
  { match: 'exists($.error)', emit: 'StreamError', fields: { error: '$.error' } },
]

/** Ollama's own protocol, chat and generate. Source: docs.ollama.com/api/chat, docs.ollama.com/api/streaming. */
export const ollama = {
  id: 'ollama-native',
  name: 'Ollama',
  payload_format: 'ollama_style',
  endpoint: { base_url: 'http://localhost:11434', base_url_env: ['OLLAMA_HOST'], chat: '/api/chat' },
  auth: { type: 'none' },
  parameters: {
    temperature: { path: 'options.temperature' },
    topP: { path: 'options.top_p' },
    maxTokens: { path: 'options.num_predict' },
    stop: { path: 'options.stop' },
    seed: { path: 'options.seed' },
    topK: { path: 'options.top_k' },
    frequencyPenalty: { path: 'options.frequency_penalty' },
    presencePenalty: { path: 'options.presence_penalty' },
    logprobs: { path: 'top_logprobs', beside: { logprobs: true } },
  },
  features: { multi_candidate: { support_type: 'simulated', max_concurrent: 2 } },
  // docs.ollama.com/capabilities/thinking: gpt-oss takes words, and cannot be told not to.
  reasoning: [
    { models: 'gpt-oss', efforts: { low: { think: 'low' }, medium: { think: 'medium' }, high: { think: 'high' } } },
    {
      efforts: { none: { think: false }, low: { think: true }, medium: { think: true }, high: { think: true } },
    },
  ],
  // It has no word for how to choose: not to call is to be offered nothing.
  tools: { choices: ['auto', 'none'] },
  // docs.ollama.com/capabilities/structured-outputs: it calls nothing while its words are held to a schema.
  structured_output: { mode: 'json_schema', body: { format: '{schema}' }, models_with_tools: '(?!)' },
  // Streaming is its default.
  request: { body: { stream: false }, stream_body: { stream: true } },
  error_classification: {
    by_http_status: {
      400: 'invalid_request',
      404: 'not_found',
      429: 'rate_limited',
      500: 'server_error',
      503: 'overloaded',
    },
    by_message: { 'exceeds the context': 'context_too_long' },
    in_stream: 'server_error',
    paths: { message: ['$.error'] },
  },
  termination: { mapping: { stop: 'stop', length: 'length', load: 'other', unload: 'other' } },
  usage: { input: '$.prompt_eval_count', output: '$.eval_count' },
  streaming: { decoder: { format: 'ndjson' }, event_map: RULES, completion: 'stop_event' },
} satisfies ManifestSource
