import { BraidError, type InstructionContent, type Known, Message, type Model, type Tool } from '@braid/core'
import { type AnswerParams, checkAnswering, type Structured } from '../answers/params.ts'
import { madeText } from '../builder/said.ts'
import type { Late } from '../builder/shape.ts'
import { checkTools } from '../tools/toolbox.ts'
import { checkWindow } from '../windows/check-window.ts'
import type { ContextWindow } from '../windows/window.ts'
import type { OperationContext } from './kind.ts'

export interface GenerateParams extends AnswerParams {
  /** A function is given the results of the operation's dependencies when it starts. */
  instruction: Late<string>
  /** Shown below the instruction: text as it is, an object's fields each under its name, anything else as JSON. */
  context?: unknown
  /** A model, a registered name, or else `provider/model`. Default: the session's default model. */
  imodel?: Model | string
  /** What the model may call: tools, or their registered names. It is asked again with what they came to, ten times at most, until it answers. */
  tools?: readonly (Tool | string)[]
}

export interface CommunicateParams extends GenerateParams {
  /** What of the conversation is sent. Default: what its branch says, or else all of it. */
  window?: ContextWindow
}

export const GENERATE_PARAMS = {
  instruction: true,
  context: true,
  imodel: true,
  tools: true,
  repair: true,
  show: true,
  output: true,
} satisfies Known<GenerateParams & Structured<unknown>>

export const COMMUNICATE_PARAMS = { ...GENERATE_PARAMS, window: true } satisfies Known<Asked>

/** What a kind is told that may have to give a value instead of text. */
export type Asked = CommunicateParams & Partial<Structured<unknown>>

/** Throws `invalid_plan` where there is no instruction, and for a model, tools or a window that are none. */
export function checkInstruction(params: object): void {
  checkAnswering(params)
  checkImodel(params)
  const { instruction, tools, window } = params as { instruction?: unknown; tools?: unknown; window?: unknown }
  checkTools(tools)
  if (window !== undefined) checkWindow(window, 'invalid_plan')
  if (isLateText(instruction)) return
  throw new BraidError(
    'invalid_plan',
    'expected an `instruction`: a text that is not empty, or a function that makes it',
  )
}

/** Throws `invalid_plan` where there is no text to work on. */
export function checkText(params: object): void {
  if (isLateText((params as { text?: unknown }).text)) return
  throw new BraidError('invalid_plan', 'expected a `text` that is not empty, or a function that makes it')
}

/** Throws `invalid_plan` for a model that is none. */
export function checkImodel(params: object): void {
  const { imodel } = params as { imodel?: unknown }
  if (imodel === undefined || typeof imodel === 'string' || (typeof imodel === 'object' && imodel !== null)) return
  throw new BraidError(
    'invalid_plan',
    `expected \`imodel\` to be a model, a registered name or 'provider/model'; got a ${typeof imodel}`,
  )
}

function isLateText(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || typeof value === 'function'
}

/** The text to work on, once it is made. */
export function textOf(context: Pick<OperationContext, 'results'>, { text }: { readonly text: Late<string> }): string {
  return typeof text === 'function' ? madeText(text(context.results), 'text') : text
}

/** The instruction with its context: what the params say, then the result of each operation in `contextFrom`, under its name. */
export function instructionOf(
  context: Pick<OperationContext, 'operation' | 'results'>,
  params: GenerateParams,
): Message<InstructionContent> {
  const { instruction } = params
  const text = typeof instruction === 'function' ? madeText(instruction(context.results), 'instruction') : instruction
  const sections = params.context === undefined ? [] : [rendered(params.context)]
  const { contextFrom } = context.operation
  const outcomes = contextFrom.length === 0 ? undefined : new Map(context.results)
  for (const id of contextFrom) {
    const outcome = outcomes?.get(id)
    // With `join: 'any'` or `'settled'`, a parent may have no result to add, or none yet.
    if (outcome?.status === 'completed') sections.push(section(id, outcome.result))
  }
  return Message.instruction(text, sections.length === 0 ? {} : { context: sections.join('\n\n') })
}

function rendered(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return json(value)
  return Object.entries(value)
    .map(([name, field]) => section(name, field))
    .join('\n\n')
}

function section(name: string, value: unknown): string {
  return `### ${name}\n\n${typeof value === 'string' ? value : json(value)}`
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? String(value)
}
