import type { ManifestSource, RuleSource } from '../manifest-data.ts'
import { gemini } from './gemini.ts'

/** Steps in which Google runs a tool, and what to call it. Source: ai.google.dev/api/interactions-api, `Step`. */
const SERVER_TOOLS = [
  ['google_search_call', 'google_search'],
  ['google_maps_call', 'google_maps'],
  ['code_execution_call', 'code_execution'],
  ['url_context_call', 'url_context'],
  ['file_search_call', 'file_search'],
  ['retrieval_call', 'retrieval'],
  ['processing_call', 'processing'],
  ['mcp_server_tool_call', '$.step.name'],
] as const

/** Where a call begins: with its arguments, or with none or `{}` if they follow as deltas. */
const starts: RuleSource[] = [['function_call', '$.step.name'] as const, ...SERVER_TOOLS].map(([type, name]) => ({
  match: `$.event_type == 'step.start' && $.step.type == '${type}'`,
  emit: 'PartialToolCall',
  fields: {
    index: '$.index',
    tool_call_id: '$.step.id',
    tool_name: name,
    arguments_so_far: '$.step.arguments',
    ...(type === 'function_call' ? {} : { provider_executed: true }),
  },
}))

/**
 * Gemini's Interactions: steps that start, grow and stop.
 * Source: ai.google.dev/gemini-api/docs/interactions/streaming
 */
export const geminiInteractions = {
  id: 'gemini-interactions',
  name: 'Gemini Interactions',
  endpoint: { ...gemini.endpoint, chat: '/v1beta/interactions', stream_chat: '/v1beta/interactions', stream_query: {} },
  auth: gemini.auth,
  parameters: {
    temperature: { path: 'generation_config.temperature' },
    topP: { path: 'generation_config.top_p' },
    maxTokens: { path: 'generation_config.max_output_tokens' },
    stop: { path: 'generation_config.stop_sequences' },
    seed: { path: 'generation_config.seed' },
  },
  request: { stream_body: { stream: true } },
  error_classification: gemini.error_classification,
  termination: {
    mapping: {
      completed: 'stop',
      requires_action: 'tool-calls',
      incomplete: 'length',
      budget_exceeded: 'length',
      cancelled: 'other',
    },
  },
  usage: {
    input: '$.total_input_tokens',
    output: '$.total_output_tokens',
    total: '$.total_tokens',
    cached: '$.total_cached_tokens',
    reasoning: '$.total_thought_tokens',
  },
  streaming: {
    decoder: { format: 'gemini_sse' },
    event_map: [
      {
        match: "$.event_type == 'interaction.created'",
        emit: 'MessageStart',
        fields: { id: '$.interaction.id', model: '$.interaction.model' },
      },
      {
        match: "$.event_type == 'step.delta' && $.delta.type == 'text'",
        emit: 'PartialContentDelta',
        fields: { content: '$.delta.text', index: '$.index' },
      },
      {
        match: "$.event_type == 'step.delta' && $.delta.type == 'thought_summary'",
        emit: 'ThinkingDelta',
        fields: { thinking: '$.delta.content.text', index: '$.index' },
      },
      {
        match: "$.event_type == 'step.delta' && $.delta.type == 'thought_signature'",
        emit: 'ThinkingDelta',
        fields: { signature: '$.delta.signature', index: '$.index' },
      },
      {
        match: "$.event_type == 'step.delta' && $.delta.type == 'arguments_delta'",
        emit: 'PartialToolCall',
        fields: { arguments: '$.delta.arguments', index: '$.index' },
      },
      {
        match: `$.event_type == 'step.delta' && $.delta.type in [${SERVER_TOOLS.map(([type]) => `'${type}'`).join(', ')}]`,
        emit: 'PartialToolCall',
        fields: { arguments_so_far: '$.delta.arguments', index: '$.index' },
      },
      {
        match: "$.event_type == 'step.delta' && $.delta.type in ['image', 'audio', 'document', 'video']",
        emit: 'File',
        fields: { media_type: '$.delta.mime_type', data: '$.delta.data', url: '$.delta.uri' },
      },
      ...starts,
      {
        match: "$.event_type == 'step.start' && $.step.type == 'thought' && exists($.step.signature)",
        emit: 'ThinkingDelta',
        fields: { signature: '$.step.signature', index: '$.index' },
      },
      { match: "$.event_type == 'step.start' && $.step.type in ['thought', 'model_output']", emit: 'Ping' },
      { match: "$.event_type == 'step.stop'", emit: 'ToolCallEnded', fields: { index: '$.index' } },
      { match: "$.event_type == 'interaction.status_update'", emit: 'Ping' },
      {
        match: "$.event_type == 'interaction.completed'",
        emit: 'Metadata',
        fields: { usage: '$.interaction.usage' },
      },
      {
        match: "$.event_type == 'interaction.completed' && $.interaction.status == 'failed'",
        emit: 'StreamError',
      },
      {
        match: "$.event_type == 'interaction.completed'",
        emit: 'FinalCandidate',
        fields: { finish_reason: '$.interaction.status', service_tier: '$.interaction.service_tier' },
      },
      { match: "$.event_type == 'interaction.completed'", emit: 'StreamEnd' },
      { match: "$.event_type == 'error'", emit: 'StreamError' },
      { match: 'exists($.error) && !exists($.event_type)', emit: 'StreamError' },
      // What runs over arrays stands last: all before it is one look-up by type.
      {
        match: "$.event_type == 'step.delta' && exists($.delta.annotations[*])",
        emit: 'Source',
        fields: {
          url: ['$.delta.annotations[*].url', '$.delta.annotations[*].document_uri'],
          title: [
            '$.delta.annotations[*].title',
            '$.delta.annotations[*].name',
            '$.delta.annotations[*].file_name',
            '$.delta.annotations[*].source',
          ],
        },
      },
      // What a step holds already when it starts.
      {
        match: "$.event_type == 'step.start' && $.step.type == 'thought' && exists($.step.summary[*].text)",
        emit: 'ThinkingDelta',
        fields: { thinking: '$.step.summary[*].text', index: '$.index' },
      },
      {
        match: "$.event_type == 'step.start' && $.step.type == 'model_output' && exists($.step.content[*].text)",
        emit: 'PartialContentDelta',
        fields: { content: '$.step.content[*].text', index: '$.index' },
      },
    ],
    completion: 'stop_event',
  },
  response: {
    event_map: [
      { match: 'exists($.steps)', emit: 'MessageStart', fields: { id: '$.id', model: '$.model' } },
      {
        match: "$.steps[*].type == 'thought' && exists($.steps[*].summary[*].text)",
        emit: 'ThinkingDelta',
        fields: { thinking: '$.steps[*].summary[*].text', index: '$.steps[*]#' },
      },
      {
        match: "$.steps[*].type == 'thought'",
        emit: 'ThinkingDelta',
        fields: { signature: '$.steps[*].signature', index: '$.steps[*]#' },
      },
      {
        match: "$.steps[*].type == 'model_output' && exists($.steps[*].content[*].text)",
        emit: 'PartialContentDelta',
        fields: { content: '$.steps[*].content[*].text', index: '$.steps[*]#' },
      },
      {
        match: "$.steps[*].type == 'model_output' && exists($.steps[*].content[*].mime_type)",
        emit: 'File',
        fields: {
          media_type: '$.steps[*].content[*].mime_type',
          data: '$.steps[*].content[*].data',
          url: '$.steps[*].content[*].uri',
        },
      },
      {
        match: "$.steps[*].type == 'function_call'",
        emit: 'PartialToolCall',
        fields: {
          index: '$.steps[*]#',
          tool_call_id: '$.steps[*].id',
          tool_name: '$.steps[*].name',
          arguments: '$.steps[*].arguments',
        },
      },
      { match: 'exists($.usage)', emit: 'Metadata', fields: { usage: '$.usage' } },
      { match: "$.status == 'failed' || exists($.error)", emit: 'StreamError' },
      { match: 'exists($.status)', emit: 'FinalCandidate', fields: { finish_reason: '$.status' } },
    ],
  },
} satisfies ManifestSource
