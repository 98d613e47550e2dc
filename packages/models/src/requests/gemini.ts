import { alternating, type Turn } from './turn.ts'

/**
 * System text goes before the conversation, wherever it stood; the assistant is called `model`.
 * https://ai.google.dev/api/generate-content
 */
export function gemini(turns: readonly Turn[]): Record<string, unknown> {
  const system = turns.filter(({ role }) => role === 'system')
  return {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map(({ text }) => ({ text })) } }),
    contents: alternating(turns.filter(({ role }) => role !== 'system')).map(({ role, texts }) => ({
      role: role === 'assistant' ? 'model' : 'user',
      parts: texts.map((text) => ({ text })),
    })),
  }
}
