import { BraidError, type Message } from '@braid/core'
import { fromAnthropic } from './anthropic.ts'
import { type Given, listAt, objectAt } from './given.ts'
import { fromOpenai } from './openai.ts'

/** Whose array of messages it is: that of OpenAI's chat completions, which many speak, or Anthropic's. */
export type ChatFormat = 'openai' | 'anthropic'

/**
 * The messages of a request to OpenAI or Anthropic, as Messages: the array, or the body that it is in (Anthropic's `system` stands there). Given back
 * to `formatMessages` they are what they were. Throws `invalid_request`, naming the place, for what no message can hold.
 *
 * @example
 * const [system, ...said] = parseMessages('anthropic', { system: 'Be brief.', messages })
 * const branch = await session.createBranch({ name: 'imported', system: system.text })
 * await branch.append(...said)
 */
export function parseMessages(format: ChatFormat, given: unknown): readonly Message[] {
  const body: Given = Array.isArray(given) ? { messages: given } : objectAt(given, 'the body')
  const messages = listAt(body['messages'], '`messages`')
  switch (format) {
    case 'openai':
      return fromOpenai(messages)
    case 'anthropic':
      return fromAnthropic(messages, body['system'])
    default:
      format satisfies never
      throw new BraidError('invalid_request', `expected the format 'openai' or 'anthropic'; got '${String(format)}'`)
  }
}
