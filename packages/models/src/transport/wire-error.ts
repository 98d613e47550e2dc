import { BraidError } from '@braid/core'

/** What a name server or a certificate refuses once, it refuses again. */
const LASTING =
  /^(ENOTFOUND|ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|ERR_INVALID_)/

/**
 * What the network did, as a BraidError: `connection_failed` before the answer began, `stream_truncated` after. The message names the system's code
 * and not its text, which may hold parts of the request.
 */
export function wireError(error: unknown, origin: string, began: boolean): BraidError {
  if (error instanceof BraidError) return error
  const code = codeOf(error)
  if (code === 'UND_ERR_INVALID_ARG') {
    // undici names the header and not its value.
    const what = error instanceof Error ? error.message : code
    return new BraidError('invalid_request', `expected a key and headers that HTTP can carry; got an ${what}`, {
      cause: error,
    })
  }
  if (began) {
    return new BraidError(
      'stream_truncated',
      `expected the answer to its end; the connection to ${origin} broke in the middle (${code}). What came before is in the stream's \`partial\``,
      { cause: error },
    )
  }
  return new BraidError(
    'connection_failed',
    `expected an answer from ${origin}; no connection could be made, or it closed before the answer began (${code}). Is the server up, and is the base URL right?`,
    { cause: error, retryable: !LASTING.test(code) },
  )
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}
