import {
  abortable,
  asBraidError,
  BraidError,
  type Chunk,
  checkedInput,
  NO_METADATA,
  type Tool,
  type ToolCall,
  type ToolOutcome,
} from '@braid/core'
import type { LimitFunction } from 'p-limit'
import type { Clock } from '../run/clock.ts'
import type { Approvals } from './approval.ts'
import type { CallMemory } from './call-memory.ts'
import type { Toolbox } from './toolbox.ts'
import { work } from './work.ts'

/** What the calls of one operation are given to work with. */
export interface Bench {
  readonly toolbox: Toolbox
  readonly memory: CallMemory
  readonly approvals: Approvals
  /** How many tools run at once. */
  readonly limit: LimitFunction
  readonly clock: Clock
  /** How long a tool that was told to stop may take to do so, in milliseconds. */
  readonly grace: number
  /** Resolves when it was taken. */
  say(chunks: readonly Chunk[]): Promise<void>
}

/** A call that may be run, or `refused`: then the error is what it comes to. */
export interface Called {
  readonly call: ToolCall
  readonly refused?: BraidError
  /** What its tool's schema put out, where that was asked already. */
  readonly checked?: { readonly input: unknown }
}

/** What a call comes to: a result, or what went wrong, for the model to read. Never rejects. Says what it reports on the way, but not the outcome. */
export async function outcomeOf(called: Called, key: string, bench: Bench, signal: AbortSignal): Promise<ToolOutcome> {
  const { signature: _, ...call } = called.call
  try {
    return { ...call, output: await run(called, key, bench, signal) }
  } catch (error) {
    return { ...call, error: error instanceof BraidError && error !== signal.reason ? error : notFinished(error) }
  }
}

/** What a call comes to that was not finished. */
export function notFinished(reason?: unknown): BraidError {
  return new BraidError('cancelled', 'the call was cancelled before it had a result', { cause: reason })
}

export function outcomeChunk(outcome: ToolOutcome): Chunk {
  const type = 'error' in outcome ? 'tool-error' : 'tool-result'
  return { type, candidate: 0, metadata: NO_METADATA, ...outcome } as Chunk
}

async function run(
  { call, refused, checked }: Called,
  key: string,
  bench: Bench,
  signal: AbortSignal,
): Promise<unknown> {
  if (refused) throw refused
  const tool = bench.toolbox.get(call.toolName)
  const known = tool.once ? bench.memory.recall(key) : undefined
  if (known) return known.output
  const input = checked ? checked.input : await abortable(checkedInput(tool, call.input), signal)
  if (asks(tool, input)) await approved(call, bench, signal)
  const { toolCallId, toolName } = call
  const job = {
    tool,
    input,
    toolCallId,
    idempotencyKey: key,
    signal,
    clock: bench.clock,
    grace: bench.grace,
    progress: (output: unknown) =>
      bench.say([
        {
          type: 'tool-result',
          preliminary: true,
          toolCallId,
          toolName,
          input: call.input,
          output,
          candidate: 0,
          metadata: NO_METADATA,
        },
      ]),
  }
  const output = sendable(call, await bench.limit(() => work(job)))
  // Before anybody sees it: what was shown is not done again.
  if (tool.once) await bench.memory.keep(key, output)
  return output
}

function asks(tool: Tool, input: unknown): boolean {
  try {
    return tool.asks(input as never)
  } catch (error) {
    const { message } = asBraidError(error, 'tool_failed')
    throw new BraidError(
      'tool_failed',
      `whether the tool "${tool.name}" needs approval could not be told: ${message}`,
      {
        cause: error,
      },
    )
  }
}

async function approved(call: ToolCall, bench: Bench, signal: AbortSignal): Promise<void> {
  const { id, decision, forget } = bench.approvals.request()
  const { toolCallId, toolName, input } = call
  try {
    const asked: Chunk = {
      type: 'tool-approval-request',
      approvalId: id,
      toolCallId,
      toolName,
      input,
      candidate: 0,
      metadata: NO_METADATA,
    }
    await abortable(bench.say([asked]), signal)
    const said = await abortable(decision, signal)
    if (said.approved) return
    const why = said.reason === undefined ? '' : `: ${said.reason}`
    throw new BraidError('access_denied', `the call of the tool "${toolName}" was denied${why}`)
  } finally {
    forget()
  }
}

/** What it returned goes to the model, and into the history: nothing becomes null, and what JSON cannot hold is a failure. */
function sendable({ toolName }: ToolCall, output: unknown): unknown {
  try {
    return JSON.stringify(output) === undefined ? null : output
  } catch (error) {
    throw new BraidError('tool_failed', `the tool "${toolName}" returned something that JSON cannot hold`, {
      cause: error,
    })
  }
}
