import {
  BraidError,
  checkedInput,
  type Known,
  Message,
  onAbort,
  type Tool,
  type ToolCall,
  type ToolOutcome,
} from '@braid/core'
import pLimit from 'p-limit'
import type { Late } from '../builder/shape.ts'
import type { Called } from '../tools/call.ts'
import { CallMemory } from '../tools/call-memory.ts'
import { Feed } from '../tools/feed.ts'
import { Round } from '../tools/round.ts'
import { checkTools, Toolbox } from '../tools/toolbox.ts'
import { TOOLS_AT_ONCE } from './conversation.ts'
import type { BuiltInKind, Said } from './kind.ts'
import { stepsOf } from './left-step.ts'
import { LooseThread } from './thread.ts'

export interface ActParams {
  /** What to run. A function is given the results of the operation's dependencies when it starts. */
  calls: Late<readonly ToolCall[]>
  /** What may be run: tools, or their registered names. Default: every registered tool. */
  tools?: readonly (Tool | string)[]
  /** How many of them run at once. Default 8. */
  concurrency?: number
}

const PARAMS = { calls: true, tools: true, concurrency: true } satisfies Known<ActParams>

/**
 * Runs tool calls that are given, and no model. Its result is what each came to, in their order; one that fails fails no other. A tool that nobody knows or
 * that the branch forbids fails the operation before any call runs. With a branch, the calls and what they came to are left on it.
 */
export const act: BuiltInKind<ActParams, readonly ToolOutcome[]> = {
  name: 'act',
  takesTurn: false,
  params: PARAMS,
  check(params) {
    const { calls, tools, concurrency } = params as { readonly [K in keyof ActParams]: unknown }
    if (typeof calls !== 'function') checkCalls(calls)
    checkTools(tools)
    if (concurrency === undefined || (typeof concurrency === 'number' && concurrency >= 1)) return
    throw new BraidError('invalid_plan', `expected \`concurrency\` to be a number from 1; got ${String(concurrency)}`)
  },
  async *run(context, params): AsyncGenerator<Said, readonly ToolOutcome[]> {
    const given = typeof params.calls === 'function' ? params.calls(context.results) : params.calls
    checkCalls(given)
    const tools = params.tools ?? [...new Set(given.map((call) => call.toolName))]
    const toolbox = new Toolbox(tools, (name) => context.tool(name), context.branch)
    const calls = await checked(given, toolbox)
    const thread = new LooseThread(context.turn)
    const earlier = stepsOf(await thread.messages(), 0).map(({ outcomes }) => ({ kept: false, outcomes }))
    const feed = new Feed<Extract<Said, readonly unknown[]>>()
    const round = new Round({
      toolbox,
      memory: new CallMemory(context.idempotencyKey, context.register, earlier),
      approvals: context.approvals,
      limit: pLimit(params.concurrency ?? TOOLS_AT_ONCE),
      clock: context.clock,
      grace: context.toolGrace,
      say: (chunks) => feed.say(chunks),
    })
    const unlink = onAbort(context.signal, (reason) => void round.stop(reason))
    let whole = false
    try {
      for (const called of calls) round.begin(called)
      void round.settled().then(() => feed.close())
      for (let said = await feed.next(); said; said = await feed.next()) yield said
      context.signal.throwIfAborted()
      whole = true
      return round.outcomes(calls)
    } finally {
      unlink()
      feed.leave()
      await round.stop(new BraidError('cancelled', 'the operation ended before the call did'))
      const left = calls.length === 0 ? [] : messagesOf(given, round.outcomes(calls), whole)
      await thread.append(...left)
      if (context.operation.branch !== undefined) await context.branch.append(...left)
    }
  },
}

/** With what their schemas put out, all of them before any runs. Throws for a tool that there is not. */
async function checked(calls: readonly ToolCall[], toolbox: Toolbox): Promise<readonly Called[]> {
  const tools = calls.map(({ toolName }) => toolbox.get(toolName))
  return Promise.all(
    calls.map(async (call, place): Promise<Called> => {
      try {
        return { call, checked: { input: await checkedInput(tools[place] as Tool, call.input) } }
      } catch (error) {
        return { call, refused: error as BraidError }
      }
    }),
  )
}

function messagesOf(calls: readonly ToolCall[], outcomes: readonly ToolOutcome[], whole: boolean): readonly Message[] {
  return [
    new Message({ content: { type: 'action-request', calls } }),
    new Message({ content: { type: 'action-response', outcomes }, status: whole ? 'complete' : 'partial' }),
  ]
}

/** Throws `invalid_plan` for what are no calls. */
function checkCalls(calls: unknown): asserts calls is readonly ToolCall[] {
  const refuse = (got: string): never => {
    throw new BraidError(
      'invalid_plan',
      `expected \`calls\` to be a list of { toolCallId, toolName, input }, or a function that makes it; got ${got}`,
    )
  }
  if (!Array.isArray(calls)) refuse(typeof calls)
  const ids = new Set<string>()
  for (const call of calls as readonly (Partial<ToolCall> | null)[]) {
    const { toolCallId, toolName } = call ?? {}
    if (typeof toolCallId !== 'string' || toolCallId === '') refuse('one without a `toolCallId`')
    else if (typeof toolName !== 'string') refuse('one without a `toolName`')
    else if (ids.has(toolCallId)) refuse(`two with the \`toolCallId\` "${toolCallId}"`)
    else ids.add(toolCallId)
  }
}
