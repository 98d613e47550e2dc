import type { ManifestSource, RuleSource } from '../manifest-data.ts'
import { anthropicMessages } from './anthropic-messages.ts'
import { awsErrors } from './aws-errors.ts'
import { converseReasons, converseRules } from './bedrock-converse.ts'
import { cohereReasons } from './cohere-v2.ts'
import { openaiChat } from './openai-chat.ts'

/** Anthropic's models end with `message_stop`; the finish reason that comes before it is not yet the end. */
const anthropic: RuleSource[] = anthropicMessages.streaming.event_map.map((rule: RuleSource) =>
  rule.emit === 'FinalCandidate' ? { ...rule, fields: { ...rule.fields, awaits_end: true } } : rule,
)

/** OpenAI's open models, AI21's Jamba and others: chunks as in Chat Completions, without a done signal. */
const openai: RuleSource[] = [
  ...openaiChat.streaming.event_map.filter(({ match }) => match?.includes('$.choices[*]')),
  { match: 'exists($.choices) && exists($.usage)', emit: 'Metadata', fields: { usage: '$.usage' } },
]

/** Amazon Titan. The frame with the total is the last; where a guardrail blocked the input, it gives no reason. */
const titan: RuleSource[] = [
  { match: 'exists($.outputText)', emit: 'PartialContentDelta', fields: { content: '$.outputText' } },
  {
    match: 'exists($.outputText)',
    emit: 'Metadata',
    fields: { counts: { inputTokenCount: '$.inputTextTokenCount', outputTokenCount: '$.totalOutputTextTokenCount' } },
  },
  {
    match: 'exists($.totalOutputTextTokenCount)',
    emit: 'FinalCandidate',
    fields: { finish_reason: '$.completionReason', guardrail_action: '$.amazon-bedrock-guardrailAction' },
  },
]

const llama: RuleSource[] = [
  { match: 'exists($.generation)', emit: 'PartialContentDelta', fields: { content: '$.generation' } },
  {
    match: 'exists($.generation) && $.stop_reason',
    emit: 'FinalCandidate',
    fields: { finish_reason: '$.stop_reason' },
  },
]

/** Source: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-deepseek.html */
const deepseek: RuleSource[] = [
  { match: 'exists($.choices[*].text)', emit: 'PartialContentDelta', fields: { content: '$.choices[*].text' } },
  {
    match: '$.choices[*].stop_reason',
    emit: 'FinalCandidate',
    fields: { finish_reason: '$.choices[*].stop_reason' },
  },
]

/** Source: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-mistral-text-completion.html */
const mistral: RuleSource[] = [
  { match: 'exists($.outputs[*].text)', emit: 'PartialContentDelta', fields: { content: '$.outputs[*].text' } },
  {
    match: '$.outputs[*].stop_reason',
    emit: 'FinalCandidate',
    fields: { finish_reason: '$.outputs[*].stop_reason' },
  },
]

/** Source: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command.html and …-command-r-plus.html */
const cohere: RuleSource[] = [
  {
    match: "exists($.is_finished) && (!exists($.event_type) || $.event_type == 'text-generation')",
    emit: 'PartialContentDelta',
    fields: { content: '$.text' },
  },
  {
    match: "$.is_finished && (!exists($.event_type) || $.event_type == 'stream-end')",
    emit: 'FinalCandidate',
    fields: { finish_reason: '$.finish_reason' },
  },
]

/**
 * Amazon Bedrock's InvokeModelWithResponseStream: each event carries a frame of the model's own protocol in base64. Their frames have
 * no field in common, so one list of rules reads them all.
 *
 * Source: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 */
export const bedrockInvoke = {
  id: 'bedrock-invoke',
  name: 'Amazon Bedrock InvokeModel',
  endpoint: {
    base_url_env: ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME'],
    chat: '/model/{model}/invoke',
    stream_chat: '/model/{model}/invoke-with-response-stream',
  },
  auth: { type: 'bearer', token_env: 'AWS_BEARER_TOKEN_BEDROCK' },
  error_classification: awsErrors,
  termination: {
    mapping: {
      ...openaiChat.termination.mapping,
      ...anthropicMessages.termination.mapping,
      ...converseReasons,
      ...cohereReasons,
      FINISH: 'stop',
      FINISHED: 'stop',
      STOP_CRITERIA_MET: 'stop',
      LENGTH: 'length',
      CONTENT_FILTERED: 'content-filter',
      '': 'content-filter',
    },
  },
  usage: {
    input: ['$.input_tokens', '$.inputTokens', '$.prompt_tokens', '$.inputTokenCount'],
    output: ['$.output_tokens', '$.outputTokens', '$.completion_tokens', '$.outputTokenCount'],
    total: ['$.totalTokens', '$.total_tokens'],
    cached: [
      '$.cache_read_input_tokens',
      '$.cacheReadInputTokens',
      '$.cacheReadInputTokenCount',
      '$.prompt_tokens_details.cached_tokens',
    ],
    cache_write: ['$.cache_creation_input_tokens', '$.cacheWriteInputTokens', '$.cacheWriteInputTokenCount'],
    reasoning: '$.completion_tokens_details.reasoning_tokens',
    merge: 'overlay',
  },
  streaming: {
    decoder: { format: 'aws_eventstream', inner: { path: '$.chunk.bytes', holds: 'json' } },
    candidate: { candidate_id_path: '$.choices[*].index' },
    event_map: [
      // Before what may end the answer: the metrics are in its last frame.
      {
        match: 'exists($.amazon-bedrock-invocationMetrics)',
        emit: 'Metadata',
        fields: { counts: '$.amazon-bedrock-invocationMetrics' },
      },
      ...anthropic,
      ...converseRules,
      ...titan,
      ...llama,
      ...mistral,
      ...cohere,
      ...openai,
      ...deepseek,
    ],
    completion: 'finish_reason',
  },
} satisfies ManifestSource
