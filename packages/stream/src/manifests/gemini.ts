import type { ManifestSource } from '../manifest-data.ts'

const PART = '$.candidates[*].content.parts[*]'

/** Gemini 2.5 answers a penalty with a 400 here: "Penalty is not enabled for this model". */
const PENALISED = '^(?!.*gemini-2\\.5)'

/** What it thinks is shown, since it was asked for. */
function budget(thinkingBudget: number) {
  return { generationConfig: { thinkingConfig: { thinkingBudget, includeThoughts: true } } }
}
const BUDGETS = { low: budget(1_024), medium: budget(8_192), high: budget(24_576) }
function level(thinkingLevel: string) {
  return { generationConfig: { thinkingConfig: { thinkingLevel, includeThoughts: true } } }
}

/**
 * Gemini, on AI Studio. A plain answer has the shape of a frame.
 * Source: ai.google.dev/api/generate-content; partial arguments: Vertex AI's streamFunctionCallArguments.
 */
export const gemini = {
  id: 'gemini',
  name: 'Google Gemini',
  payload_format: 'gemini_style',
  endpoint: {
    // The version is in the path: GOOGLE_GEMINI_BASE_URL, as Google's own SDKs read it, has none.
    base_url: 'https://generativelanguage.googleapis.com',
    base_url_env: ['GEMINI_BASE_URL', 'GOOGLE_GEMINI_BASE_URL'],
    chat: '/v1beta/models/{model}:generateContent',
    stream_chat: '/v1beta/models/{model}:streamGenerateContent',
    stream_query: { alt: 'sse' },
  },
  // A header, not the documented query parameter: keys in addresses end up in logs.
  auth: { type: 'custom_header', header: 'x-goog-api-key', token_env: 'GEMINI_API_KEY' },
  parameters: {
    temperature: { path: 'generationConfig.temperature' },
    topP: { path: 'generationConfig.topP' },
    maxTokens: { path: 'generationConfig.maxOutputTokens' },
    stop: { path: 'generationConfig.stopSequences' },
    seed: { path: 'generationConfig.seed' },
    topK: { path: 'generationConfig.topK' },
    frequencyPenalty: { path: 'generationConfig.frequencyPenalty', models: PENALISED },
    presencePenalty: { path: 'generationConfig.presencePenalty', models: PENALISED },
    logprobs: { path: 'generationConfig.logprobs', beside: { generationConfig: { responseLogprobs: true } } },
    n: { path: 'generationConfig.candidateCount' },
  },
  // https://ai.google.dev/gemini-api/docs/thinking: by tokens, and from Gemini 3 on by words.
  reasoning: [
    { models: 'gemini-2\\.5-pro', efforts: BUDGETS },
    {
      models: 'gemini-2\\.5',
      efforts: { none: { generationConfig: { thinkingConfig: { thinkingBudget: 0 } } }, ...BUDGETS },
    },
    { models: 'gemini-3-pro', efforts: { low: level('low'), high: level('high') } },
    {
      models: 'gemini-(?:[3-9]|\\d\\d)',
      efforts: { minimal: level('minimal'), low: level('low'), medium: level('medium'), high: level('high') },
    },
  ],
  structured_output: {
    mode: 'json_schema',
    body: { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: '{schema}' } },
    // Before Gemini 3 a request with both is refused: https://ai.google.dev/gemini-api/docs/structured-output
    models_with_tools: 'gemini-(?:[3-9]|\\d\\d)',
  },
  error_classification: {
    by_http_status: {
      400: 'invalid_request',
      401: 'authentication',
      403: 'permission_denied',
      404: 'not_found',
      409: 'conflict',
      413: 'request_too_large',
      429: 'rate_limited',
      499: 'cancelled',
      500: 'server_error',
      503: 'overloaded',
      504: 'timeout',
    },
    by_error_code: {
      INVALID_ARGUMENT: 'invalid_request',
      FAILED_PRECONDITION: 'invalid_request',
      UNAUTHENTICATED: 'authentication',
      PERMISSION_DENIED: 'permission_denied',
      NOT_FOUND: 'not_found',
      ABORTED: 'conflict',
      RESOURCE_EXHAUSTED: 'rate_limited',
      CANCELLED: 'cancelled',
      UNKNOWN: 'server_error',
      INTERNAL: 'server_error',
      UNAVAILABLE: 'overloaded',
      DEADLINE_EXCEEDED: 'timeout',
    },
    by_message: {
      'api key not valid': 'authentication',
      'exceeds the maximum number of tokens': 'context_too_long',
    },
    paths: { code: ['$.error.status', '$.error.code'], message: ['$.error.message'] },
  },
  termination: {
    mapping: {
      STOP: 'stop',
      MAX_TOKENS: 'length',
      SAFETY: 'content-filter',
      RECITATION: 'content-filter',
      BLOCKLIST: 'content-filter',
      PROHIBITED_CONTENT: 'content-filter',
      SPII: 'content-filter',
      IMAGE_SAFETY: 'content-filter',
      IMAGE_PROHIBITED_CONTENT: 'content-filter',
      IMAGE_RECITATION: 'content-filter',
      MALFORMED_FUNCTION_CALL: 'error',
      UNEXPECTED_TOOL_CALL: 'error',
      TOO_MANY_TOOL_CALLS: 'error',
    },
  },
  usage: {
    input: '$.promptTokenCount',
    output: '$.candidatesTokenCount',
    total: '$.totalTokenCount',
    cached: '$.cachedContentTokenCount',
    reasoning: '$.thoughtsTokenCount',
  },
  streaming: {
    decoder: { format: 'gemini_sse' },
    candidate: { candidate_id_path: '$.candidates[*].index' },
    event_map: [
      {
        match: 'exists($.candidates[*])',
        emit: 'MessageStart',
        fields: { id: '$.responseId', model: '$.modelVersion' },
      },
      {
        match: `${PART}.thought && exists(${PART}.text)`,
        emit: 'ThinkingDelta',
        fields: { thinking: `${PART}.text`, signature: `${PART}.thoughtSignature` },
      },
      // A signature belongs to the part it is on: to a call, or to a text, before which it stands as reasoning that says nothing.
      {
        match: `!${PART}.thought && exists(${PART}.thoughtSignature) && !exists(${PART}.functionCall)`,
        emit: 'ThinkingDelta',
        fields: { signature: `${PART}.thoughtSignature` },
      },
      {
        match: `!${PART}.thought && exists(${PART}.text)`,
        emit: 'PartialContentDelta',
        fields: { content: `${PART}.text`, logprobs: '$.candidates[*].logprobsResult' },
      },
      {
        match: `exists(${PART}.functionCall)`,
        emit: 'PartialToolCall',
        fields: {
          tool_call_id: `${PART}.functionCall.id`,
          tool_name: `${PART}.functionCall.name`,
          arguments: `${PART}.functionCall.args`,
          partial_arguments: `${PART}.functionCall.partialArgs`,
          will_continue: `${PART}.functionCall.willContinue`,
          signature: `${PART}.thoughtSignature`,
        },
      },
      {
        match: `exists(${PART}.inlineData)`,
        emit: 'File',
        fields: { media_type: `${PART}.inlineData.mimeType`, data: `${PART}.inlineData.data` },
      },
      {
        match: `exists(${PART}.fileData)`,
        emit: 'File',
        fields: { media_type: `${PART}.fileData.mimeType`, url: `${PART}.fileData.fileUri` },
      },
      // What Google runs on its side; its results are raw.
      {
        match: `exists(${PART}.executableCode)`,
        emit: 'PartialToolCall',
        fields: {
          tool_call_id: `${PART}.executableCode.id`,
          tool_name: 'code_execution',
          arguments: { language: `${PART}.executableCode.language`, code: `${PART}.executableCode.code` },
          provider_executed: true,
        },
      },
      {
        match: `exists(${PART}.toolCall)`,
        emit: 'PartialToolCall',
        fields: {
          tool_call_id: `${PART}.toolCall.id`,
          tool_name: `${PART}.toolCall.toolType`,
          arguments: `${PART}.toolCall.args`,
          will_continue: `${PART}.toolCall.willContinue`,
          provider_executed: true,
        },
      },
      // Those, and parts that nobody knows.
      {
        match: `!exists(${PART}.text) && !exists(${PART}.functionCall) && !exists(${PART}.inlineData) && !exists(${PART}.fileData) && !exists(${PART}.executableCode) && !exists(${PART}.toolCall)`,
        emit: 'Raw',
      },
      {
        match: 'exists($.candidates[*].groundingMetadata.groundingChunks[*].web)',
        emit: 'Source',
        fields: {
          url: '$.candidates[*].groundingMetadata.groundingChunks[*].web.uri',
          title: '$.candidates[*].groundingMetadata.groundingChunks[*].web.title',
        },
      },
      {
        match: 'exists($.candidates[*].groundingMetadata.groundingChunks[*].retrievedContext)',
        emit: 'Source',
        fields: {
          url: '$.candidates[*].groundingMetadata.groundingChunks[*].retrievedContext.uri',
          title: [
            '$.candidates[*].groundingMetadata.groundingChunks[*].retrievedContext.title',
            '$.candidates[*].groundingMetadata.groundingChunks[*].retrievedContext.fileSearchStore',
          ],
        },
      },
      {
        match: '$.candidates[*].finishReason',
        emit: 'FinalCandidate',
        fields: { finish_reason: '$.candidates[*].finishReason', finish_message: '$.candidates[*].finishMessage' },
      },
      // A prompt that was blocked has no candidates.
      {
        match: 'exists($.promptFeedback.blockReason)',
        emit: 'FinalCandidate',
        fields: { finish_reason: '$.promptFeedback.blockReason' },
      },
      { match: 'exists($.usageMetadata)', emit: 'Metadata', fields: { usage: '$.usageMetadata' } },
      { match: 'exists($.error)', emit: 'StreamError', fields: { error: '$.error' } },
    ],
    completion: 'finish_reason',
  },
} satisfies ManifestSource
