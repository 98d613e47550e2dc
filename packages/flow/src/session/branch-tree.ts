import type { BranchRecord } from '@braid/core'
import { oneLine } from '../drawing/label.ts'
import type { BranchesQuery } from './branches.ts'
import type { Session } from './session.ts'

/** A branch in the tree of a session's branches. */
export interface BranchRow {
  /** What stands left of its name: `│  └─ `. */
  readonly lines: string
  readonly branch: BranchRecord
  /** How many messages it has, those it shares included and its system message not. */
  readonly length: number
}

/**
 * The branches of a session as a tree, each fork below the branch it comes from: one line for each, with how many messages it has, and how many
 * of them it shares with what it comes from.
 *
 * @example
 * console.log(await branchTree(session))
 * // chat  6 messages
 * // ├─ chat-sober  6 messages, 4 of them shared
 * // └─ chat-playful  8 messages, 4 of them shared
 */
export async function branchTree(session: Session, query: BranchesQuery = {}): Promise<string> {
  const rows = await branchRows(session, query)
  return rows
    .map(({ lines, branch, length }) => `${lines}${oneLine(branch.name)}  ${wordsOf(branch, length)}`)
    .join('\n')
}

/** The rows of that tree. A fork whose parent is not among them stands by itself. */
export async function branchRows(session: Session, query: BranchesQuery = {}): Promise<readonly BranchRow[]> {
  const records = (await session.store.branches()).filter(({ archived }) => query.archived || archived !== true)
  const shown = new Set(records.map(({ id }) => id))
  const forks = new Map<string | undefined, BranchRecord[]>()
  for (const record of records) {
    const above = record.parent !== undefined && shown.has(record.parent.id) ? record.parent.id : undefined
    const beside = forks.get(above)
    if (beside) beside.push(record)
    else forks.set(above, [record])
  }
  const rows: BranchRow[] = []
  // Without recursion: a line of forks of forks can be as long as a conversation.
  const open = (forks.get(undefined) ?? []).map((branch) => ({ branch, lines: '', below: '' })).reverse()
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { branch, lines, below } = next
    rows.push({ lines, branch, length: await session.store.length(branch.id) })
    const children = forks.get(branch.id) ?? []
    for (const [index, child] of [...children.entries()].reverse()) {
      const last = index === children.length - 1
      open.push({ branch: child, lines: `${below}${last ? '└─ ' : '├─ '}`, below: `${below}${last ? '   ' : '│  '}` })
    }
  }
  return rows
}

function wordsOf({ parent, archived }: BranchRecord, length: number): string {
  const said = [`${length} message${length === 1 ? '' : 's'}`]
  if (parent !== undefined) said.push(`${parent.at} of them shared`)
  if (archived) said.push('put away')
  return said.join(', ')
}
