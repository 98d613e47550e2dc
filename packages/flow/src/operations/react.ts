import { BraidError, type Known } from '@braid/core'
import type { Structured } from '../answers/params.ts'
import { converse } from './conversation.ts'
import type { BuiltInKind } from './kind.ts'
import { checkToolStreaming } from './operate.ts'
import { COMMUNICATE_PARAMS, type CommunicateParams, checkInstruction } from './prompt.ts'
import { previewTurn } from './prompting.ts'

export interface ReactParams extends CommunicateParams {
  /** How often the model may be asked, each time with what its calls came to; then `max_steps`. Default 10. */
  maxSteps?: number
  /** Tools marked `safe` start while the model is still talking. Default false. */
  toolStreaming?: boolean
}

type Reacting = ReactParams & Partial<Structured<unknown>>

const PARAMS = { ...COMMUNICATE_PARAMS, maxSteps: true, toolStreaming: true } satisfies Known<Reacting>

/**
 * Thinks, calls tools, reads what they came to, and again, until it answers: one model request a step, each step bracketed by `start-step` and
 * `finish-step`. A turn on its branch, as `communicate` is.
 */
export const react: BuiltInKind<Reacting, unknown> = {
  name: 'react',
  takesTurn: true,
  params: PARAMS,
  check(params) {
    checkInstruction(params)
    checkToolStreaming(params)
    const { maxSteps } = params as { maxSteps?: unknown }
    if (maxSteps === undefined || (Number.isInteger(maxSteps) && (maxSteps as number) >= 1)) return
    throw new BraidError(
      'invalid_plan',
      `expected \`maxSteps\` to be how often the model may be asked, a whole number from 1; got ${String(maxSteps)}`,
    )
  },
  preview: (context, params) => previewTurn(context, params, context.branch),
  run: (context, params) =>
    converse(context, params, {
      thread: context.branch,
      steps: true,
      toolStreaming: params.toolStreaming,
      ...(params.maxSteps === undefined ? {} : { maxSteps: params.maxSteps }),
    }),
}
