import type { Turn } from './turn.ts'

/**
 * The items of a response's input, each where it stands. Nothing is kept on OpenAI's side: the conversation is the caller's.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
export function openaiResponses(turns: readonly Turn[]): Record<string, unknown> {
  return { store: false, input: turns.map(({ role, text }) => ({ role, content: text })) }
}
