import { type Chunk, type Message, type ModelChunk, NO_METADATA, type ToolOutcome, tool } from '@braid/core'
import type { ScriptedItem } from '@braid/testing'
import { z } from 'zod'
import type { Branch, FlowChunk } from '../../src/index.ts'

const BASE = { candidate: 0, metadata: NO_METADATA } as const

/** What a model says when it calls a tool. */
export function call(toolCallId: string, toolName: string, input: object, more: object = {}): readonly ModelChunk[] {
  const rawInput = JSON.stringify(input)
  return [
    { ...BASE, type: 'tool-input-start', id: toolCallId, toolName },
    { ...BASE, type: 'tool-input-delta', id: toolCallId, data: rawInput },
    { ...BASE, type: 'tool-input-end', id: toolCallId },
    { ...BASE, type: 'tool-call', toolCallId, toolName, input, rawInput, ...more },
  ]
}

export function finish(finishReason: 'stop' | 'length' | 'content-filter' | 'tool-calls'): ModelChunk {
  return { ...BASE, type: 'finish', finishReason, usage: { outputTokens: 1 } }
}

export function redaction(id: string): ModelChunk {
  return { ...BASE, type: 'redaction', id }
}

/** One reply of a scripted model: text, chunks, and what makes several of them. */
export function reply(...items: readonly (ScriptedItem | readonly ScriptedItem[])[]): readonly ScriptedItem[] {
  return items.flat() as readonly ScriptedItem[]
}

export const add = tool({
  name: 'add',
  description: 'a + b',
  input: z.object({ a: z.number(), b: z.number() }),
  run: ({ a, b }) => a + b,
})

/** What an outcome came to: its output, or the code of its error. */
export function cameTo(outcome: ToolOutcome): unknown {
  return 'error' in outcome ? outcome.error.code : outcome.output
}

/** A branch, each message as few words. */
export async function told(branch: Branch): Promise<readonly unknown[]> {
  return (await branch.messages()).map(tell)
}

export function tell(message: Message): unknown {
  const { content, role, status, text } = message
  const mark = status === 'partial' ? '?' : ''
  switch (content.type) {
    case 'action-request':
      return `calls${mark}: ${content.calls.map(({ toolName, input }) => `${toolName} ${JSON.stringify(input)}`).join(', ')}`
    case 'action-response':
      return `came to${mark}: ${content.outcomes.map((each) => JSON.stringify(cameTo(each))).join(', ')}`
    default:
      return `${role}${mark}: ${text}`
  }
}

/** The chunks of these types, in order. */
export function only<K extends Chunk['type']>(
  tuples: readonly FlowChunk[],
  ...types: readonly K[]
): readonly Extract<Chunk, { type: K }>[] {
  return tuples.flatMap(([, chunk]) =>
    (types as readonly string[]).includes(chunk.type) ? [chunk as Extract<Chunk, { type: K }>] : [],
  )
}
