import type { ManifestSource, RuleSource } from '../manifest-data.ts'
import { openaiChat } from './openai-chat.ts'

const RESULT = '$.results[*]'

/** Chat, which speaks OpenAI's protocol without a done signal. */
const chat: RuleSource[] = [
  ...openaiChat.streaming.event_map.filter(({ match }) => match?.includes('$.choices[*]')),
  { match: 'exists($.choices) && exists($.usage)', emit: 'Metadata', fields: { usage: '$.usage' } },
]

/**
 * IBM watsonx.ai, text generation and chat.
 * Source: cloud.ibm.com/apidocs/watsonx-ai#text-generation-stream and #text-chat-stream
 */
export const watsonx = {
  id: 'watsonx',
  name: 'IBM watsonx.ai',
  endpoint: {
    // The region is in the host's name.
    base_url_env: ['WATSONX_URL'],
    chat: '/ml/v1/text/generation',
    stream_chat: '/ml/v1/text/generation_stream',
    stream_query: { version: '2024-03-14' },
  },
  auth: { type: 'bearer', token_env: 'WATSONX_TOKEN' },
  parameters: {
    temperature: { path: 'parameters.temperature' },
    topP: { path: 'parameters.top_p' },
    maxTokens: { path: 'parameters.max_new_tokens' },
    stop: { path: 'parameters.stop_sequences' },
    seed: { path: 'parameters.random_seed' },
  },
  error_classification: {
    by_http_status: {
      400: 'invalid_request',
      401: 'authentication',
      403: 'permission_denied',
      404: 'not_found',
      429: 'rate_limited',
      500: 'server_error',
      503: 'overloaded',
    },
    by_error_code: {
      authentication_token_expired: 'authentication',
      authentication_token_not_valid: 'authentication',
      model_not_supported: 'not_found',
      token_quota_reached: 'quota_exhausted',
      rate_limit_reached_requests: 'rate_limited',
      downstream_request_failed: 'server_error',
    },
    paths: { code: ['$.errors[0].code', '$.status_code'], message: ['$.errors[0].message'] },
  },
  termination: {
    mapping: {
      ...openaiChat.termination.mapping,
      eos_token: 'stop',
      stop_sequence: 'stop',
      max_tokens: 'length',
      token_limit: 'length',
      time_limit: 'length',
      cancelled: 'other',
      error: 'error',
    },
  },
  usage: {
    input: ['$.input_token_count', '$.prompt_tokens'],
    output: ['$.generated_token_count', '$.completion_tokens'],
    total: '$.total_tokens',
    // The first frame counts the input and later ones say 0; the output counts up.
    merge: 'largest',
  },
  streaming: {
    decoder: { format: 'sse', done_signal: '[DONE]' },
    candidate: { candidate_id_path: '$.choices[*].index' },
    event_map: [
      { match: `exists(${RESULT})`, emit: 'MessageStart', fields: { model: '$.model_id' } },
      {
        match: `exists(${RESULT}.generated_text)`,
        emit: 'PartialContentDelta',
        fields: { content: `${RESULT}.generated_text` },
      },
      {
        match: `exists(${RESULT}.generated_token_count)`,
        emit: 'Metadata',
        fields: {
          usage: {
            input_token_count: `${RESULT}.input_token_count`,
            generated_token_count: `${RESULT}.generated_token_count`,
          },
        },
      },
      {
        match: `${RESULT}.stop_reason && ${RESULT}.stop_reason != 'not_finished'`,
        emit: 'FinalCandidate',
        fields: { finish_reason: `${RESULT}.stop_reason` },
      },
      ...chat,
      { match: 'exists($.errors[0])', emit: 'StreamError', fields: { error: '$.errors[0]' } },
    ],
    completion: 'finish_reason',
  },
} satisfies ManifestSource
