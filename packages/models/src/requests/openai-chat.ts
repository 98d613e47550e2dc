import type { ManifestData } from '@braid/stream'
import { type Attachment, addressOf, dataUrl, nameOf, refused } from './attachment.ts'
import type { Encoder } from './encoder.ts'
import { openaiStrict } from './schemas/subsets.ts'
import { within } from './schemas/subset.ts'
import { type CallPart, inputOf, jsonText, type ResultPart, type Turn, type UserTurn } from './turn.ts'

/**
 * The messages of a chat completion, each where it stands; the results of calls one by one. An API of this kind has no mark for a result that
 * failed: its text says it.
 * https://platform.openai.com/docs/api-reference/chat/create
 */
export const openaiChat: Encoder = {
  messages(turns, { data }) {
    const messages = turns.flatMap((turn) => messagesOf(turn, data))
    const last = messages.at(-1)
    if (last?.['role'] !== 'assistant') return { messages }
    return { messages: messages.with(-1, { ...last, ...data.request.continued }) }
  },
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

function messagesOf(turn: Turn, data: ManifestData): readonly Record<string, unknown>[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: turn.text }]
    case 'user':
      return [{ role: 'user', content: contentOf(turn, data) }]
    case 'assistant': {
      const { reasoning: field } = data.request
      let text = ''
      let reasoning = ''
      const calls: Record<string, unknown>[] = []
      for (const part of turn.parts) {
        if (part.type === 'text') text += part.text
        else if (part.type === 'reasoning') reasoning += part.text
        else if (part.type === 'call') calls.push(callItem(part))
      }
      if (text === '' && calls.length === 0) return []
      return [
        {
          role: 'assistant',
          content: text === '' ? null : text,
          // Beside calls it has to be there, also where there was none.
          ...(field === undefined || (reasoning === '' && calls.length === 0) ? {} : { [field]: reasoning }),
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

/** Text alone is a text; files come before it. */
function contentOf({ text, files }: UserTurn, { id, request }: ManifestData): unknown {
  if (files.length === 0) return text
  const partOf = request.files === 'mistral' ? mistralPart : filePart
  return [...files.map((file, place) => partOf(file, place, id)), ...(text === '' ? [] : [{ type: 'text', text }])]
}

/** https://platform.openai.com/docs/api-reference/chat/create, `messages`, content parts. */
function filePart(file: Attachment, place: number, provider: string): Record<string, unknown> {
  if (file.mediaType.startsWith('image/')) return { type: 'image_url', image_url: { url: addressOf(file) } }
  const format = AUDIO[file.mediaType]
  if (format !== undefined && file.base64 !== undefined)
    return { type: 'input_audio', input_audio: { data: file.base64, format } }
  if (file.mediaType === 'application/pdf' && file.base64 !== undefined)
    return { type: 'file', file: { filename: nameOf(file, place), file_data: dataUrl(file) } }
  throw refused(provider, file, 'images; WAV, MP3 and PDF by their bytes')
}

/** https://docs.mistral.ai/capabilities/document_ai/document_qna, and audio: https://docs.mistral.ai/capabilities/audio */
function mistralPart(file: Attachment, _: number, provider: string): Record<string, unknown> {
  if (file.mediaType.startsWith('image/')) return { type: 'image_url', image_url: addressOf(file) }
  if (file.mediaType === 'application/pdf') return { type: 'document_url', document_url: addressOf(file) }
  if (file.mediaType.startsWith('audio/')) return { type: 'input_audio', input_audio: file.url ?? file.base64 }
  throw refused(provider, file, 'images, PDF and audio')
}

const AUDIO: Readonly<Record<string, string>> = {
  'audio/wav': 'wav',
  'audio/x-wav': 'wav',
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
}

function callItem(call: CallPart): Record<string, unknown> {
  const { id, name, signature } = call
  return {
    id,
    type: 'function',
    function: { name, arguments: argumentsOf(call) },
    // Where it came from: nobody but Google signs calls here.
    ...(signature === undefined ? {} : { extra_content: { google: { thought_signature: signature } } }),
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
