import { BraidError } from '@braid/core'
import type { Manifest } from './manifest.ts'
import type { ManifestData, ProviderCode } from './manifest-data.ts'
import { compilePath } from './mapper/program.ts'

export interface ProviderErrorContext {
  /** HTTP status, where there was one. */
  readonly status?: number
  /** Milliseconds that the provider asked to wait. */
  readonly retryAfterMs?: number
  /** Where the provider says whether to ask again. Default: what the code means. */
  readonly retryable?: boolean
  /** Ends the sentence "the provider answered with an error …". */
  readonly where?: string
}

/**
 * A provider's error body or error frame as a {@link BraidError}, classified as its manifest says: by its message, then by its own code,
 * then by the HTTP status, which comes before a code that could mean anything.
 *
 * The message names the provider's codes and never quotes its text, which may repeat the prompt or a key.
 *
 * @example
 * throw providerError(manifest, JSON.parse(body), { status: 429, retryAfterMs: 2000 })
 */
export function providerError(manifest: Manifest, body: unknown, context: ProviderErrorContext = {}): BraidError {
  return providerErrorOf(manifest.data, body, context)
}

export function providerErrorOf(data: ManifestData, body: unknown, context: ProviderErrorContext): BraidError {
  const rules = data.error_classification
  const words = rules.paths.code.map((path) => compilePath(path)(body)).filter(isWord)
  const code = classify(data, body, words, context.status)
  // Anthropic's envelope is of type `error`, Gemini repeats the status: that says nothing.
  const said = [...new Set(words.map(String))].filter(
    (word) => SHOWABLE.test(word) && word !== 'error' && word !== String(context.status),
  )
  const status = context.status === undefined ? '' : ` with HTTP ${context.status}`
  return new BraidError(
    code,
    `${data.name ?? data.id}: expected an answer, the provider answered with an error${status}${context.where ? ` ${context.where}` : ''}: ` +
      `${said.length > 0 ? said.join(', ') : 'it gives no code'}. ${ADVICE[code]}`,
    {
      ...(context.status === undefined ? {} : { status: context.status }),
      ...(context.retryAfterMs === undefined ? {} : { retryAfterMs: context.retryAfterMs }),
      ...(context.retryable === undefined ? {} : { retryable: context.retryable }),
    },
  )
}

/** A code is words or a number; anything with spaces may be text, and letters among digits may be a key. */
const SHOWABLE = /^(?=.{1,64}$)(?:[A-Za-z]+(?:[_.:#/-][A-Za-z]+)*|\d{1,6})$/

const BROAD: ReadonlySet<ProviderCode> = new Set(['invalid_request', 'server_error', 'unknown'])

function classify(
  data: ManifestData,
  body: unknown,
  words: readonly (string | number)[],
  status: number | undefined,
): ProviderCode {
  const { by_message, by_error_code, by_http_status, paths } = data.error_classification
  for (const path of paths.message) {
    const message = compilePath(path)(body)
    if (typeof message !== 'string') continue
    const lower = message.toLowerCase()
    for (const [part, code] of Object.entries(by_message)) if (lower.includes(part)) return code
  }
  const word = words.find((each) => Object.hasOwn(by_error_code, each))
  if (word !== undefined) {
    const code = by_error_code[word]!
    // OpenAI says `invalid_request_error` with 401 and 404 too: a word for anything is weaker than a status that is exact.
    const exact = BROAD.has(code) && status !== undefined ? by_http_status[status] : undefined
    return exact ?? code
  }
  for (const word of [...words, ...(status === undefined ? [] : [status])]) {
    if (Object.hasOwn(by_http_status, word)) return by_http_status[word]!
  }
  if (status === undefined) return data.error_classification.in_stream
  const standard = STANDARD[status]
  if (standard !== undefined) return standard
  return status >= 500 ? 'server_error' : status >= 400 ? 'invalid_request' : 'unknown'
}

/** What a status means where its manifest does not say (RFC 9110, and the table of ai-lib's standard codes). */
const STANDARD: Readonly<Partial<Record<number, ProviderCode>>> = {
  401: 'authentication',
  402: 'quota_exhausted',
  403: 'permission_denied',
  404: 'not_found',
  408: 'timeout',
  409: 'conflict',
  413: 'request_too_large',
  429: 'rate_limited',
  499: 'cancelled',
  503: 'overloaded',
  504: 'timeout',
  529: 'overloaded',
}

function isWord(value: unknown): value is string | number {
  return (typeof value === 'string' && value !== '') || typeof value === 'number'
}

const ADVICE = {
  invalid_request: 'Check the request: its parameters, its messages and its tools.',
  authentication: 'Check the key.',
  permission_denied: 'The key may not do this; check what it is allowed to.',
  not_found: 'Check the name of the model and the address.',
  request_too_large: 'Send less.',
  rate_limited: 'Wait, or send fewer requests at once.',
  quota_exhausted: 'Check the plan and the balance of the account.',
  server_error: 'It is on their side; try again.',
  overloaded: 'It is busy; try again later.',
  timeout: 'It took too long on their side; try again.',
  conflict: 'Try again.',
  cancelled: 'The provider gave the request up.',
  unknown: 'Its manifest does not say what this means.',
  context_too_long: 'Send fewer or shorter messages, or take a model with a larger context.',
} as const satisfies Record<ProviderCode, string>
