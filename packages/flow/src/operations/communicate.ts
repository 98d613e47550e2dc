import type { AssistantContent, Message } from '@braid/core'
import type { BuiltInKind } from './kind.ts'
import { COMMUNICATE_PARAMS, type CommunicateParams, checkInstruction, instructionOf } from './prompt.ts'

/**
 * One turn on a branch: sends the conversation and the instruction, and leaves instruction and answer on the branch. A turn that
 * fails or is cancelled leaves its instruction and what came of the answer, marked partial; the next attempt goes on from that
 * instruction and does not send the partial answer.
 */
export const communicate: BuiltInKind<CommunicateParams, string> = {
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
    const stream = context.ask({ messages: [...history, instruction] })
    let answer: Message<AssistantContent> | undefined
    try {
      yield* stream.batches()
      answer = await stream.response
      return answer.text
    } finally {
      answer ??= stream.partial
      if (answer.status === 'complete' || answer.content.parts.length > 0) await branch.append(answer)
    }
  },
}

/** What of a branch is sent: a partial answer that was followed by another answer to the same instruction is not. */
function conversation(messages: readonly Message[]): readonly Message[] {
  return messages.filter((message, at) => message.status === 'complete' || messages[at + 1]?.role !== 'assistant')
}
