import { BraidError, type Message } from '@braid/core'
import type { Branch } from '@braid/flow'
import { Session } from '../session.ts'
import { jsonLine } from './json-line.ts'
import { printable } from './printable.ts'
import { counted } from './table.ts'

/** So much of an id says which. Fewer digits are a number. */
const ID_PART = 6

/** Forks a branch, at a message that is named by its number in `braid log`, by its id, or by the end or the beginning of that. */
export async function fork(
  path: string,
  from: string,
  name: string,
  { at, json }: { readonly at: string | undefined; readonly json: boolean },
): Promise<number> {
  await using session = await Session.open(path)
  const branch = await session.branch(from)
  const made = await branch.fork(name, at === undefined ? {} : { at: await messageAt(branch, at) })
  const { length } = await made.messages()
  const shown = { branch: made.name, messages: length, lineage: await made.lineage() }
  console.log(
    json
      ? jsonLine(shown)
      : `${printable(made.name)} has the first ${counted(length, 'message')} of ${printable(from)}`,
  )
  return 0
}

async function messageAt(branch: Branch, at: string): Promise<Message> {
  const messages = await branch.messages()
  const numbered = /^\d{1,9}$/.test(at) ? messages[Number(at) - 1] : undefined
  const named = at.length < ID_PART ? [] : messages.filter(({ id }) => id.endsWith(at) || id.startsWith(at))
  const found = numbered ?? (named.length === 1 ? named[0] : undefined)
  if (found) return found
  throw new BraidError(
    'unknown_message',
    `branch "${branch.name}" has ${messages.length} messages, and ${named.length > 1 ? 'several' : 'none'} whose number is "${at}" or whose id begins or ends with it; braid log shows the numbers, with --json the ids`,
  )
}
