import { BraidError, type BranchWindow, checkKnown, type ErrorCode, type Known } from '@braid/core'
import type { EstimatedWindow, SummaryBy, ContextWindow } from './window.ts'

const LAST = { last: true } as const
const TOKENS = { tokens: true, estimate: true } satisfies Known<EstimatedWindow>
const SUMMARY = { summary: true } as const
const SUMMARIZED = { after: true, keep: true, imodel: true, instruction: true } satisfies Known<SummaryBy>

/** Throws an error of that code for what is no window. */
export function checkWindow(window: unknown, code: ErrorCode): asserts window is ContextWindow {
  const refuse = (wanted: string, got: unknown): never => {
    throw new BraidError(code, `expected ${wanted}; got ${typeof got === 'number' ? got : `a ${typeof got}`}`)
  }
  const count = (value: unknown, name: string, least: number): void => {
    if (!(Number.isInteger(value) && (value as number) >= least)) {
      refuse(`\`${name}\` of a window to be a whole number from ${least}`, value)
    }
  }
  if (window === 'all') return
  if (typeof window !== 'object' || window === null) {
    refuse("a `window` to be 'all', { last }, { tokens } or { summary: { after } }", window)
  }
  const { last, tokens, estimate, summary } = window as Readonly<Record<string, unknown>>
  const kinds = [last, tokens, summary].filter((each) => each !== undefined)
  if (kinds.length !== 1) {
    throw new BraidError(
      code,
      `expected a \`window\` with one of last, tokens and summary; got ${kinds.length} of them`,
    )
  }
  if (last !== undefined) {
    checkKnown(window, LAST, { of: 'a window of the last messages', code })
    count(last, 'last', 0)
  } else if (tokens !== undefined) {
    checkKnown(window, TOKENS, { of: 'a window of tokens', code })
    count(tokens, 'tokens', 1)
    if (estimate !== undefined && typeof estimate !== 'function') {
      refuse('`estimate` of a window to be a function from a message to its tokens', estimate)
    }
  } else {
    checkKnown(window, SUMMARY, { of: 'a window with a summary', code })
    checkKnown(summary, SUMMARIZED, { of: '`summary`', code })
    const { after, keep, imodel, instruction } = summary as Readonly<Record<string, unknown>>
    count(after, 'summary.after', 1)
    if (keep !== undefined) {
      count(keep, 'summary.keep', 0)
      if ((keep as number) > (after as number)) refuse('`summary.keep` of a window to be `summary.after` at most', keep)
    }
    if (imodel !== undefined && typeof imodel !== 'string' && (typeof imodel !== 'object' || imodel === null)) {
      refuse("`summary.imodel` to be a model, a registered name or 'provider/model'", imodel)
    }
    if (instruction !== undefined && (typeof instruction !== 'string' || instruction === '')) {
      refuse('`summary.instruction` to be a text that is not empty', instruction)
    }
  }
}

/** A copy that can be kept with a branch. Throws `invalid_request` for what is no window, or has something in it that no file can hold. */
export function lastingWindow(window: unknown): BranchWindow {
  checkWindow(window, 'invalid_request')
  if (window === 'all') return window
  const lost =
    'estimate' in window
      ? '`estimate`, a function'
      : 'summary' in window && typeof window.summary.imodel === 'object'
        ? 'a model as an object'
        : undefined
  if (lost === undefined) return structuredClone(window) as BranchWindow
  throw new BraidError(
    'invalid_request',
    `expected the window of a branch to be what a file can keep; got ${lost}: name the model, or give the window to the operation`,
  )
}
