import type { ModelChunk } from './chunk.ts'
import {
  type AssistantContent,
  type FilePart,
  type FinishReason,
  Message,
  type ReasoningPart,
  type RefusalPart,
  type SourcePart,
  type TextPart,
  type ToolCall,
} from './message.ts'
import { NO_USAGE, type Usage } from './usage.ts'

type Part = AssistantContent['parts'][number]
/** A block that may still grow. Text is appended to a string, which engines keep as a rope: no copy per delta. */
type Open =
  | {
      -readonly [K in keyof TextPart]: TextPart[K]
    }
  | { -readonly [K in keyof RefusalPart]: RefusalPart[K] }
  | { -readonly [K in keyof ReasoningPart]: ReasoningPart[K] }

/** Puts the chunks of one candidate together into a message. A delta whose start never came opens its block itself. */
export class Assembler {
  readonly #candidate: number
  readonly #parts: (Open | SourcePart | FilePart)[] = []
  readonly #open = new Map<string, Open>()
  readonly #calls: ToolCall[] = []
  #model = ''
  #responseId: string | undefined
  #usage: Usage = NO_USAGE
  #finishReason: FinishReason | undefined
  #rawFinishReason: string | undefined

  constructor(candidate = 0) {
    this.#candidate = candidate
  }

  /** Whether its `finish` has come. */
  get finished(): boolean {
    return this.#finishReason !== undefined
  }

  /** Whether anything at all has been said. */
  get empty(): boolean {
    return this.#parts.length === 0 && this.#calls.length === 0
  }

  get toolCalls(): readonly ToolCall[] {
    return this.#calls
  }

  push(chunk: ModelChunk): void {
    if (chunk.candidate !== this.#candidate) return
    switch (chunk.type) {
      case 'message-start':
        this.#model = chunk.model
        this.#responseId = chunk.id
        break
      case 'text-start':
      case 'refusal-start':
      case 'reasoning-start':
        // A second model call of one operation begins its ids again: a start is always a new block.
        this.#open.delete(chunk.id)
        this.#block(chunk.id, KIND[chunk.type])
        break
      case 'text-delta':
      case 'refusal-delta':
      case 'reasoning-delta':
        this.#block(chunk.id, KIND[chunk.type]).text += chunk.data
        break
      case 'reasoning-end': {
        const block = this.#block(chunk.id, 'reasoning') as Extract<Open, { type: 'reasoning' }>
        if (chunk.signature !== undefined) block.signature = chunk.signature
        if (chunk.redacted !== undefined) block.redacted = chunk.redacted
        break
      }
      case 'source':
        this.#parts.push({
          type: 'source',
          id: chunk.id,
          ...(chunk.url === undefined ? {} : { url: chunk.url }),
          ...(chunk.title === undefined ? {} : { title: chunk.title }),
        })
        break
      case 'file':
        this.#parts.push({
          type: 'file',
          mediaType: chunk.mediaType,
          ...(chunk.bytes === undefined ? {} : { bytes: chunk.bytes }),
          ...(chunk.url === undefined ? {} : { url: chunk.url }),
        })
        break
      case 'tool-call':
        this.#calls.push({ toolCallId: chunk.toolCallId, toolName: chunk.toolName, input: chunk.input })
        break
      case 'usage':
        this.#usage = chunk.usage
        break
      case 'finish':
        this.#usage = chunk.usage
        this.#finishReason = chunk.finishReason
        this.#rawFinishReason = chunk.rawFinishReason
        break
      case 'redaction': {
        const block = this.#open.get(chunk.id)
        if (block) block.text = ''
        break
      }
      case 'text-end':
      case 'refusal-end':
      case 'tool-input-start':
      case 'tool-input-delta':
      case 'tool-input-end':
      case 'raw':
        break
      default:
        chunk satisfies never
    }
  }

  /** The message as it is now, open blocks included. `partial` until the candidate's `finish` has come. */
  snapshot(): Message<AssistantContent> {
    const parts: Part[] = []
    for (const part of this.#parts) {
      // A block that opened and said nothing is no part of the message; one with a signature is.
      const said = part.type === 'source' || part.type === 'file' || part.text !== '' || part.type === 'reasoning'
      if (said) parts.push({ ...part })
    }
    return new Message({
      content: {
        type: 'assistant-response',
        parts,
        finishReason: this.#finishReason ?? 'other',
        usage: this.#usage,
        model: this.#model,
      },
      status: this.finished ? 'complete' : 'partial',
      metadata: {
        ...(this.#responseId === undefined || this.#responseId === '' ? {} : { responseId: this.#responseId }),
        ...(this.#rawFinishReason === undefined ? {} : { rawFinishReason: this.#rawFinishReason }),
      },
    })
  }

  #block(id: string, type: Open['type']): Open {
    const known = this.#open.get(id)
    if (known) return known
    const block: Open = { type, text: '' }
    this.#open.set(id, block)
    this.#parts.push(block)
    return block
  }
}

const KIND = {
  'text-start': 'text',
  'text-delta': 'text',
  'refusal-start': 'refusal',
  'refusal-delta': 'refusal',
  'reasoning-start': 'reasoning',
  'reasoning-delta': 'reasoning',
} as const
