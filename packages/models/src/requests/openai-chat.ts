import type { Encoder } from './encoder.ts'
import { openaiStrict } from './schemas/subsets.ts'
import { within } from './schemas/subset.ts'
import { type CallPart, inputOf, jsonText, type ResultPart, type Turn } from './turn.ts'

/**
 * The messages of a chat completion, each where it stands; the results of calls one by one. An API of this kind has no mark for a result that
 * failed: its text says it.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export const openaiChat: Encoder = {
  messages: (turns, { data }) => ({ messages: turns.flatMap((turn) => messagesOf(turn, data.request.reasoning)) }),
  tools({ tools, choice }, { tools: rules }) {
    if (tools.length === 0 || rules === false) return {}
    return {
      tools: tools.map(({ name, description, schema }) => {
        const strict = rules.strict ? within(openaiStrict, schema) : undefined
        const held = strict === undefined ? {} : { strict: true }
        return { type: 'function', function: { name, description, parameters: strict ?? schema, ...held } }
      }),
      ...(choice === undefined
        ? {}
        : {
            tool_choice:
              typeof choice === 'object' ? { type: 'function', function: { name: choice.toolName } } : choice,
          }),
    }
  },
}

function messagesOf(turn: Turn, reasoningField: string | undefined): readonly Record<string, unknown>[] {
  switch (turn.role) {
    case 'system':
    case 'user':
      return [{ role: turn.role, content: turn.text }]
    case 'assistant': {
      let text = ''
      let reasoning = ''
      const calls: Record<string, unknown>[] = []
      for (const part of turn.parts) {
        if (part.type === 'text') text += part.text
        else if (part.type === 'reasoning') reasoning += part.text
        else calls.push({ id: part.id, type: 'function', function: { name: part.name, arguments: argumentsOf(part) } })
      }
      if (text === '' && calls.length === 0) return []
      return [
        {
          role: 'assistant',
          content: text === '' ? null : text,
          // Beside calls it has to be there, also where there was none.
          ...(reasoningField === undefined || (reasoning === '' && calls.length === 0)
            ? {}
            : { [reasoningField]: reasoning }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
      ]
    }
    case 'tool':
      return turn.results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: outputText(result) }))
    default:
      return turn satisfies never
  }
}

/** A tool's arguments as the model wrote them: JSON, in a text. */
export function argumentsOf(call: CallPart): string {
  return jsonText(inputOf(call), `the input of a call of the tool "${call.name}"`)
}

/** A result as text, which says it where the tool failed. */
export function outputText({ name, failed, output }: ResultPart): string {
  if (failed) return `Error: ${String(output)}`
  return typeof output === 'string' ? output : jsonText(output ?? null, `the result of the tool "${name}"`)
}
