import { BraidError } from '@braid/core'
import type { ChatFormat } from '@braid/models'

export interface FormatOptions {
  readonly as: string | undefined
  readonly branch: string | undefined
}

/** Which branch as which API's messages; undefined for the whole session. */
export function formatOf({
  as,
  branch,
}: FormatOptions): { readonly format: ChatFormat; readonly branch: string } | undefined {
  if (as === undefined && branch === undefined) return undefined
  if (as !== undefined && branch !== undefined && (as === 'openai' || as === 'anthropic')) return { format: as, branch }
  throw new BraidError(
    'invalid_request',
    `expected --branch <name> and --as openai or --as anthropic together; got ${branch === undefined ? 'no branch' : as === undefined ? 'no format' : `--as ${as}`}`,
  )
}
