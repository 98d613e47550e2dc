import type { Outcome } from '@braid/core'
import type { Node } from '../builder/node.ts'

/** One operation in words, for whichever drawing. Names are as users gave them: whoever draws escapes them. */
export interface Label {
  readonly id: string
  /** What it is: its kind, its branch, and what its start depends on besides its edges. */
  readonly about: readonly string[]
  readonly outcome: Outcome | undefined
  /** What became of it, without its status; empty where nothing is known. */
  readonly became: string
}

export type Status = Outcome['status']

export function labelOf({ operation, join, when, parents }: Node, outcome: Outcome | undefined): Label {
  const { id, kind, branch } = operation
  const about = [kind]
  if (branch !== undefined) about.push(`on ${branch}`)
  if (join !== 'all' && parents.length > 0) about.push(`join ${join}`)
  if (when !== undefined) about.push('when')
  return { id, about, outcome, became: outcome ? becameOf(outcome, id) : '' }
}

export function symbolOf(status: Status): string {
  switch (status) {
    case 'completed':
      return '✓'
    case 'failed':
      return '✗'
    case 'skipped':
      return '⊘'
    case 'cancelled':
      return '■'
    default:
      return status satisfies never
  }
}

/** What became of an operation, without its status. */
export function becameOf(outcome: Outcome, id: string): string {
  switch (outcome.status) {
    case 'completed': {
      const { durationMs, usage, attempts } = outcome
      const { inputTokens, outputTokens, totalTokens } = usage
      const known =
        inputTokens === undefined && outputTokens === undefined ? undefined : (inputTokens ?? 0) + (outputTokens ?? 0)
      const tokens = totalTokens ?? known
      const parts = [duration(durationMs)]
      if (tokens !== undefined) parts.push(`${usage.estimated ? '~' : ''}${tokens} tokens`)
      if (attempts > 1) parts.push(`${attempts} attempts`)
      return parts.join(', ')
    }
    case 'failed':
      return outcome.error.code
    case 'skipped':
      return outcome.because === id ? 'its condition was false' : `because of ${outcome.because}`
    case 'cancelled':
      return 'cancelled'
    default:
      return outcome satisfies never
  }
}

/** `1.5 s`. */
export function duration(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`
  const seconds = Math.round(ms / 1_000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** Names may have anything in them. What would move the cursor or break the line is shown as JSON shows it. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/gu, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1)
    return escaped === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped
  })
}
