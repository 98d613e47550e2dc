import { BraidError, type FilePart, type Message, type ToolCall, type ToolOutcome } from '@braid/core'
import type { ManifestData } from '@braid/stream'
import { type Attachment, attachmentOf } from './attachment.ts'
import { makerOf, reads } from './maker.ts'

/** One side's turn to speak, as all the APIs see it. */
export type Turn = SystemTurn | UserTurn | AssistantTurn | ToolTurn

interface SystemTurn {
  readonly role: 'system'
  readonly text: string
}
export interface UserTurn {
  readonly role: 'user'
  /** May be empty where there are files. */
  readonly text: string
  readonly files: readonly Attachment[]
}
export interface AssistantTurn {
  readonly role: 'assistant'
  /** In the order in which they were said; calls come last. */
  readonly parts: readonly SaidPart[]
}
export interface ToolTurn {
  readonly role: 'tool'
  readonly results: readonly ResultPart[]
}

export type SaidPart = TextPart | ReasoningPart | MadePart | CallPart
interface TextPart {
  readonly type: 'text'
  readonly text: string
}
interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
  readonly signature?: string | undefined
  readonly redacted?: string | undefined
}
/** A file that the model made. */
interface MadePart {
  readonly type: 'made'
  readonly file: Attachment
}
export interface CallPart {
  readonly type: 'call'
  readonly id: string
  readonly name: string
  readonly input: unknown
  readonly signature?: string | undefined
}
export interface ResultPart {
  readonly id: string
  readonly name: string
  readonly input: unknown
  readonly failed: boolean
  /** What the tool gave, or of a failed one the words of its error. */
  readonly output: unknown
}

/**
 * Messages as turns. An instruction's context stands below it; messages that say nothing are left out. An answer and the calls that follow it are one
 * turn. Of reasoning, and of what signs a call, only what the provider can read is there; refusals and sources are not sent.
 */
export function turnsOf(messages: readonly Message[], data: ManifestData): readonly Turn[] {
  const turns: Turn[] = []
  /** Who made the answer that calls may follow. */
  let maker: string | undefined
  for (const message of messages) {
    if (message.content.type !== 'action-request') maker = makerOf(message)
    const turn = turnOf(message, makerOf(message) ?? maker, data)
    if (turn === undefined) continue
    const last = turns.at(-1)
    // The calls of an answer are a message of their own, right after it.
    if (message.content.type === 'action-request' && last?.role === 'assistant' && turn.role === 'assistant') {
      turns[turns.length - 1] = { role: 'assistant', parts: [...last.parts, ...turn.parts] }
    } else turns.push(turn)
  }
  if (turns.length > 0) return turns
  throw new BraidError(
    'invalid_request',
    `expected at least one message with text; got ${messages.length === 0 ? 'no messages' : `${messages.length} without any`}`,
  )
}

function turnOf({ content }: Message, maker: string | undefined, data: ManifestData): Turn | undefined {
  switch (content.type) {
    case 'system':
      return isBlank(content.system) ? undefined : { role: 'system', text: content.system }
    case 'instruction': {
      const text = withContext(content.instruction, content.context)
      const files = (content.files ?? []).map(attachmentOf)
      return isBlank(text) && files.length === 0 ? undefined : { role: 'user', text: isBlank(text) ? '' : text, files }
    }
    case 'assistant-response': {
      const parts: SaidPart[] = []
      for (const part of content.parts) {
        if (part.type === 'reasoning' && reads(data, maker)) parts.push(part)
        const said = part.type === 'file' ? madeOf(part, data) : part
        if (said.type === 'made') parts.push(said)
        if (said.type !== 'text') continue
        const last = parts.at(-1)
        if (last?.type === 'text') parts[parts.length - 1] = { type: 'text', text: last.text + said.text }
        else parts.push(said)
      }
      const said = parts.filter((part) => part.type !== 'text' || !isBlank(part.text))
      return said.length === 0 ? undefined : { role: 'assistant', parts: said }
    }
    case 'action-request': {
      const parts = content.calls.map((call) => callOf(call, reads(data, maker)))
      return parts.length === 0 ? undefined : { role: 'assistant', parts }
    }
    case 'action-response':
      return content.outcomes.length === 0 ? undefined : { role: 'tool', results: content.outcomes.map(resultOf) }
    default:
      return content satisfies never
  }
}

function callOf({ toolCallId, toolName, input, signature }: ToolCall, signed: boolean): CallPart {
  return { type: 'call', id: toolCallId, name: toolName, input, ...(signed ? { signature } : {}) }
}

function resultOf(outcome: ToolOutcome): ResultPart {
  const { toolCallId: id, toolName: name, input } = outcome
  if ('error' in outcome) return { id, name, input, failed: true, output: outcome.error.message }
  return { id, name, input, failed: false, output: outcome.output }
}

/** Only Gemini takes back what it made; any other is told that there was something. */
function madeOf(part: FilePart, { payload_format }: ManifestData): SaidPart {
  if (payload_format === 'gemini_style') return { type: 'made', file: attachmentOf(part) }
  return { type: 'text', text: `\n[a file of type ${part.mediaType}]` }
}

/** Text as it is, anything else as JSON. */
function withContext(instruction: string, context: unknown): string {
  if (context === undefined) return instruction
  const text = typeof context === 'string' ? context : jsonText(context, "an instruction's context", 2)
  return instruction === '' ? text : `${instruction}\n\n${text}`
}

/** Throws `invalid_request`, saying what it is of, for what JSON cannot hold. */
export function jsonText(value: unknown, of: string, indent?: number): string {
  let text: string | undefined
  let cause: unknown
  try {
    text = JSON.stringify(value, null, indent)
  } catch (error) {
    cause = error
  }
  if (text !== undefined) return text
  throw new BraidError(
    'invalid_request',
    `expected ${of} to be text or JSON; got ${typeof value === 'object' ? 'an object that JSON cannot hold' : `a ${typeof value}`}`,
    { cause },
  )
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

/** The arguments of a call, an object. A tool that takes text as it stands is OpenAI's alone. */
export function inputOf({ input }: CallPart): object {
  if (typeof input === 'object' && input !== null && !Array.isArray(input)) return input
  return input === undefined || input === null ? {} : { input }
}
