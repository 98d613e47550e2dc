import type { Content, Message } from '@braid/core'
import { lastFitting } from './turns.ts'
import type { EstimatedWindow, WindowContext } from './window.ts'

/** What a message costs besides its text: its role, and where it begins and ends. */
const MESSAGE_TOKENS = 4
/** About what a picture costs, whatever it weighs. */
const FILE_TOKENS = 1_000
/** How many characters make a token in English prose. */
const CHARACTERS = 4

/** So many tokens at most, what is sent in any case included. */
export function tokens(
  talk: readonly Message[],
  { tokens, estimate = estimated }: EstimatedWindow,
  { beside }: WindowContext,
): readonly Message[] {
  const fixed = beside.reduce((sum, message) => sum + estimate(message), 0)
  return lastFitting(talk, estimate, tokens - fixed)
}

function estimated({ content }: Message): number {
  return MESSAGE_TOKENS + Math.ceil(charactersOf(content) / CHARACTERS) + FILE_TOKENS * filesOf(content)
}

function charactersOf(content: Content): number {
  switch (content.type) {
    case 'system':
      return content.system.length
    case 'instruction':
      return content.instruction.length + (content.context === undefined ? 0 : lengthOf(content.context))
    case 'assistant-response':
      return content.parts.reduce((sum, part) => sum + ('text' in part ? part.text.length : 0), 0)
    case 'action-request':
      return content.calls.reduce((sum, call) => sum + call.toolName.length + lengthOf(call.input), 0)
    case 'action-response':
      return content.outcomes.reduce(
        (sum, outcome) => sum + ('error' in outcome ? outcome.error.message.length : lengthOf(outcome.output)),
        0,
      )
    default:
      return content satisfies never
  }
}

function filesOf(content: Content): number {
  if (content.type === 'instruction') return content.files?.length ?? 0
  return content.type === 'assistant-response' ? content.parts.filter(({ type }) => type === 'file').length : 0
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : (JSON.stringify(value)?.length ?? 0)
}
