import { BraidError, type ChunkOf, type FinishReason, type ModelChunk, type ToolCall } from '@braid/core'
import type { Called } from './call.ts'

const NONE: readonly Called[] = []

/** The calls that one answer makes, in the order in which their blocks began. Those that the provider runs itself are not among them. */
export class HeardCalls {
  /** By id. Undefined for one whose arguments are still coming. Most answers call nothing, and have no map. */
  #calls: Map<string, Called | undefined> | undefined
  #withdrawn: Set<string> | undefined
  #messageId: string | undefined

  /** The call that this chunk makes whole, if it does. */
  push(chunk: ModelChunk): Called | undefined {
    switch (chunk.type) {
      case 'message-start':
        this.#messageId = chunk.id
        return undefined
      case 'tool-input-start':
        this.#calls ??= new Map()
        if (!this.#calls.has(chunk.id)) this.#calls.set(chunk.id, undefined)
        return undefined
      case 'tool-call':
        return this.#call(chunk)
      default:
        return undefined
    }
  }

  /** Takes back the block with this id, or all where it is the message's own. The calls that are gone. */
  redact(id: string): readonly Called[] {
    const gone = id === this.#messageId ? [...(this.#calls?.keys() ?? [])] : [id]
    const calls = gone.flatMap((each) => this.#calls?.get(each) ?? [])
    this.#withdrawn ??= new Set()
    for (const each of gone) {
      this.#withdrawn.add(each)
      this.#calls?.delete(each)
    }
    return calls
  }

  get calls(): readonly Called[] {
    return this.#calls === undefined ? NONE : [...this.#calls.values()].flatMap((called) => called ?? [])
  }

  #call(chunk: ChunkOf<'tool-call'>): Called | undefined {
    const { toolCallId, toolName, input, invalid, providerExecuted, signature } = chunk
    if (providerExecuted || this.#withdrawn?.has(toolCallId)) return undefined
    const call: ToolCall = {
      toolCallId,
      // No provider takes a call without a name back.
      toolName: toolName || 'unnamed',
      input,
      ...(signature === undefined ? {} : { signature }),
    }
    const called: Called = { call, ...(invalid === undefined ? {} : { refused: invalid }) }
    this.#calls ??= new Map()
    this.#calls.set(toolCallId, called)
    return called
  }
}

/**
 * Whether a call may have been cut off: the arguments that have come are none, which is what a call without arguments looks like, and what is left of one
 * whose message stopped at its beginning. Other arguments are whole, since they parsed.
 */
export function mayBeCut({ call: { input } }: Called): boolean {
  return typeof input !== 'object' || input === null || Object.keys(input).length === 0
}

/** The calls of an answer that ended like this, with those that must not be run refused. */
export function runnable(calls: readonly Called[], finishReason: FinishReason): readonly Called[] {
  if (finishReason === 'content-filter') {
    const refused = new BraidError(
      'content_rejected',
      'the call was not run, because the provider filtered its message',
    )
    return calls.map((called) => ({ ...called, refused }))
  }
  if (finishReason !== 'length') return calls
  const refused = new BraidError(
    'invalid_tool_input',
    'the call was not run: its message was cut off at the limit of tokens, and with it maybe the arguments; make it again, shorter',
  )
  return calls.map((called) => (mayBeCut(called) ? { ...called, refused } : called))
}
