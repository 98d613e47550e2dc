import { BraidError, type Known } from '@braid/core'
import { checkAnswering, type Structured } from '../answers/params.ts'
import { converse } from './conversation.ts'
import type { BuiltInKind } from './kind.ts'
import { Reasoned } from './reasoned.ts'
import { COMMUNICATE_PARAMS, type CommunicateParams, checkInstruction } from './prompt.ts'
import { previewTurn } from './prompting.ts'

export interface OperateParams extends CommunicateParams {
  /**
   * The model thinks in a field of its own before it fills in the others. That is shown as reasoning, and is neither in the object nor in the result.
   * Default false.
   */
  reason?: boolean
  /** Tools marked `safe` start while the model is still talking. Default false. */
  toolStreaming?: boolean
}

type Operating = OperateParams & Structured<unknown>

const PARAMS = { ...COMMUNICATE_PARAMS, reason: true, toolStreaming: true } satisfies Known<Operating>

/** A turn on its branch whose answer is a value that fits `output`, with tools on the way to it. */
export const operate: BuiltInKind<Operating, unknown> = {
  name: 'operate',
  takesTurn: true,
  params: PARAMS,
  check(params) {
    checkInstruction(params)
    checkAnswering(params, 'needed')
    checkToolStreaming(params)
    const { reason } = params as { reason?: unknown }
    if (reason === undefined || typeof reason === 'boolean') return
    throw new BraidError('invalid_plan', `expected \`reason\` to be true or false; got a ${typeof reason}`)
  },
  preview: (context, params) => previewTurn(context, askedOf(params, reasonedOf(params)), context.branch),
  run: (context, params) => {
    const reasoned = reasonedOf(params)
    return converse(context, askedOf(params, reasoned), {
      thread: context.branch,
      toolStreaming: params.toolStreaming,
      shown: reasoned && ((chunks) => reasoned.shown(chunks)),
    })
  },
}

function reasonedOf({ reason, output }: Operating): Reasoned<unknown> | undefined {
  return reason ? new Reasoned(output) : undefined
}

function askedOf(params: Operating, reasoned: Reasoned<unknown> | undefined): Operating {
  return reasoned ? { ...params, output: reasoned.schema } : params
}

/** Throws `invalid_plan` for what does not say whether. */
export function checkToolStreaming(params: object): void {
  const { toolStreaming } = params as { toolStreaming?: unknown }
  if (toolStreaming === undefined || typeof toolStreaming === 'boolean') return
  throw new BraidError('invalid_plan', `expected \`toolStreaming\` to be true or false; got a ${typeof toolStreaming}`)
}
