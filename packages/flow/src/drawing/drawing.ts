import { BraidError, checkKnown, type Known, type Outcome, type Results } from '@braid/core'
import { withInside } from '../builder/group.ts'
import type { Node } from '../builder/node.ts'

export interface TextOptions {
  /** In columns of a terminal. Default 80. */
  width?: number | undefined
}

const TEXT = { width: true } satisfies Known<TextOptions>
const WIDTH = 80

/** Throws `invalid_request`. */
export function widthOf(options: TextOptions): number {
  checkKnown(options, TEXT, { of: 'toText' })
  // A stream that is no terminal has no `columns`.
  const { width = WIDTH } = options
  if (typeof width === 'number' && width >= 1) return width
  throw new BraidError('invalid_request', `expected \`width\` to be a number of columns, from 1; got ${String(width)}`)
}

/** What became of these, by id; nothing without results. Throws `foreign_operation` for the results of another builder. */
export function outcomesOf(nodes: Iterable<Node>, results: Results | undefined): ReadonlyMap<string, Outcome> {
  if (results === undefined) return new Map()
  if (typeof (results as Partial<Results> | null)?.outcome !== 'function') {
    throw new BraidError(
      'invalid_request',
      'expected the results of a run, such as await flow(builder); got something else',
    )
  }
  const outcomes = new Map(results)
  for (const { operation } of withInside(nodes)) if (outcomes.has(operation.id)) results.outcome(operation)
  return outcomes
}
