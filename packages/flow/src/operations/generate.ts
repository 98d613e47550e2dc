import type { BuiltInKind } from './kind.ts'
import { COMMUNICATE_PARAMS, type CommunicateParams, checkInstruction, instructionOf } from './prompt.ts'

/** One answer to one instruction; reads no history and writes none. */
export const generate: BuiltInKind<CommunicateParams, string> = {
  name: 'generate',
  takesTurn: false,
  params: COMMUNICATE_PARAMS,
  check: checkInstruction,
  async *run(context, params) {
    const stream = context.ask({ messages: [instructionOf(context, params)] })
    yield* stream.batches()
    return (await stream.response).text
  },
}
