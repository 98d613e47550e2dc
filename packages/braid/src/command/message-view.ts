import {
  Assembler,
  type AssistantContent,
  type ChunkOf,
  type Message,
  type ModelChunk,
  type ToolCall,
} from '@braid/core'
import { finishText, usageText } from './chunk-line.ts'
import { printable } from './printable.ts'
import type { styles } from './style.ts'

/** One candidate's answer, as far as it has come. */
export interface Answered {
  readonly candidate: number
  readonly message: Message<AssistantContent>
  readonly toolCalls: readonly ToolCall[]
  /** Calls whose arguments do not parse. */
  readonly invalidCalls: readonly ChunkOf<'tool-call'>[]
}

/** Puts the chunks of an answer together, each candidate by itself. */
export class Answers {
  readonly #candidates = new Map<number, Assembler>()

  push(chunks: readonly ModelChunk[]): void {
    for (const chunk of chunks) {
      let assembler = this.#candidates.get(chunk.candidate)
      if (!assembler) {
        // An event that nobody knows is nobody's answer.
        if (chunk.type === 'raw') continue
        assembler = new Assembler(chunk.candidate)
        this.#candidates.set(chunk.candidate, assembler)
      }
      assembler.push(chunk)
    }
  }

  all(): readonly Answered[] {
    return [...this.#candidates].map(([candidate, assembler]) => ({
      candidate,
      message: assembler.snapshot(),
      toolCalls: assembler.toolCalls,
      invalidCalls: assembler.invalidCalls,
    }))
  }
}

/** An answer for a person to read: what was said, the calls, and how it ended. */
export function messageView(answered: Answered, style: ReturnType<typeof styles>): string {
  const { bold, dim, red, yellow } = style
  const { message, toolCalls, invalidCalls } = answered
  const { content, metadata, status } = message
  const said = content.parts.map((part) => {
    switch (part.type) {
      case 'text':
        return printable(part.text)
      case 'reasoning':
        return dim(printable(part.text))
      case 'refusal':
        return red(printable(part.text))
      case 'source':
        return dim(
          printable(`source: ${[part.title, part.url].filter((word) => word !== undefined).join(' ') || part.id}`),
        )
      case 'file':
        return dim(printable(`file: ${part.mediaType} ${part.url ?? `${part.bytes?.length ?? 0} bytes`}`))
      default:
        return part satisfies never
    }
  })
  const calls = [
    ...toolCalls.map((call) => `${yellow(call.toolName)} ${JSON.stringify(call.input)} ${dim(call.toolCallId)}`),
    ...invalidCalls.map(
      (call) => `${yellow(call.toolName)} ${printable(call.rawInput)} ${red(call.invalid?.code ?? '')}`,
    ),
  ]
  const raw = metadata['rawFinishReason']
  const end =
    status === 'partial'
      ? red('it stops here')
      : `${finishText(content.finishReason, typeof raw === 'string' ? raw : undefined)}, ${usageText(content.usage)}`
  const head = [
    answered.candidate === 0 ? [] : `#${answered.candidate}`,
    bold(content.model || 'no model named'),
  ].flat()
  return [head.join(' '), ...said.filter((text) => text !== ''), ...calls, dim(end)].join('\n')
}
