import type { Upstream } from './document.ts'
import type { Remarks } from './remarks.ts'

/** What would act, if anything acted on it. */
const UNHEEDED: readonly (readonly [field: string, text: string])[] = [
  ['retry_policy', 'a call is made once; it is tried again by the model’s own `retry`'],
  ['rate_limit_headers', 'none of them says when more may be sent, and without that the others say little'],
  ['endpoint.timeout_ms', 'how long a call may take is said by the model’s `timeout`'],
  ['error_classification.retry_after_extraction', '`Retry-After` is read from the header of that name'],
]

/** The headers without which the others are not read. */
const RESETS = ['requests_reset', 'tokens_reset']

/** What a request has besides the options of a model: Braid writes it itself. */
const WRITTEN: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'input',
  'contents',
  'system',
  'stream',
  'stream_options',
  'tools',
  'tool_choice',
  'response_format',
])

/** Names what a manifest says and nothing acts on, so that nobody counts on it. */
export function sayWhatIsUnheeded(document: Upstream, remarks: Remarks): void {
  const resets = RESETS.some((name) => isThere(document, ['rate_limit_headers', name]))
  for (const [field, text] of UNHEEDED) {
    if (isThere(document, field.split('.')) && !(field === 'rate_limit_headers' && resets))
      remarks.add('unused', field, text)
  }
}

/** Names the parameters that are no options of a model. */
export function sayWhatIsNoOption(field: string, names: readonly string[], remarks: Remarks): void {
  const others = names.filter((name) => !WRITTEN.has(name)).map((name) => `\`${name}\``)
  if (others.length === 0) return
  remarks.add('unused', field, `${others.join(', ')}: no options of a model; \`providerOptions\` sends them`)
}

function isThere(value: unknown, path: readonly string[]): boolean {
  const [name, ...rest] = path
  if (name === undefined) return value !== undefined
  return typeof value === 'object' && value !== null && isThere((value as Record<string, unknown>)[name], rest)
}
