import { type Content, type MessageLike, type ModelRequest, toMessage } from '@braid/core'

const LETTERS = 4
/** What a picture of middling size counts as, at the providers that say it. */
const FILE = 1_000

/** About how many tokens a request has, without its tools. An estimate, and never told as anything else. */
export function tokensIn({ messages }: ModelRequest): number {
  return messages.reduce((sum, message) => sum + tokensOf(message), 0)
}

/** About how many tokens so much text is. */
export function tokensOfText(letters: number): number {
  return Math.ceil(letters / LETTERS)
}

function tokensOf(like: MessageLike): number {
  const content: Content = toMessage(like).content
  switch (content.type) {
    case 'system':
      return tokensOfText(content.system.length)
    case 'instruction':
      return tokensOfText(content.instruction.length + json(content.context)) + (content.files?.length ?? 0) * FILE
    case 'assistant-response':
      return content.parts.reduce((sum, part) => sum + ('text' in part ? tokensOfText(part.text.length) : 0), 0)
    case 'action-request':
      return tokensOfText(json(content.calls))
    case 'action-response':
      return tokensOfText(json(content.outcomes))
    default:
      return content satisfies never
  }
}

function json(value: unknown): number {
  if (value === undefined) return 0
  try {
    return JSON.stringify(value)?.length ?? 0
  } catch {
    return 0
  }
}
