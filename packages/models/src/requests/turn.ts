import { BraidError, type FilePart, type Message } from '@braid/core'

/** A message as the three text APIs see it: who speaks, and the text. */
export interface Turn {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

/**
 * Messages as turns. An instruction's context stands below it; messages that have no text are left out. Reasoning, refusals and sources of earlier
 * answers are not sent: they belong to the provider that made them.
 *
 * Throws `unsupported_parameter`, naming it, for what cannot be sent yet: files, tool calls and their results.
 */
export function turnsOf(messages: readonly Message[], provider: string): readonly Turn[] {
  const turns: Turn[] = []
  for (const message of messages) {
    const turn = turnOf(message, provider)
    if (turn.text.trim() !== '') turns.push(turn)
  }
  if (turns.length === 0) {
    throw new BraidError(
      'invalid_request',
      `expected at least one message with text; got ${messages.length === 0 ? 'no messages' : `${messages.length} without any`}`,
    )
  }
  return turns
}

function turnOf(message: Message, provider: string): Turn {
  const { content } = message
  switch (content.type) {
    case 'system':
      return { role: 'system', text: content.system }
    case 'instruction':
      refuseFiles(content.files ?? [], provider)
      return { role: 'user', text: withContext(content.instruction, content.context) }
    case 'assistant-response':
      refuseFiles(
        content.parts.filter((part) => part.type === 'file'),
        provider,
      )
      return { role: 'assistant', text: message.text }
    case 'action-request':
    case 'action-response':
      throw new BraidError(
        'unsupported_parameter',
        `expected system, instruction and assistant messages, which is what Braid can send to ${provider}; got one of type \`${content.type}\`. Leave tool calls and their results out of the request`,
      )
    default:
      return content satisfies never
  }
}

function refuseFiles(files: readonly FilePart[], provider: string): void {
  const [file] = files
  if (file === undefined) return
  throw new BraidError(
    'unsupported_parameter',
    `expected text, which is what Braid can send to ${provider}; got a file of type ${file.mediaType}. Leave it out, or say in text what it shows`,
  )
}

/** Text as it is, anything else as JSON. */
function withContext(instruction: string, context: unknown): string {
  if (context === undefined) return instruction
  const text = typeof context === 'string' ? context : asJson(context)
  return instruction === '' ? text : `${instruction}\n\n${text}`
}

function asJson(context: unknown): string {
  let text: string | undefined
  let cause: unknown
  try {
    text = JSON.stringify(context, null, 2)
  } catch (error) {
    cause = error
  }
  if (text !== undefined) return text
  throw new BraidError(
    'invalid_request',
    `expected an instruction's context to be text or JSON; got ${typeof context === 'object' ? 'an object that JSON cannot hold' : `a ${typeof context}`}`,
    { cause },
  )
}

/** Neighbours of one role as one turn each, for the APIs that want the roles to alternate. */
export function alternating(
  turns: readonly Turn[],
): readonly { readonly role: Turn['role']; readonly texts: readonly string[] }[] {
  const merged: { role: Turn['role']; texts: string[] }[] = []
  for (const { role, text } of turns) {
    const last = merged.at(-1)
    if (last?.role === role) last.texts.push(text)
    else merged.push({ role, texts: [text] })
  }
  return merged
}
