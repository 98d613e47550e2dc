import type { ManifestSource, RuleSource } from '../manifest-data.ts'
import { awsErrors } from './aws-errors.ts'

const START = '$.contentBlockStart.start'
const DELTA = '$.contentBlockDelta.delta'
const BLOCK = '$.output.message.content[*]'

/** Frames are as the AWS SDK's events are: `{ contentBlockDelta: { … } }`. Text and reasoning mostly come without a start. */
export const converseRules = [
  { match: 'exists($.messageStart)', emit: 'MessageStart' },
  {
    match: `${DELTA}.text != null`,
    emit: 'PartialContentDelta',
    fields: { content: `${DELTA}.text`, index: '$.contentBlockDelta.contentBlockIndex' },
  },
  {
    match: `exists(${DELTA}.reasoningContent)`,
    emit: 'ThinkingDelta',
    fields: {
      thinking: `${DELTA}.reasoningContent.text`,
      signature: `${DELTA}.reasoningContent.signature`,
      redacted: `${DELTA}.reasoningContent.redactedContent`,
      index: '$.contentBlockDelta.contentBlockIndex',
    },
  },
  {
    match: `exists(${DELTA}.toolUse)`,
    emit: 'PartialToolCall',
    fields: { arguments: `${DELTA}.toolUse.input`, index: '$.contentBlockDelta.contentBlockIndex' },
  },
  {
    match: `exists(${DELTA}.citation)`,
    emit: 'Source',
    fields: {
      url: `${DELTA}.citation.location.web.url`,
      title: [`${DELTA}.citation.title`, `${DELTA}.citation.source`],
      location: `${DELTA}.citation.location`,
    },
  },
  {
    match: `exists(${START}.toolUse) && ${START}.toolUse.type != 'server_tool_use'`,
    emit: 'ToolCallStarted',
    fields: {
      index: '$.contentBlockStart.contentBlockIndex',
      tool_call_id: `${START}.toolUse.toolUseId`,
      tool_name: `${START}.toolUse.name`,
    },
  },
  {
    match: `${START}.toolUse.type == 'server_tool_use'`,
    emit: 'ToolCallStarted',
    fields: {
      index: '$.contentBlockStart.contentBlockIndex',
      tool_call_id: `${START}.toolUse.toolUseId`,
      tool_name: `${START}.toolUse.name`,
      provider_executed: true,
    },
  },
  // A start that says nothing of its kind. Those of tool results and images are raw.
  {
    match: `exists($.contentBlockStart) && !exists(${START}.toolUse) && !exists(${START}.toolResult) && !exists(${START}.image)`,
    emit: 'Ping',
  },
  {
    match: 'exists($.contentBlockStop)',
    emit: 'ToolCallEnded',
    fields: { index: '$.contentBlockStop.contentBlockIndex' },
  },
  {
    match: 'exists($.messageStop)',
    emit: 'FinalCandidate',
    fields: {
      finish_reason: '$.messageStop.stopReason',
      additional_fields: '$.messageStop.additionalModelResponseFields',
    },
  },
  {
    match: 'exists($.metadata)',
    emit: 'Metadata',
    fields: { usage: '$.metadata.usage', metrics: '$.metadata.metrics', trace: '$.metadata.trace' },
  },
] as const satisfies readonly RuleSource[]

export const converseReasons = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
  malformed_model_output: 'error',
  malformed_tool_use: 'error',
} as const satisfies ManifestSource['termination']['mapping']

const ANTHROPIC = 'anthropic\\.claude'

/** The answer has its own 4,096 tokens beside those of the thinking, where no limit was given. */
function thinking(budget_tokens: number) {
  return {
    additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens } },
    inferenceConfig: { maxTokens: budget_tokens + 4_096 },
  }
}

function effort(reasoning_effort: string) {
  return { additionalModelRequestFields: { reasoning_effort } }
}

/** Amazon Bedrock's Converse. Source: docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export const bedrockConverse = {
  id: 'bedrock-converse',
  name: 'Amazon Bedrock Converse',
  payload_format: 'bedrock_converse_style',
  endpoint: {
    base_url: 'https://bedrock-runtime.{AWS_REGION|AWS_DEFAULT_REGION}.amazonaws.com',
    base_url_env: ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME'],
    chat: '/model/{model}/converse',
    stream_chat: '/model/{model}/converse-stream',
  },
  auth: { type: 'aws_sigv4', service: 'bedrock', token_env: 'AWS_BEARER_TOKEN_BEDROCK' },
  parameters: {
    temperature: { path: 'inferenceConfig.temperature' },
    topP: { path: 'inferenceConfig.topP' },
    maxTokens: { path: 'inferenceConfig.maxTokens' },
    stop: { path: 'inferenceConfig.stopSequences' },
    // Converse has no field for it, and these models do: docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
    topK: { path: 'additionalModelRequestFields.top_k', models: ANTHROPIC },
  },
  features: { multi_candidate: { support_type: 'simulated', max_concurrent: 4 } },
  request: { headers: { accept: 'application/vnd.amazon.eventstream, application/json' } },
  // docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
  reasoning: [
    {
      models: `${ANTHROPIC}.*(?:3-7|-4)`,
      efforts: {
        none: { additionalModelRequestFields: { thinking: { type: 'disabled' } } },
        low: thinking(1_024),
        medium: thinking(4_096),
        high: thinking(16_384),
      },
    },
    {
      models: 'openai\\.',
      efforts: { low: effort('low'), medium: effort('medium'), high: effort('high') },
    },
  ],
  cache_marks: true,
  tools: {
    offered: true,
    call_ids: { pattern: '^[a-zA-Z0-9_-]{1,64}$', length: 24 },
  },
  // docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
  structured_output: {
    mode: 'json_schema',
    body: {
      outputConfig: {
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { schema: '{schema_text}', name: '{name}' } },
        },
      },
    },
    models: 'anthropic\\.claude-\\w+-(?:4-[5-9]|[5-9])',
  },
  error_classification: awsErrors,
  termination: { mapping: converseReasons },
  usage: {
    input: '$.inputTokens',
    output: '$.outputTokens',
    total: '$.totalTokens',
    cached: '$.cacheReadInputTokens',
    cache_write: '$.cacheWriteInputTokens',
    // https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
    cached_beside: true,
  },
  streaming: {
    decoder: { format: 'aws_eventstream' },
    event_map: [...converseRules],
    // Usage comes after it, so what is whole at `messageStop` is read on to the end.
    completion: 'finish_reason',
  },
  response: {
    event_map: [
      { match: 'exists($.output.message)', emit: 'MessageStart' },
      {
        match: `exists(${BLOCK}.text)`,
        emit: 'PartialContentDelta',
        fields: { content: `${BLOCK}.text`, index: `${BLOCK}#` },
      },
      {
        match: `exists(${BLOCK}.reasoningContent)`,
        emit: 'ThinkingDelta',
        fields: {
          thinking: `${BLOCK}.reasoningContent.reasoningText.text`,
          signature: `${BLOCK}.reasoningContent.reasoningText.signature`,
          redacted: `${BLOCK}.reasoningContent.redactedContent`,
          index: `${BLOCK}#`,
        },
      },
      {
        match: `exists(${BLOCK}.toolUse)`,
        emit: 'PartialToolCall',
        fields: {
          index: `${BLOCK}#`,
          tool_call_id: `${BLOCK}.toolUse.toolUseId`,
          tool_name: `${BLOCK}.toolUse.name`,
          arguments: `${BLOCK}.toolUse.input`,
        },
      },
      {
        match: `exists(${BLOCK}.citationsContent.content[*].text)`,
        emit: 'PartialContentDelta',
        fields: { content: `${BLOCK}.citationsContent.content[*].text` },
      },
      {
        match: `exists(${BLOCK}.citationsContent.citations[*])`,
        emit: 'Source',
        fields: {
          url: `${BLOCK}.citationsContent.citations[*].location.web.url`,
          title: [`${BLOCK}.citationsContent.citations[*].title`, `${BLOCK}.citationsContent.citations[*].source`],
        },
      },
      { match: 'exists($.usage)', emit: 'Metadata', fields: { usage: '$.usage' } },
      { match: 'exists($.stopReason)', emit: 'FinalCandidate', fields: { finish_reason: '$.stopReason' } },
    ],
  },
} satisfies ManifestSource
