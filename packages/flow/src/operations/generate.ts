import { converse } from './conversation.ts'
import type { BuiltInKind } from './kind.ts'
import { type Asked, COMMUNICATE_PARAMS, checkInstruction } from './prompt.ts'
import { LooseThread } from './thread.ts'

/** One answer to one instruction; reads no history and writes none. */
export const generate: BuiltInKind<Asked, unknown> = {
  name: 'generate',
  takesTurn: false,
  params: COMMUNICATE_PARAMS,
  check: checkInstruction,
  run: (context, params) => converse(context, params, { thread: new LooseThread(context.turn) }),
}
