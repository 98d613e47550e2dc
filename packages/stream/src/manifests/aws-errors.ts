import type { ManifestSource } from '../manifest-data.ts'

type Codes = NonNullable<ManifestSource['error_classification']['by_error_code']>

/** The exceptions of Bedrock's runtimes: in the middle of a stream with a small first letter, in an answer with a large one. */
const EXCEPTIONS: Codes = {
  internalServerException: 'server_error',
  modelStreamErrorException: 'server_error',
  modelErrorException: 'server_error',
  badGatewayException: 'server_error',
  dependencyFailedException: 'server_error',
  throttlingException: 'rate_limited',
  serviceQuotaExceededException: 'quota_exhausted',
  serviceUnavailableException: 'overloaded',
  modelNotReadyException: 'overloaded',
  modelTimeoutException: 'timeout',
  validationException: 'invalid_request',
  accessDeniedException: 'permission_denied',
  resourceNotFoundException: 'not_found',
  conflictException: 'conflict',
}

/** Source: docs.aws.amazon.com/bedrock/latest/APIReference, the exceptions of ConverseStream and InvokeAgent. */
export const awsErrors = {
  by_http_status: {
    400: 'invalid_request',
    401: 'authentication',
    403: 'permission_denied',
    404: 'not_found',
    408: 'timeout',
    409: 'conflict',
    413: 'request_too_large',
    424: 'server_error',
    429: 'rate_limited',
    500: 'server_error',
    502: 'server_error',
    503: 'overloaded',
  },
  by_error_code: {
    ...EXCEPTIONS,
    ...Object.fromEntries(
      Object.entries(EXCEPTIONS).map(([name, code]) => [`${name.charAt(0).toUpperCase()}${name.slice(1)}`, code]),
    ),
  },
  by_message: { 'input is too long': 'context_too_long', 'prompt is too long': 'context_too_long' },
  paths: { code: ['$.error.type', '$.__type'], message: ['$.error.message', '$.message'] },
} satisfies ManifestSource['error_classification']
