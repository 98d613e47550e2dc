import type { Turn } from './turn.ts'

/**
 * The messages of a chat completion, each where it stands.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export function openaiChat(turns: readonly Turn[]): Record<string, unknown> {
  return { messages: turns.map(({ role, text }) => ({ role, content: text })) }
}
