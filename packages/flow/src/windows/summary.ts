import { createHash } from 'node:crypto'
import { Message } from '@braid/core'
import { transcript } from './transcript.ts'
import { messagesOf, turnsOf } from './turns.ts'
import type { SummaryBy, WindowContext } from './window.ts'

const INSTRUCTION =
  'Summarize this conversation for somebody who goes on with it. Keep names, numbers, decisions, what tools found out and what is still open. Write the summary and nothing else.'

/**
 * When more than `after` messages have gathered behind the last summary, turns of them are summed up with it until `keep` are left at most. So a
 * summary is made once for every `after - keep` messages, and not for every turn.
 */
export async function summary(
  talk: readonly Message[],
  { after, keep = Math.floor(after / 2), imodel, instruction = INSTRUCTION }: SummaryBy,
  { summaries, hear }: WindowContext,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const turns = turnsOf(talk).map(messagesOf)
  const maker = typeof imodel === 'object' ? imodel.name : imodel
  const keys = keysOf(turns, JSON.stringify([maker, instruction]))

  // So many turns are summed up already, as much as is known of.
  let done = turns.length
  let text: string | undefined
  for (; done > 0; done -= 1) {
    text = summaries.recall(keys[done - 1] as string)
    if (text !== undefined) break
  }
  let left = talk.length - count(turns.slice(0, done))
  if (left > after) {
    const from = done
    for (; left > keep; done += 1) left -= (turns[done] as readonly Message[]).length
    const context = transcript(turns.slice(from, done).flat(), text)
    const asked = Message.instruction(instruction, { context })
    const made = await summaries.make(keys[done - 1] as string, imodel, asked, signal)
    hear(made.finishes)
    text = made.text
  }
  const open = turns.slice(done).flat()
  return text === undefined ? open : [summaryMessage(text, talk.length - open.length), ...open]
}

/** By turn: what names everything up to its end, and who sums it up how. With other messages before it, it is another key. */
function keysOf(turns: readonly (readonly Message[])[], how: string): readonly string[] {
  let key = how
  return turns.map((messages) => {
    const hash = createHash('sha256').update(key)
    for (const { id } of messages) hash.update(id)
    key = hash.digest('base64')
    return key
  })
}

function count(turns: readonly (readonly Message[])[]): number {
  return turns.reduce((sum, messages) => sum + messages.length, 0)
}

/** A user's word and not the system's: what it says was said by whoever took part. */
function summaryMessage(text: string, messages: number): Message {
  return new Message({
    content: { type: 'instruction', instruction: `What was said before, ${messages} messages in short:\n\n${text}` },
    metadata: { summaryOf: messages },
  })
}
