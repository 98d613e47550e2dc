import { converse } from './conversation.ts'
import type { BuiltInKind } from './kind.ts'
import { type Asked, COMMUNICATE_PARAMS, checkInstruction } from './prompt.ts'
import { previewTurn } from './prompting.ts'

/**
 * One turn on a branch: sends the conversation and the instruction, and leaves instruction and answer on the branch, with what was called between
 * them. A turn that fails or is cancelled leaves its instruction and what came of the answer, marked partial; the next attempt goes on from that
 * instruction and does not send the partial answer.
 */
export const communicate: BuiltInKind<Asked, unknown> = {
  name: 'communicate',
  takesTurn: true,
  params: COMMUNICATE_PARAMS,
  check: checkInstruction,
  preview: (context, params) => previewTurn(context, params, context.branch),
  run: (context, params) => converse(context, params, { thread: context.branch }),
}
