import type { Message } from '@braid/core'

/** A conversation as text to be read, after the summary of what came before it. */
export function transcript(messages: readonly Message[], before: string | undefined): string {
  const said = messages.map((message) => `### ${message.role}\n\n${wordsOf(message)}`)
  return (before === undefined ? said : [`### summary of what came before\n\n${before}`, ...said]).join('\n\n')
}

function wordsOf({ content, text }: Message): string {
  switch (content.type) {
    case 'system':
    case 'assistant-response':
      return text
    case 'instruction':
      return content.context === undefined ? text : `${text}\n\n${asText(content.context)}`
    case 'action-request':
      return content.calls.map(({ toolName, input }) => `calls ${toolName}: ${asText(input)}`).join('\n')
    case 'action-response':
      return content.outcomes
        .map((outcome) =>
          'error' in outcome
            ? `${outcome.toolName} failed: ${outcome.error.message}`
            : `${outcome.toolName} gave: ${asText(outcome.output)}`,
        )
        .join('\n')
    default:
      return content satisfies never
  }
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
}
