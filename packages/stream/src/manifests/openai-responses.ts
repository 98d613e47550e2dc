import type { ManifestSource } from '../manifest-data.ts'
import { OPENAI_REASONING, OPENAI_SAMPLED, openaiChat } from './openai-chat.ts'
import { callsOf } from './openai-responses-calls.ts'

const ITEM = ['$.output_index', '$.item.id']
const ITEM_ID = ['$.output_index', '$.item_id']

/** Events that say what others have said or will say. */
const REPEATED = [
  'response.in_progress',
  'response.queued',
  'response.content_part.added',
  'response.output_text.done',
  'response.refusal.done',
  'response.reasoning_text.done',
  'response.reasoning_part.added',
  'response.reasoning_part.done',
  'response.reasoning_summary_text.done',
  'response.reasoning_summary_part.done',
  'response.web_search_call.in_progress',
  'response.web_search_call.searching',
  'response.web_search_call.completed',
  'response.file_search_call.in_progress',
  'response.file_search_call.searching',
  'response.file_search_call.completed',
  'response.code_interpreter_call.in_progress',
  'response.code_interpreter_call.interpreting',
  'response.code_interpreter_call.completed',
  'response.code_interpreter_call_code.delta',
  'response.code_interpreter_call_code.done',
  'response.image_generation_call.in_progress',
  'response.image_generation_call.generating',
  'response.image_generation_call.completed',
  'response.mcp_call.in_progress',
  'response.mcp_call.completed',
  'response.mcp_call.failed',
  'response.mcp_list_tools.in_progress',
  'response.mcp_list_tools.completed',
  'response.mcp_list_tools.failed',
  'response.shell_call_command.added',
  'response.shell_call_command.delta',
  'response.shell_call_command.done',
  'response.apply_patch_call_operation_diff.delta',
  'response.apply_patch_call_operation_diff.done',
]

/**
 * OpenAI Responses, and whoever speaks it: Azure, xAI, DeepSeek, Bedrock's Mantle.
 *
 * One reasoning block per part of a summary; what OpenAI encrypted is on the last of its item. The results of server-side tools are in the
 * `rawResponse` of the call, as are partial images in that of a `raw` chunk.
 * Source: platform.openai.com/docs/api-reference/responses-streaming
 */
export const openaiResponses = {
  id: 'openai-responses',
  name: 'OpenAI Responses',
  payload_format: 'openai_responses_style',
  endpoint: {
    base_url: 'https://api.openai.com/v1',
    base_url_env: ['OPENAI_BASE_URL'],
    chat: '/responses',
  },
  auth: { type: 'bearer', token_env: 'OPENAI_API_KEY' },
  parameters: {
    temperature: { path: 'temperature', models: OPENAI_SAMPLED },
    topP: { path: 'top_p', models: OPENAI_SAMPLED },
    maxTokens: { path: 'max_output_tokens' },
    logprobs: {
      path: 'top_logprobs',
      min: 0,
      max: 20,
      beside: { include: ['message.output_text.logprobs'] },
      models: OPENAI_SAMPLED,
    },
  },
  reasoning: [
    {
      models: OPENAI_REASONING,
      // Nothing is kept there: what a model thought goes back as it came, encrypted, or it thinks anew after each call.
      always: { include: ['reasoning.encrypted_content'] },
      efforts: {
        none: { reasoning: { effort: 'none' } },
        minimal: { reasoning: { effort: 'minimal' } },
        low: { reasoning: { effort: 'low' } },
        medium: { reasoning: { effort: 'medium' } },
        high: { reasoning: { effort: 'high' } },
        xhigh: { reasoning: { effort: 'xhigh' } },
      },
    },
  ],
  request: { stream_body: { stream: true } },
  tools: { strict: true, call_ids: { pattern: '^.{1,64}$', length: 24 } },
  structured_output: {
    mode: 'json_schema',
    body: { text: { format: { type: 'json_schema', name: '{name}', schema: '{schema}', strict: '{strict}' } } },
    models: openaiChat.structured_output.models,
  },
  rate_limit_headers: openaiChat.rate_limit_headers,
  error_classification: {
    ...openaiChat.error_classification,
    by_error_code: {
      ...openaiChat.error_classification.by_error_code,
      invalid_prompt: 'invalid_request',
      invalid_image: 'invalid_request',
      image_too_large: 'request_too_large',
      vector_store_timeout: 'timeout',
    },
    paths: {
      code: ['$.response.error.code', ...openaiChat.error_classification.paths.code],
      message: ['$.response.error.message', ...openaiChat.error_classification.paths.message],
    },
  },
  termination: {
    mapping: {
      completed: 'stop',
      max_output_tokens: 'length',
      content_filter: 'content-filter',
      incomplete: 'other',
      cancelled: 'other',
    },
  },
  usage: {
    input: '$.input_tokens',
    output: '$.output_tokens',
    total: '$.total_tokens',
    cached: '$.input_tokens_details.cached_tokens',
    cache_write: '$.input_tokens_details.cache_write_tokens',
    reasoning: '$.output_tokens_details.reasoning_tokens',
  },
  streaming: {
    decoder: { format: 'openai_sse' },
    event_map: [
      {
        match: "$.type == 'response.output_text.delta'",
        emit: 'PartialContentDelta',
        fields: { content: '$.delta', index: ITEM_ID, logprobs: '$.logprobs' },
      },
      {
        match: "$.type in ['response.reasoning_summary_text.delta', 'response.reasoning_text.delta']",
        emit: 'ThinkingDelta',
        fields: { thinking: '$.delta', index: ITEM_ID },
      },
      {
        match: "$.type == 'response.refusal.delta'",
        emit: 'RefusalDelta',
        fields: { refusal: '$.delta', index: ITEM_ID },
      },
      {
        match:
          "$.type in ['response.function_call_arguments.delta', 'response.custom_tool_call_input.delta', 'response.mcp_call_arguments.delta']",
        emit: 'PartialToolCall',
        fields: { arguments: '$.delta', index: ITEM_ID },
      },
      {
        match: "$.type in ['response.function_call_arguments.done', 'response.mcp_call_arguments.done']",
        emit: 'PartialToolCall',
        fields: { arguments_so_far: '$.arguments', index: ITEM_ID },
      },
      {
        match: "$.type == 'response.custom_tool_call_input.done'",
        emit: 'PartialToolCall',
        fields: { arguments_so_far: '$.input', index: ITEM_ID },
      },
      {
        match: "$.type == 'response.created'",
        emit: 'MessageStart',
        fields: { id: '$.response.id', model: '$.response.model' },
      },
      ...callsOf('$.item', ITEM, 'added'),
      // A part of its own; the first one ends nothing.
      {
        match: "$.type == 'response.reasoning_summary_part.added'",
        emit: 'ToolCallEnded',
        fields: { index: ITEM_ID },
      },
      {
        match: "$.type == 'response.output_text.annotation.added'",
        emit: 'Source',
        fields: {
          url: '$.annotation.url',
          title: ['$.annotation.title', '$.annotation.filename', '$.annotation.file_id'],
          file_id: '$.annotation.file_id',
        },
      },
      {
        match: "$.type == 'response.content_part.done' && $.part.type in ['output_text', 'refusal']",
        emit: 'ToolCallEnded',
        fields: { index: ITEM_ID },
      },
      { match: "$.type == 'response.content_part.done'", emit: 'Ping' },
      {
        match: "$.type == 'response.output_item.done' && exists($.item.encrypted_content)",
        emit: 'ThinkingDelta',
        fields: { redacted: '$.item.encrypted_content', index: ITEM },
      },
      ...callsOf('$.item', ITEM, 'done'),
      {
        match: "$.type == 'response.output_item.done' && exists($.item.result)",
        emit: 'File',
        fields: { data: '$.item.result', image_format: '$.item.output_format' },
      },
      // Lists of tools, approvals to give, and results of what ran on a server: nobody's words.
      {
        match:
          "$.type == 'response.output_item.done' && $.item.type in ['mcp_list_tools', 'mcp_approval_request', 'shell_call_output', 'tool_search_output', 'apply_patch_call_output', 'compaction', 'program', 'program_output', 'additional_tools']",
        emit: 'Raw',
      },
      { match: "$.type == 'response.output_item.done'", emit: 'ToolCallEnded', fields: { index: ITEM } },
      { match: "$.type == 'response.output_item.added'", emit: 'Ping' },
      {
        match: "$.type in ['response.completed', 'response.incomplete']",
        emit: 'Metadata',
        fields: { usage: '$.response.usage' },
      },
      {
        match: "$.type in ['response.completed', 'response.incomplete']",
        emit: 'FinalCandidate',
        fields: {
          finish_reason: ['$.response.incomplete_details.reason', '$.response.status'],
          status: '$.response.status',
          service_tier: '$.response.service_tier',
        },
      },
      { match: "$.type in ['response.completed', 'response.incomplete']", emit: 'StreamEnd' },
      { match: "$.type in ['response.failed', 'error']", emit: 'StreamError' },
      { match: `$.type in [${REPEATED.map((type) => `'${type}'`).join(', ')}]`, emit: 'Ping' },
      // What runs over arrays stands last: all before it is one look-up by type.
      // Where a part's annotations come with its end alone.
      {
        match: "$.type == 'response.content_part.done' && exists($.part.annotations[*])",
        emit: 'Source',
        fields: {
          url: '$.part.annotations[*].url',
          title: ['$.part.annotations[*].title', '$.part.annotations[*].filename', '$.part.annotations[*].file_id'],
          file_id: '$.part.annotations[*].file_id',
        },
      },
      {
        match: "$.type == 'response.output_item.done' && $.item.outputs[*].type == 'image'",
        emit: 'File',
        fields: { url: '$.item.outputs[*].url', image_format: 'png' },
      },
      // Some gateways report trouble in the shape of Chat Completions.
      { match: 'exists($.error) && !exists($.type)', emit: 'StreamError' },
    ],
    completion: 'stop_event',
  },
  response: {
    event_map: [
      { match: "$.object == 'response'", emit: 'MessageStart', fields: { id: '$.id', model: '$.model' } },
      {
        match: "$.output[*].type == 'message' && exists($.output[*].content[*].text)",
        emit: 'PartialContentDelta',
        fields: {
          content: '$.output[*].content[*].text',
          index: '$.output[*]#',
          logprobs: '$.output[*].content[*].logprobs',
        },
      },
      {
        match: 'exists($.output[*].content[*].annotations[*])',
        emit: 'Source',
        fields: {
          url: '$.output[*].content[*].annotations[*].url',
          title: [
            '$.output[*].content[*].annotations[*].title',
            '$.output[*].content[*].annotations[*].filename',
            '$.output[*].content[*].annotations[*].file_id',
          ],
          file_id: '$.output[*].content[*].annotations[*].file_id',
        },
      },
      {
        match: 'exists($.output[*].content[*].refusal)',
        emit: 'RefusalDelta',
        fields: { refusal: '$.output[*].content[*].refusal', index: '$.output[*]#' },
      },
      {
        match: "$.output[*].type == 'reasoning' && exists($.output[*].summary[*].text)",
        emit: 'ThinkingDelta',
        fields: { thinking: '$.output[*].summary[*].text', index: '$.output[*]#' },
      },
      {
        match: "$.output[*].type == 'reasoning' && exists($.output[*].content[*].text)",
        emit: 'ThinkingDelta',
        fields: { thinking: '$.output[*].content[*].text', index: '$.output[*]#' },
      },
      {
        match: 'exists($.output[*].encrypted_content)',
        emit: 'ThinkingDelta',
        fields: { redacted: '$.output[*].encrypted_content', index: '$.output[*]#' },
      },
      ...callsOf('$.output[*]', '$.output[*]#', 'plain'),
      {
        match: 'exists($.output[*].result)',
        emit: 'File',
        fields: { data: '$.output[*].result', image_format: '$.output[*].output_format' },
      },
      { match: 'exists($.output[*].type)', emit: 'ToolCallEnded', fields: { index: '$.output[*]#' } },
      { match: 'exists($.usage)', emit: 'Metadata', fields: { usage: '$.usage' } },
      {
        match: "$.status in ['completed', 'incomplete']",
        emit: 'FinalCandidate',
        fields: { finish_reason: ['$.incomplete_details.reason', '$.status'], status: '$.status' },
      },
      { match: "$.status == 'failed' || exists($.error)", emit: 'StreamError' },
    ],
  },
} satisfies ManifestSource
