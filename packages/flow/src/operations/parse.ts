import { BraidError, type Known, Message, type Model, type ModelRequest } from '@braid/core'
import { answered } from '../answers/answered.ts'
import { objectChunk } from '../answers/object-stage.ts'
import { checkAnswering, type Structured } from '../answers/params.ts'
import { type Read, readAnswer } from '../answers/read-answer.ts'
import type { Late } from '../builder/shape.ts'
import type { BuiltInKind, Prompted } from './kind.ts'
import { checkImodel, checkText, textOf } from './prompt.ts'

export interface ParseParams {
  /** A function is given the results of the operation's dependencies when it starts. */
  text: Late<string>
  /** Asked only where the text does not give the value by itself. Default: the session's default model, if it has one. */
  imodel?: Model | string
  /** How often a model may be asked, from 0 (never) to 10. Default 1. */
  repair?: number
}

type Parsing = ParseParams & Structured<unknown>

/**
 * Text into a value: as JSON, also in fences or between words; repaired; with its keys by likeness; and only then by a model that reads it.
 * Reads no history and writes none.
 */
export const parse: BuiltInKind<Parsing, unknown> = {
  name: 'parse',
  takesTurn: false,
  params: { text: true, imodel: true, repair: true, output: true } satisfies Known<Parsing>,
  check(params) {
    checkText(params)
    checkImodel(params)
    checkAnswering(params, 'needed')
  },
  async preview(context, params) {
    const { output, repair = 1 } = params
    const text = textOf(context, params)
    const read = await readAnswer(text, output)
    if ('value' in read) return undefined
    if (repair === 0 || !hasModel(context, params)) throw unread(read)
    return { ...requestOf(text), output }
  },
  async *run(context, params) {
    const { output, repair = 1 } = params
    const text = textOf(context, params)
    const read = await readAnswer(text, output)
    if ('value' in read) {
      yield [objectChunk(read.json)]
      return read.value
    }
    if (repair === 0 || !hasModel(context, params)) throw unread(read)
    return (yield* answered(context, requestOf(text), { output, repair: repair - 1 })).value
  },
}

function requestOf(text: string): ModelRequest {
  return { messages: [Message.instruction(PROMPT, { context: text })] }
}

const PROMPT =
  'Read the text below into JSON that fits the schema you were given. Take every value from the text and make none up. Answer with the JSON and nothing else.'

/** A model that is named has to be there; that there is no default is no mistake. */
function hasModel(context: Prompted, { imodel }: ParseParams): boolean {
  if (imodel !== undefined) return true
  try {
    context.imodel()
    return true
  } catch (error) {
    if (error instanceof BraidError && error.code === 'unknown_imodel') return false
    throw error
  }
}

function unread({ error, issues }: Extract<Read<unknown>, { readonly error: BraidError }>): BraidError {
  return new BraidError(
    'invalid_output',
    `${error.message}; no model was asked: that takes an \`imodel\` and a \`repair\` of 1 or more`,
    {
      issues,
    },
  )
}
