import type { ActionResponseContent, Message, ToolOutcome } from '@braid/core'

/** What one model call left on a branch: what the model said, what it called, and what that came to. */
export interface LeftStep {
  readonly messages: readonly Message[]
  /** Whether it reached its end: nothing of it is partial, and every call has an outcome of its own. */
  readonly whole: boolean
  readonly outcomes: readonly ToolOutcome[]
}

/** The steps that follow one another from this place on, up to the next instruction. */
export function stepsOf(messages: readonly Message[], from: number): readonly LeftStep[] {
  const steps: Message[][] = []
  for (let at = from; at < messages.length; at += 1) {
    const message = messages[at] as Message
    const { type } = message.content
    if (type === 'instruction' || type === 'system') break
    const open = steps.at(-1)
    const begins = type === 'assistant-response' || (type === 'action-request' && has(open, 'action-request'))
    if (open && !begins) open.push(message)
    else steps.push([message])
  }
  return steps.map((each) => ({ messages: each, whole: isWhole(each), outcomes: each.flatMap(outcomesOf) }))
}

/** Whether it called tools: a step that did not is an answer, and ends its turn. */
export function calledTools({ messages }: LeftStep): boolean {
  return has(messages, 'action-request')
}

/**
 * What of a branch is sent. What an attempt left that did not reach its end is not, where another attempt followed it; where none did, it is all there is of
 * the answer.
 */
export function conversation(messages: readonly Message[]): readonly Message[] {
  const sent: Message[] = []
  for (let at = 0; at < messages.length; ) {
    const steps = stepsOf(messages, at)
    steps.forEach((step, place) => {
      if (step.whole || place === steps.length - 1) sent.push(...step.messages)
      at += step.messages.length
    })
    const next = messages[at]
    if (next) sent.push(next)
    at += 1
  }
  return sent
}

function isWhole(messages: readonly Message[]): boolean {
  return (
    messages.every((message) => message.status === 'complete') &&
    has(messages, 'action-request') === has(messages, 'action-response')
  )
}

function has(messages: readonly Message[] | undefined, type: Message['content']['type']): boolean {
  return messages?.some((message) => message.content.type === type) ?? false
}

function outcomesOf({ content }: Message): ActionResponseContent['outcomes'] {
  return content.type === 'action-response' ? content.outcomes : []
}
