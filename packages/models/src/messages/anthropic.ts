import type { FilePart, Message, ReasoningPart, TextPart, ToolCall } from '@braid/core'
import { Conversation } from './conversation.ts'
import { bytesOf, fileAt, type Given, listAt, objectAt, textAt, textOf, unknown } from './given.ts'

/** Of a request's `system` and `messages`. https://docs.anthropic.com/en/api/messages */
export function fromAnthropic(messages: readonly unknown[], system: unknown): readonly Message[] {
  const conversation = new Conversation('anthropic')
  if (typeof system === 'string') conversation.system(system)
  else if (system !== undefined) {
    for (const [index, block] of listAt(system, 'system').entries())
      conversation.system(textOf([block], `system[${index}]`))
  }
  for (const [index, message] of messages.entries()) {
    const { role, content } = objectAt(message, `[${index}]`)
    const place = `[${index}].content`
    const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : listAt(content, place)
    if (role === 'user') heard(blocks, place, conversation)
    else if (role === 'assistant') answered(blocks, place, conversation)
    else throw unknown(`[${index}].role`, role)
  }
  return conversation.messages
}

/** Each text is an instruction, with the files before it. */
function heard(blocks: readonly unknown[], place: string, conversation: Conversation): void {
  let files: FilePart[] = []
  for (const [index, given] of blocks.entries()) {
    const at = `${place}[${index}]`
    const block = objectAt(given, at)
    switch (block['type']) {
      case 'tool_result':
        conversation.result(
          textAt(block['tool_use_id'], `${at}.tool_use_id`),
          undefined,
          outputOf(block['content']),
          block['is_error'] === true,
        )
        break
      case 'image':
      case 'document':
        files.push(fileOf(block, at))
        break
      case 'text':
        conversation.instruction(textAt(block['text'], `${at}.text`), files)
        files = []
        break
      default:
        throw unknown(at, block['type'])
    }
  }
  if (files.length > 0) conversation.instruction('', files)
}

/** Two texts in a row were two answers: in one they would be one text. */
function answered(blocks: readonly unknown[], place: string, conversation: Conversation): void {
  let parts: (TextPart | ReasoningPart)[] = []
  const calls: ToolCall[] = []
  for (const [index, given] of blocks.entries()) {
    const at = `${place}[${index}]`
    const block = objectAt(given, at)
    switch (block['type']) {
      case 'text':
        if (calls.length === 0 && parts.at(-1)?.type === 'text') {
          conversation.answer(parts, [])
          parts = []
        }
        parts.push({ type: 'text', text: textAt(block['text'], `${at}.text`) })
        break
      case 'thinking': {
        const { thinking, signature } = block
        const signed = typeof signature === 'string' ? { signature } : {}
        parts.push({ type: 'reasoning', text: textAt(thinking, `${at}.thinking`), ...signed })
        break
      }
      case 'redacted_thinking':
        parts.push({ type: 'reasoning', text: '', redacted: textAt(block['data'], `${at}.data`) })
        break
      case 'tool_use':
        calls.push({
          toolCallId: textAt(block['id'], `${at}.id`),
          toolName: textAt(block['name'], `${at}.name`),
          input: block['input'],
        })
        break
      default:
        throw unknown(at, block['type'])
    }
  }
  conversation.answer(parts, calls)
}

/** Text where it is nothing else. */
function outputOf(content: unknown): unknown {
  const onlyText =
    Array.isArray(content) &&
    content.every((block) => typeof block === 'object' && block !== null && typeof block.text === 'string')
  if (onlyText) return content.map(({ text }) => text).join('\n\n')
  return content ?? ''
}

function fileOf(block: Given, at: string): FilePart {
  const source = objectAt(block['source'], `${at}.source`)
  const { type, media_type, data, url } = source
  const pdf = block['type'] === 'document' ? 'application/pdf' : undefined
  switch (type) {
    case 'url':
      return fileAt(textAt(url, `${at}.source.url`), pdf)
    case 'base64':
      return {
        type: 'file',
        mediaType: textAt(media_type, `${at}.source.media_type`),
        bytes: bytesOf(textAt(data, `${at}.source.data`)),
      }
    case 'text':
      return {
        type: 'file',
        mediaType: 'text/plain',
        bytes: new TextEncoder().encode(textAt(data, `${at}.source.data`)),
      }
    default:
      throw unknown(`${at}.source`, type)
  }
}
