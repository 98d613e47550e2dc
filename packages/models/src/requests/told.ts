import { outputText } from './openai-chat.ts'
import { inputOf, jsonText, type Turn } from './turn.ts'

/**
 * Calls and their results as text, for an API that refuses them where no tool is offered: a history that has them can go on without tools, and
 * what was found out is not lost. Reasoning that led to a call goes with it.
 */
export function told(turns: readonly Turn[]): readonly Turn[] {
  return turns.map((turn): Turn => {
    if (turn.role === 'assistant' && turn.parts.some(({ type }) => type === 'call')) {
      const text = turn.parts
        .flatMap((part) => {
          if (part.type === 'text') return [part.text]
          if (part.type !== 'call') return []
          return [`[called ${part.name}: ${jsonText(inputOf(part), `the input of a call of the tool "${part.name}"`)}]`]
        })
        .join('\n')
      return { role: 'assistant', parts: [{ type: 'text', text }] }
    }
    if (turn.role !== 'tool') return turn
    const text = turn.results.map((result) => `[${result.name} gave: ${outputText(result)}]`).join('\n')
    return { role: 'user', text, files: [] }
  })
}
