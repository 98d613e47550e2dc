import { BraidError } from '@braid/core'
import { branchRows } from '@braid/flow'
import { type Branch, branchTree } from '../index.ts'
import { Session } from '../session.ts'
import { follow } from './follow.ts'
import { jsonLine } from './json-line.ts'
import { messageText } from './message-text.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'
import { counted } from './table.ts'

export interface LogOptions {
  readonly branch: string | undefined
  readonly follow: boolean
  readonly json: boolean
}

/** Prints the branches of a database as a tree and what was said on them, or one branch alone; then what is going on, where that is asked for. */
export async function log(path: string, options: LogOptions): Promise<number> {
  await using session = await Session.open(path, { readOnly: true })
  if (options.json) await printJson(session, options.branch)
  else if (options.branch === undefined) await printAll(session)
  else await printOne(session, await branchOf(session, options.branch))
  return options.follow ? await follow(session, options.json) : 0
}

async function branchOf(session: Session, name: string): Promise<Branch> {
  const branches = await session.branches({ archived: true })
  const found = branches.find((branch) => branch.name === name)
  if (found) return found
  const known = branches.map((branch) => branch.name).join(', ') || 'none'
  throw new BraidError('unknown_branch', `no branch is called "${name}"; there are: ${known}`)
}

async function printJson(session: Session, only: string | undefined): Promise<void> {
  for (const branch of only === undefined
    ? await session.branches({ archived: true })
    : [await branchOf(session, only)]) {
    const { name, archived } = branch
    const messages = await branch.messages()
    console.log(jsonLine({ branch: name, archived, messages: messages.length, lineage: await branch.lineage() }))
    for (const message of messages) console.log(jsonLine({ branch: name, message: { ...message, text: message.text } }))
  }
}

/** What a fork shares is not said again, and not read again. */
async function printAll(session: Session): Promise<void> {
  const { bold, dim } = styles(process.stdout)
  const rows = await branchRows(session, { archived: true })
  if (rows.length === 0) console.log('no branches yet')
  else console.log(`${await branchTree(session, { archived: true })}\n`)
  const records = new Map(rows.map(({ branch }) => [branch.id, branch]))
  for (const { branch, length } of rows) {
    const { id, system } = branch
    const parent = branch.parent && records.get(branch.parent.id)
    // Of one whose parent was deleted all is its own.
    const shared = parent ? (branch.parent?.at ?? 0) : 0
    const own = await session.store.messages(id, { between: [shared, length] })
    const first = system !== undefined && system.id !== parent?.system?.id ? [system] : []
    if (first.length + own.length === 0) continue
    // Numbered as `braid log` of the one branch does, where a system message is the first.
    const before = (system === undefined ? 0 : 1) + shared
    console.log(
      bold(printable(branch.name)) + dim(shared === 0 ? '' : `, after ${before} of ${printable(parent?.name ?? '')}`),
    )
    for (const message of first) console.log(messageText(message, 1, styles(process.stdout)))
    for (const [index, message] of own.entries()) {
      console.log(messageText(message, before + index + 1, styles(process.stdout)))
    }
    console.log()
  }
}

async function printOne(session: Session, branch: Branch): Promise<void> {
  const { bold, dim } = styles(process.stdout)
  const row = (await branchRows(session, { archived: true })).find((each) => each.branch.name === branch.name)
  const [parent] = await branch.lineage()
  const shared = parent ? `, ${row?.branch.parent?.at ?? 0} of them shared with ${printable(parent.branch)}` : ''
  console.log(bold(printable(branch.name)) + dim(`  ${counted(row?.length ?? 0, 'message')}${shared}`))
  for (const [index, message] of (await branch.messages()).entries()) {
    console.log(messageText(message, index + 1, styles(process.stdout)))
  }
  console.log()
}
