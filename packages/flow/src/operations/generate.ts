import { converse } from './conversation.ts'
import type { BuiltInKind } from './kind.ts'
import { type Asked, checkInstruction, GENERATE_PARAMS } from './prompt.ts'
import { previewTurn } from './prompting.ts'
import { LooseThread } from './thread.ts'

/** One answer to one instruction; reads no history and writes none. */
export const generate: BuiltInKind<Omit<Asked, 'window'>, unknown> = {
  name: 'generate',
  takesTurn: false,
  params: GENERATE_PARAMS,
  check: checkInstruction,
  run: (context, params) => converse(context, params, { thread: new LooseThread(context.turn) }),
  preview: (context, params) => previewTurn(context, params, new LooseThread(context.turn)),
}
