import type { Encoder } from './encoder.ts'
import { argumentsOf, outputText } from './openai-chat.ts'
import { within } from './schemas/subset.ts'
import { openaiStrict } from './schemas/subsets.ts'
import type { SaidPart, Turn } from './turn.ts'

/**
 * The items of a response's input, each where it stands. Nothing is kept on OpenAI's side: the conversation is the caller's, and reasoning goes back as it
 * came, encrypted, where it was asked for with `include: ['reasoning.encrypted_content']`.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
export const openaiResponses: Encoder = {
  messages: (turns) => ({ store: false, input: turns.flatMap(itemsOf) }),
  tools({ tools, choice }, { tools: rules }) {
    if (tools.length === 0 || rules === false) return {}
    return {
      tools: tools.map(({ name, description, schema }) => {
        const strict = rules.strict ? within(openaiStrict, schema) : undefined
        // Here a function is strict unless it says that it is not.
        return { type: 'function', name, description, parameters: strict ?? schema, strict: strict !== undefined }
      }),
      ...(choice === undefined
        ? {}
        : { tool_choice: typeof choice === 'object' ? { type: 'function', name: choice.toolName } : choice }),
    }
  },
}

type Item = Readonly<Record<string, unknown>>

function itemsOf(turn: Turn): readonly Item[] {
  switch (turn.role) {
    case 'system':
    case 'user':
      return [{ role: turn.role, content: turn.text }]
    case 'assistant':
      return turn.parts.flatMap(itemOf)
    case 'tool':
      return turn.results.map((result) => ({
        type: 'function_call_output',
        call_id: result.id,
        output: outputText(result),
      }))
    default:
      return turn satisfies never
  }
}

function itemOf(part: SaidPart): readonly Item[] {
  switch (part.type) {
    case 'text':
      return [{ role: 'assistant', content: part.text }]
    case 'call':
      return [{ type: 'function_call', call_id: part.id, name: part.name, arguments: argumentsOf(part) }]
    case 'reasoning':
      // What OpenAI did not encrypt, it cannot read again.
      if (part.redacted === undefined) return []
      return [
        {
          type: 'reasoning',
          encrypted_content: part.redacted,
          summary: part.text === '' ? [] : [{ type: 'summary_text', text: part.text }],
        },
      ]
    default:
      return part satisfies never
  }
}
