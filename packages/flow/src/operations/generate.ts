import { answered } from '../answers/answered.ts'
import type { BuiltInKind } from './kind.ts'
import { type Asked, COMMUNICATE_PARAMS, checkInstruction, instructionOf } from './prompt.ts'

/** One answer to one instruction; reads no history and writes none. */
export const generate: BuiltInKind<Asked, unknown> = {
  name: 'generate',
  takesTurn: false,
  params: COMMUNICATE_PARAMS,
  check: checkInstruction,
  async *run(context, params) {
    const request = { messages: [instructionOf(context, params)] }
    const { output } = params
    if (output) return (yield* answered(context, request, { ...params, output })).value
    const stream = context.ask(request)
    yield* stream.batches()
    return (await stream.response).text
  },
}
