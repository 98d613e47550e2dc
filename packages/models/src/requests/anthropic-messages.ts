import { alternating, type Turn } from './turn.ts'

/**
 * System text goes before the conversation, wherever it stood; roles alternate.
 * https://docs.anthropic.com/en/api/messages
 */
export function anthropicMessages(turns: readonly Turn[]): Record<string, unknown> {
  const system = turns.filter(({ role }) => role === 'system')
  const talk = alternating(turns.filter(({ role }) => role !== 'system'))
  return {
    ...(system.length === 0 ? {} : { system: system.map(({ text }) => ({ type: 'text', text })) }),
    messages: talk.map(({ role, texts }, index) => ({
      role,
      content: texts.map((text, part) => ({
        type: 'text',
        // The API refuses an answer to be continued that ends in white space.
        text: role === 'assistant' && index === talk.length - 1 && part === texts.length - 1 ? text.trimEnd() : text,
      })),
    })),
  }
}
