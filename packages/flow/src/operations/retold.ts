import { type Chunk, type Message, NO_METADATA, NO_USAGE, type Usage } from '@braid/core'
import { outcomeChunk } from '../tools/call.ts'
import type { LeftStep } from './left-step.ts'

const BASE = { candidate: 0, metadata: NO_METADATA } as const

/** A step that an earlier attempt finished, as chunks: whoever was told to forget that attempt is told again what of it counts. */
export function retold({ messages, outcomes }: LeftStep, step: number): readonly Chunk[] {
  let usage: Usage = NO_USAGE
  for (const { content } of messages) if (content.type === 'assistant-response') ({ usage } = content)
  return [
    { ...BASE, type: 'start-step', step },
    ...messages.flatMap((message) => said(message, step)),
    ...outcomes.map(outcomeChunk),
    { ...BASE, type: 'finish-step', step, outcomes, usage },
  ]
}

function said({ content }: Message, step: number): readonly Chunk[] {
  if (content.type === 'assistant-response') {
    return content.parts.flatMap((part, place): readonly Chunk[] => {
      if (part.type !== 'text' && part.type !== 'reasoning' && part.type !== 'refusal') return []
      const id = `step-${step}-${place}`
      return [
        { ...BASE, type: `${part.type}-start`, id },
        { ...BASE, type: `${part.type}-delta`, id, data: part.text },
        { ...BASE, type: `${part.type}-end`, id },
      ]
    })
  }
  if (content.type !== 'action-request') return []
  return content.calls.map((call) => ({
    ...BASE,
    type: 'tool-call',
    ...call,
    // What did not parse is kept as the text that it was.
    rawInput: typeof call.input === 'string' ? call.input : (JSON.stringify(call.input) ?? ''),
  }))
}
