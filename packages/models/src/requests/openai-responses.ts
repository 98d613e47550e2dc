import { type Attachment, addressOf, dataUrl, nameOf, refused } from './attachment.ts'
import type { Encoder } from './encoder.ts'
import { argumentsOf, outputText } from './openai-chat.ts'
import { within } from './schemas/subset.ts'
import { openaiStrict } from './schemas/subsets.ts'
import type { SaidPart, Turn, UserTurn } from './turn.ts'

/**
 * The items of a response's input, each where it stands. Nothing is kept on OpenAI's side: the conversation is the caller's, and reasoning goes back as it
 * came, encrypted.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
export const openaiResponses: Encoder = {
  messages: (turns, { data }) => ({ store: false, input: turns.flatMap((turn) => itemsOf(turn, data.id)) }),
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

function itemsOf(turn: Turn, provider: string): readonly Item[] {
  switch (turn.role) {
    case 'system':
      return [{ role: 'system', content: turn.text }]
    case 'user':
      return [{ role: 'user', content: contentOf(turn, provider) }]
    case 'assistant':
      return saidItems(turn.parts)
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

function saidItems(parts: readonly SaidPart[]): readonly Item[] {
  const items: Item[] = []
  let summary: Item[] = []
  for (const part of parts) {
    if (part.type === 'reasoning') {
      // Each part of a summary was a block of its own; what OpenAI encrypted came with the last.
      if (part.text !== '') summary.push({ type: 'summary_text', text: part.text })
      if (part.redacted === undefined) continue
      items.push({ type: 'reasoning', encrypted_content: part.redacted, summary })
    } else if (part.type === 'text') items.push({ role: 'assistant', content: part.text })
    else if (part.type === 'call')
      items.push({ type: 'function_call', call_id: part.id, name: part.name, arguments: argumentsOf(part) })
    // What it did not encrypt, it cannot read again.
    summary = []
  }
  return items
}

/** Text alone is a text; files come before it. */
function contentOf({ text, files }: UserTurn, provider: string): unknown {
  if (files.length === 0) return text
  const parts = files.map((file, place) => filePart(file, place, provider))
  return text === '' ? parts : [...parts, { type: 'input_text', text }]
}

/** https://platform.openai.com/docs/api-reference/responses/create, `input`, content items. */
function filePart(file: Attachment, place: number, provider: string): Item {
  if (file.mediaType.startsWith('image/')) return { type: 'input_image', image_url: addressOf(file) }
  if (file.mediaType !== 'application/pdf') throw refused(provider, file, 'images and PDF')
  if (file.url !== undefined) return { type: 'input_file', file_url: file.url }
  return { type: 'input_file', filename: nameOf(file, place), file_data: dataUrl(file) }
}
