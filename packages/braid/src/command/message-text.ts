import type { Content, Message } from '@braid/core'
import { printable } from './printable.ts'
import type { styles } from './style.ts'
import { timeText } from './table.ts'

type Style = Pick<ReturnType<typeof styles>, 'dim' | 'yellow' | 'red'>

/** A message for a person to read: its number on its branch, where that is known, when, who, and what it says. */
export function messageText(message: Message, number: number | undefined, style: Style): string {
  const { content, role, status, createdAt } = message
  const model = content.type === 'assistant-response' && content.model !== '' ? ` ${printable(content.model)}` : ''
  const partial = status === 'partial' ? ' (partial)' : ''
  const head = `  ${style.dim(`${number === undefined ? '' : `${number}  `}${timeText(createdAt)}`)} ${role}${style.dim(model)}${partial}`
  return [head, ...bodyOf(content, style).flatMap((text) => text.split('\n'))]
    .map((line, index) => (index === 0 ? line : `    ${line}`))
    .join('\n')
}

function bodyOf(content: Content, { dim, yellow, red }: Style): readonly string[] {
  switch (content.type) {
    case 'system':
      return [printable(content.system)]
    case 'instruction': {
      const files = (content.files ?? []).map(({ mediaType }) => dim(`file: ${printable(mediaType)}`))
      return [(content.context === undefined ? '' : '(with context) ') + printable(content.instruction), ...files]
    }
    case 'assistant-response': {
      const text = content.parts.map((part) => (part.type === 'text' ? part.text : '')).join('')
      const refused = content.parts.flatMap((part) => (part.type === 'refusal' ? [red(printable(part.text))] : []))
      return [...(text === '' && refused.length > 0 ? [] : [printable(text)]), ...refused]
    }
    case 'action-request':
      return content.calls.map(({ toolName, input }) => `${yellow(printable(toolName))} ${jsonText(input)}`)
    case 'action-response':
      return content.outcomes.map((outcome) =>
        'error' in outcome
          ? `${yellow(printable(outcome.toolName))} ${red(printable(outcome.error.message))}`
          : `${yellow(printable(outcome.toolName))} = ${jsonText(outcome.output)}`,
      )
    default:
      return content satisfies never
  }
}

function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)) ?? 'undefined'
}
