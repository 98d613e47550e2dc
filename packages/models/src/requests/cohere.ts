import { type Attachment, addressOf, refused } from './attachment.ts'
import type { Encoder } from './encoder.ts'
import { argumentsOf, outputText } from './openai-chat.ts'
import type { SaidPart, Turn, UserTurn } from './turn.ts'

type Item = Readonly<Record<string, unknown>>

/**
 * The messages of Cohere's Chat, each where it stands. There is no way to ask for one tool by its name: it is the only one that is offered then.
 * https://docs.cohere.com/reference/chat
 */
export const cohere: Encoder = {
  messages: (turns, { data }) => ({ messages: turns.flatMap((turn) => messagesOf(turn, data.id)) }),
  tools({ tools, choice }) {
    const offered = typeof choice === 'object' ? tools.filter(({ name }) => name === choice.toolName) : tools
    if (offered.length === 0) return {}
    return {
      tools: offered.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
      // As it likes is what it does where nothing is said.
      ...(choice === undefined || choice === 'auto' ? {} : { tool_choice: choice === 'none' ? 'NONE' : 'REQUIRED' }),
    }
  },
}

function messagesOf(turn: Turn, provider: string): readonly Item[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: turn.text }]
    case 'user':
      return [{ role: 'user', content: contentOf(turn, provider) }]
    case 'assistant':
      return said(turn.parts)
    case 'tool':
      return turn.results.map((result) => ({ role: 'tool', tool_call_id: result.id, content: outputText(result) }))
    default:
      return turn satisfies never
  }
}

/** Beside calls there is no text, and what was said before them is the plan: https://docs.cohere.com/docs/tool-use-overview */
function said(parts: readonly SaidPart[]): readonly Item[] {
  const thinking = parts.flatMap((part) => (part.type === 'reasoning' && part.text !== '' ? [part.text] : []))
  const text = parts.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('')
  const calls = parts.flatMap((part) =>
    part.type === 'call'
      ? [{ id: part.id, type: 'function', function: { name: part.name, arguments: argumentsOf(part) } }]
      : [],
  )
  const thoughts = thinking.map((each) => ({ type: 'thinking', thinking: each }))
  if (calls.length > 0)
    return [
      {
        role: 'assistant',
        ...(text === '' ? {} : { tool_plan: text }),
        ...(thoughts.length === 0 ? {} : { content: thoughts }),
        tool_calls: calls,
      },
    ]
  if (text === '') return []
  return [{ role: 'assistant', content: thoughts.length === 0 ? text : [...thoughts, { type: 'text', text }] }]
}

function contentOf({ text, files }: UserTurn, provider: string): unknown {
  if (files.length === 0) return text
  return [...files.map((file) => imagePart(file, provider)), ...(text === '' ? [] : [{ type: 'text', text }])]
}

/** https://docs.cohere.com/docs/image-inputs */
function imagePart(file: Attachment, provider: string): Item {
  if (!file.mediaType.startsWith('image/')) throw refused(provider, file, 'images')
  return { type: 'image_url', image_url: { url: addressOf(file) } }
}
