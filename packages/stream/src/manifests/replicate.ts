import type { ManifestSource } from '../manifest-data.ts'

/**
 * Replicate: the kind of an event is its name; output and errors are text as it stands.
 * Source: replicate.com/docs/topics/predictions/streaming
 */
export const replicate = {
  id: 'replicate',
  name: 'Replicate',
  endpoint: {
    base_url: 'https://api.replicate.com/v1',
    base_url_env: ['REPLICATE_BASE_URL'],
    chat: '/models/{model}/predictions',
  },
  auth: { type: 'bearer', token_env: 'REPLICATE_API_TOKEN' },
  error_classification: {
    by_http_status: {
      400: 'invalid_request',
      401: 'authentication',
      402: 'quota_exhausted',
      403: 'permission_denied',
      404: 'not_found',
      422: 'invalid_request',
      429: 'rate_limited',
      500: 'server_error',
      503: 'overloaded',
    },
    paths: { code: ['$.status'], message: ['$.detail', '$.error'] },
    in_stream: 'server_error',
  },
  termination: { mapping: { '': 'stop', canceled: 'other', error: 'error' } },
  usage: {},
  streaming: {
    decoder: { format: 'sse', by_event: true, text_events: ['output', 'logs', 'error'] },
    event_map: [
      { match: 'exists($.output)', emit: 'PartialContentDelta', fields: { content: '$.output' } },
      { match: 'exists($.error)', emit: 'StreamError', fields: { error: '$.error' } },
      { match: 'exists($.done)', emit: 'FinalCandidate', fields: { finish_reason: '$.done.reason' } },
      { match: 'exists($.done)', emit: 'StreamEnd' },
    ],
    completion: 'stop_event',
  },
} satisfies ManifestSource
