import { type ManifestSource, PROVIDER_CODES, type ProviderCode } from '../manifest-data.ts'
import { parsePath } from '../selector/path.ts'
import type { Upstream } from './document.ts'
import { rooted } from './expression.ts'
import type { Remarks } from './remarks.ts'

type Reasons = ManifestSource['termination']['mapping']
type Errors = ManifestSource['error_classification']

/** ai-protocol's reasons why an answer ends, and those of its contracts, which say it the other way round. */
const REASONS: Readonly<Record<string, Reasons[string]>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  stop: 'stop',
  max_tokens: 'length',
  length: 'length',
  tool_use: 'tool-calls',
  tool_calls: 'tool-calls',
  refusal: 'content-filter',
  content_filter: 'content-filter',
  pause_turn: 'other',
  other: 'other',
  error: 'error',
}

const CODES: ReadonlySet<string> = new Set(PROVIDER_CODES)

/** Why answers end. What the manifest says comes before what its family knows. */
export function terminationOf(
  document: Upstream,
  family: ManifestSource,
  remarks: Remarks,
): ManifestSource['termination'] {
  const mapping: Record<string, Reasons[string]> = { ...family.termination.mapping }
  for (const [raw, word] of Object.entries(document.termination.mapping)) {
    const reason = REASONS[word]
    if (reason) mapping[raw] = reason
    else remarks.add('unused', `termination.mapping.${raw}`, `\`${word}\` is none of ai-protocol's reasons`)
  }
  return { mapping }
}

/** What errors mean. What the manifest says comes before what its family knows. */
export function errorsOf(document: Upstream, family: ManifestSource, remarks: Remarks): Errors {
  const { by_error_code, by_error_status, by_http_status, by_message_contains } = document.error_classification
  const known = family.error_classification
  const codes = (name: string, words: Readonly<Record<string, string>>): Record<string, ProviderCode> => {
    const found: Record<string, ProviderCode> = {}
    for (const [word, code] of Object.entries(words)) {
      if (CODES.has(code)) found[word] = code as ProviderCode
      else if (code === 'other') found[word] = 'unknown'
      else remarks.add('unused', `error_classification.${name}.${word}`, `\`${code}\` is none of ai-protocol's errors`)
    }
    return found
  }
  const at = document.features?.response_mapping?.error ?? {}
  const paths = (...names: readonly string[]) =>
    names.flatMap((name) => {
      if (at[name] === undefined) return []
      const path = rooted(at[name])
      if (isReadable(path)) return [path]
      remarks.add('unused', `features.response_mapping.error.${name}`, `\`${at[name]}\` is no path`)
      return []
    })
  return {
    ...known,
    by_http_status: { ...known.by_http_status, ...codes('by_http_status', by_http_status) },
    by_error_code: {
      ...known.by_error_code,
      ...codes('by_error_status', by_error_status),
      ...codes('by_error_code', by_error_code),
    },
    by_message: {
      ...known.by_message,
      ...Object.fromEntries(
        Object.entries(codes('by_message_contains', by_message_contains)).map(([part, code]) => [
          part.toLowerCase(),
          code,
        ]),
      ),
    },
    paths: {
      code: [...new Set([...paths('status_path', 'code_path', 'type_path'), ...(known.paths?.code ?? [])])],
      message: [...new Set([...paths('message_path'), ...(known.paths?.message ?? [])])],
    },
  }
}

function isReadable(path: string): boolean {
  try {
    parsePath(path)
    return true
  } catch {
    return false
  }
}
