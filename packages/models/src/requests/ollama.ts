import { refused } from './attachment.ts'
import type { Encoder } from './encoder.ts'
import { outputText } from './openai-chat.ts'
import { inputOf, type Turn } from './turn.ts'

type Item = Readonly<Record<string, unknown>>

/**
 * The messages of Ollama's own chat, each where it stands. Calls have no ids: results belong to them by name and order. Images go beside the text, as bytes.
 * https://docs.ollama.com/api/chat
 */
export const ollama: Encoder = {
  messages: (turns, { data }) => ({ messages: turns.flatMap((turn) => messagesOf(turn, data.id)) }),
  tools({ tools, choice }) {
    if (tools.length === 0 || choice === 'none') return {}
    return {
      tools: tools.map(({ name, description, schema }) => ({
        type: 'function',
        function: { name, description, parameters: schema },
      })),
    }
  },
}

function messagesOf(turn: Turn, provider: string): readonly Item[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: turn.text }]
    case 'user': {
      const images = turn.files.map((file) => {
        if (file.base64 === undefined || !file.mediaType.startsWith('image/'))
          throw refused(provider, file, 'images by their bytes')
        return file.base64
      })
      return [{ role: 'user', content: turn.text, ...(images.length === 0 ? {} : { images }) }]
    }
    case 'assistant': {
      let content = ''
      let thinking = ''
      const calls: Item[] = []
      for (const part of turn.parts) {
        if (part.type === 'text') content += part.text
        else if (part.type === 'reasoning') thinking += part.text
        else if (part.type === 'call') calls.push({ function: { name: part.name, arguments: inputOf(part) } })
      }
      if (content === '' && calls.length === 0) return []
      return [
        {
          role: 'assistant',
          content,
          ...(thinking === '' ? {} : { thinking }),
          ...(calls.length === 0 ? {} : { tool_calls: calls }),
        },
      ]
    }
    case 'tool':
      return turn.results.map((result) => ({ role: 'tool', tool_name: result.name, content: outputText(result) }))
    default:
      return turn satisfies never
  }
}
