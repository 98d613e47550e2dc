import type { FilePart, Message, ReasoningPart, TextPart, ToolCall } from '@braid/core'
import { Conversation } from './conversation.ts'
import { fileAt, listAt, objectAt, textAt, textOf, unknown } from './given.ts'

/** Of a chat completion's `messages`. https://platform.openai.com/docs/api-reference/chat/create */
export function fromOpenai(messages: readonly unknown[]): readonly Message[] {
  const conversation = new Conversation('openai')
  for (const [index, message] of messages.entries()) {
    const place = `[${index}]`
    const { role, content, name, tool_call_id, ...rest } = objectAt(message, place)
    switch (role) {
      case 'system':
      case 'developer':
        conversation.system(textOf(content, `${place}.content`))
        break
      case 'user': {
        const { text, files } = saidBy(content, `${place}.content`)
        conversation.instruction(text, files)
        break
      }
      case 'assistant':
        conversation.answer(partsOf(content, rest, place), callsOf(rest['tool_calls'], place))
        break
      case 'tool':
        conversation.result(
          textAt(tool_call_id, `${place}.tool_call_id`),
          typeof name === 'string' ? name : undefined,
          textOf(content, `${place}.content`),
          false,
        )
        break
      default:
        throw unknown(`${place}.role`, role)
    }
  }
  return conversation.messages
}

function saidBy(content: unknown, place: string): { readonly text: string; readonly files: readonly FilePart[] } {
  if (typeof content === 'string') return { text: content, files: [] }
  const texts: string[] = []
  const files: FilePart[] = []
  for (const [index, given] of listAt(content, place).entries()) {
    const at = `${place}[${index}]`
    const part = objectAt(given, at)
    switch (part['type']) {
      case 'text':
        texts.push(textAt(part['text'], `${at}.text`))
        break
      case 'image_url':
        files.push(fileAt(textAt(objectAt(part['image_url'], `${at}.image_url`)['url'], `${at}.image_url.url`)))
        break
      case 'input_audio': {
        const { data, format } = objectAt(part['input_audio'], `${at}.input_audio`)
        const mediaType = format === 'mp3' ? 'audio/mpeg' : `audio/${textAt(format, `${at}.input_audio.format`)}`
        files.push(fileAt(`data:${mediaType};base64,${textAt(data, `${at}.input_audio.data`)}`))
        break
      }
      case 'file':
        files.push(
          fileAt(textAt(objectAt(part['file'], `${at}.file`)['file_data'], `${at}.file.file_data`), 'application/pdf'),
        )
        break
      default:
        throw unknown(at, part['type'])
    }
  }
  return { text: texts.join('\n\n'), files }
}

function partsOf(
  content: unknown,
  rest: Readonly<Record<string, unknown>>,
  place: string,
): readonly (TextPart | ReasoningPart)[] {
  const { reasoning_content: reasoning } = rest
  const text = content === null || content === undefined ? '' : textOf(content, `${place}.content`)
  return [
    ...(typeof reasoning === 'string' && reasoning !== '' ? [{ type: 'reasoning', text: reasoning } as const] : []),
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
  ]
}

function callsOf(calls: unknown, place: string): readonly ToolCall[] {
  if (calls === undefined || calls === null) return []
  return listAt(calls, `${place}.tool_calls`).map((given, index) => {
    const at = `${place}.tool_calls[${index}]`
    const call = objectAt(given, at)
    const { name, arguments: text } = objectAt(call['function'], `${at}.function`)
    return {
      toolCallId: textAt(call['id'], `${at}.id`),
      toolName: textAt(name, `${at}.function.name`),
      input: inputOf(textAt(text, `${at}.function.arguments`)),
    }
  })
}

/** What does not parse stays the text that it is. */
function inputOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
