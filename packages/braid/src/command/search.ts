import { BraidError } from '@braid/core'
import { Session } from '../session.ts'
import { jsonLine } from './json-line.ts'
import { messageText } from './message-text.ts'
import { printable } from './printable.ts'
import { styles } from './style.ts'

/** Prints the messages with all of these words, the best first, and the branches that have them. */
export async function search(
  path: string,
  words: string,
  { index, json }: { readonly index: boolean; readonly json: boolean },
): Promise<number> {
  await using session = await Session.open(path, index ? { search: true } : { readOnly: true })
  const style = styles(process.stdout)
  const found = await session.search(words).catch((error: unknown) => {
    if (!(error instanceof BraidError) || error.code !== 'search_off') throw error
    throw new BraidError('search_off', `${error.message} Here: braid search ${path} ${words} --index`, { cause: error })
  })
  for (const { message, branches } of found) {
    if (json) console.log(jsonLine({ branches, message: { ...message, text: message.text } }))
    else console.log(`${style.bold(branches.map(printable).join(', '))}\n${messageText(message, undefined, style)}\n`)
  }
  if (found.length === 0 && !json) console.log('nothing found')
  return 0
}
