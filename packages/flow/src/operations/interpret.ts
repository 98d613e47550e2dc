import { BraidError, type Known, Message, type Model, type ModelRequest } from '@braid/core'
import type { Late } from '../builder/shape.ts'
import type { BuiltInKind, Prompted } from './kind.ts'
import { checkImodel, checkText, textOf } from './prompt.ts'

export interface InterpretParams {
  /** The request, as somebody put it. A function is given the results of the operation's dependencies when it starts. */
  text: Late<string>
  /** A model, a registered name, or else `provider/model`. Default: the session's default model. */
  imodel?: Model | string
  /** What the request is about, such as `tax law`. */
  domain?: string
  /** How the prompt is to be written, such as `short, as a list of steps`. */
  style?: string
}

/** Rewrites a request into a clear prompt, for another operation to ask. Reads no history and writes none. */
export const interpret: BuiltInKind<InterpretParams, string> = {
  name: 'interpret',
  takesTurn: false,
  params: { text: true, imodel: true, domain: true, style: true } satisfies Known<InterpretParams>,
  check(params) {
    checkText(params)
    checkImodel(params)
    for (const name of ['domain', 'style'] as const) {
      const value: unknown = (params as InterpretParams)[name]
      if (value !== undefined && typeof value !== 'string') {
        throw new BraidError('invalid_plan', `expected \`${name}\` to be a text; got a ${typeof value}`)
      }
    }
  },
  async preview(context, params) {
    return requestOf(context, params)
  },
  async *run(context, params) {
    const stream = context.ask(requestOf(context, params))
    yield* stream.batches()
    return (await stream.response).text
  },
}

function requestOf(context: Prompted, params: InterpretParams): ModelRequest {
  const { domain, style } = params
  const wishes = [
    ...(domain === undefined ? [] : [`The request is about ${domain}.`]),
    ...(style === undefined ? [] : [`How to write the prompt: ${style}.`]),
  ]
  const instruction = [PROMPT, ...wishes].join('\n')
  return { messages: [Message.instruction(instruction, { context: textOf(context, params) })] }
}

const PROMPT =
  'Rewrite the request below into a clear and complete prompt for a language model. Keep everything that it asks for and every fact in it, name what it leaves open, and add nothing of your own. Do not answer it: give the prompt and nothing else.'
