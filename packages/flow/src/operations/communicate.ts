import { type AssistantContent, Message, type ModelRequest, type ModelStream } from '@braid/core'
import { answered } from '../answers/answered.ts'
import type { BuiltInKind } from './kind.ts'
import { type Asked, COMMUNICATE_PARAMS, checkInstruction, instructionOf } from './prompt.ts'

/**
 * One turn on a branch: sends the conversation and the instruction, and leaves instruction and answer on the branch. A turn that
 * fails or is cancelled leaves its instruction and what came of the answer, marked partial; the next attempt goes on from that
 * instruction and does not send the partial answer.
 */
export const communicate: BuiltInKind<Asked, unknown> = {
  name: 'communicate',
  takesTurn: true,
  params: COMMUNICATE_PARAMS,
  check: checkInstruction,
  async *run(context, params) {
    const { branch, turn } = context
    const messages = await branch.messages()
    const asked = messages.findIndex((message) => message.id === turn.instructionId)
    const instruction = messages[asked] ?? instructionOf(context, params)
    if (asked < 0) {
      await branch.append(instruction)
      turn.instructionId = instruction.id
    }
    const history = conversation(asked < 0 ? messages : messages.slice(0, asked))
    const request = { messages: [...history, instruction] }
    const { output } = params
    let stream: ModelStream | undefined
    const ask = (asked: ModelRequest): ModelStream => (stream = context.ask(asked))
    let answer: Message<AssistantContent> | undefined
    try {
      if (output) {
        const { message, value } = yield* answered({ ask }, request, { ...params, output })
        answer = message
        return value
      }
      yield* ask(request).batches()
      answer = await stream?.response
      return answer?.text
    } finally {
      answer ??= output ? unfinished(stream?.partial) : stream?.partial
      if (answer && (answer.status === 'complete' || answer.content.parts.length > 0)) await branch.append(answer)
    }
  },
}

/** A structured answer that is no value is a partial one, also where its stream reached its end. */
function unfinished(partial: Message<AssistantContent> | undefined): Message<AssistantContent> | undefined {
  return partial?.status === 'complete' ? new Message({ ...partial, status: 'partial' }) : partial
}

/** What of a branch is sent: a partial answer that was followed by another answer to the same instruction is not. */
function conversation(messages: readonly Message[]): readonly Message[] {
  return messages.filter((message, at) => message.status === 'complete' || messages[at + 1]?.role !== 'assistant')
}
