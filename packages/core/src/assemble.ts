import { type BlockType, type Growing, isBlock, type MessageBlock, partOf, type Violation } from './block.ts'
import type { ChunkOf, ModelChunk } from './chunk.ts'
import {
  type AssistantContent,
  type FilePart,
  type FinishReason,
  Message,
  type SourcePart,
  type ToolCall,
} from './message.ts'
import { NO_USAGE, type Usage } from './usage.ts'

/**
 * Puts the chunks of one candidate together into a message. What the protocol does not allow is repaired, so that nothing said is lost: a delta
 * whose start never came opens its block itself, a start while its block is open begins another one.
 */
export class Assembler {
  readonly #candidate: number
  #parts: (Growing | SourcePart | FilePart)[] = []
  /** The last block of each id. */
  readonly #blocks = new Map<string, Growing>()
  /** Ids of calls that a redaction took away: their `tool-call` would bring back what was in them. */
  readonly #withdrawn = new Set<string>()
  #calls: ToolCall[] = []
  #invalidCalls: ChunkOf<'tool-call'>[] = []
  #open = 0
  #model = ''
  #provider: string | undefined
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
    return this.#parts.length === 0 && this.#calls.length === 0 && this.#invalidCalls.length === 0
  }

  /** The calls that are for the reader to run, in the order in which they came: not those that the provider runs, nor invalid ones. */
  get toolCalls(): readonly ToolCall[] {
    return this.#calls
  }

  /** Those that may not, because their arguments did not parse. */
  get invalidCalls(): readonly ChunkOf<'tool-call'>[] {
    return this.#invalidCalls
  }

  /** Every block in the order in which they opened, as it is now. */
  get blocks(): readonly MessageBlock[] {
    return this.#parts.filter(isBlock)
  }

  /** The last block with this id. */
  block(id: string): MessageBlock | undefined {
    return this.#blocks.get(id)
  }

  /** Takes a chunk in, and tells what was wrong with it. Chunks of other candidates are passed over. */
  push(chunk: ModelChunk): Violation | undefined {
    if (chunk.candidate !== this.#candidate) return undefined
    switch (chunk.type) {
      case 'message-start': {
        // After a finish, it is the next model call of one operation.
        const twice = this.#responseId !== undefined && !this.finished
        this.#model = chunk.model
        this.#provider = chunk.provider
        this.#responseId = chunk.id
        return twice ? 'message-started-twice' : undefined
      }
      case 'text-start':
      case 'refusal-start':
      case 'reasoning-start':
        return this.#start(chunk.id, TYPE[chunk.type])
      case 'tool-input-start':
        return this.#start(chunk.id, 'tool-input', chunk.toolName)
      case 'text-delta':
      case 'refusal-delta':
      case 'reasoning-delta':
      case 'tool-input-delta':
        return this.#say(chunk.id, TYPE[chunk.type], chunk.data)
      case 'reasoning-end':
        return this.#endReasoning(chunk)
      case 'text-end':
      case 'refusal-end':
      case 'tool-input-end':
        return this.#end(chunk.id, TYPE[chunk.type])
      case 'source':
        this.#parts.push({
          type: 'source',
          id: chunk.id,
          ...(chunk.url === undefined ? {} : { url: chunk.url }),
          ...(chunk.title === undefined ? {} : { title: chunk.title }),
        })
        return undefined
      case 'file':
        this.#parts.push({
          type: 'file',
          mediaType: chunk.mediaType,
          ...(chunk.bytes === undefined ? {} : { bytes: chunk.bytes }),
          ...(chunk.url === undefined ? {} : { url: chunk.url }),
        })
        return undefined
      case 'tool-call':
        this.#call(chunk)
        return undefined
      case 'usage':
        this.#usage = chunk.usage
        return undefined
      case 'finish':
        this.#usage = chunk.usage
        this.#finishReason = chunk.finishReason
        this.#rawFinishReason = chunk.rawFinishReason
        return this.#open > 0 ? 'block-left-open' : undefined
      case 'redaction':
        this.#redact(chunk.id)
        return undefined
      case 'raw':
        return undefined
      default:
        return chunk satisfies never
    }
  }

  /** The message as it is now, open blocks included. `partial` until the candidate's `finish` has come. */
  snapshot(): Message<AssistantContent> {
    return new Message({
      content: {
        type: 'assistant-response',
        parts: this.#parts.flatMap(partOf),
        finishReason: this.#finishReason ?? 'other',
        usage: this.#usage,
        model: this.#model,
      },
      status: this.finished ? 'complete' : 'partial',
      metadata: {
        ...(this.#responseId === undefined || this.#responseId === '' ? {} : { responseId: this.#responseId }),
        ...(this.#provider === undefined ? {} : { provider: this.#provider }),
        ...(this.#rawFinishReason === undefined ? {} : { rawFinishReason: this.#rawFinishReason }),
      },
    })
  }

  /** A second model call of one operation begins its ids again: a start is always a new block. */
  #start(id: string, type: BlockType, toolName?: string): Violation | undefined {
    const before = this.#blocks.get(id)
    const twice = before?.state === 'open'
    if (twice) this.#stop(before)
    this.#withdrawn.delete(id)
    this.#add(id, type, toolName)
    return twice ? 'block-started-twice' : undefined
  }

  #say(id: string, type: BlockType, data: string): Violation | undefined {
    const block = this.#blocks.get(id)
    if (block?.type === type) {
      block.text += data
      // What replaces a redacted text may come after its end.
      return block.state === 'open' || block.withdrawn ? undefined : 'delta-after-end'
    }
    this.#add(id, type).text = data
    return block ? 'block-changed-type' : 'delta-without-start'
  }

  #end(id: string, type: BlockType): Violation | undefined {
    const block = this.#blocks.get(id)
    if (block === undefined) return 'end-without-start'
    if (block.type !== type) return 'block-changed-type'
    if (block.state === 'stopped') return 'block-ended-twice'
    this.#stop(block)
    return undefined
  }

  #endReasoning(chunk: ChunkOf<'reasoning-end'>): Violation | undefined {
    const { id, signature, redacted } = chunk
    const violation = this.#end(id, 'reasoning')
    if (signature === undefined && redacted === undefined) return violation
    let block = this.#blocks.get(id)
    // A signature may be all there is of a block.
    if (block?.type !== 'reasoning') {
      block = this.#add(id, 'reasoning')
      this.#stop(block)
    }
    if (signature !== undefined) block.signature = signature
    if (redacted !== undefined) block.redacted = redacted
    return violation
  }

  #call(chunk: ChunkOf<'tool-call'>): void {
    const { toolCallId, toolName, input, signature } = chunk
    const block = this.#blocks.get(toolCallId)
    if (block?.type === 'tool-input') block.called = true
    if (this.#withdrawn.has(toolCallId)) return
    if (chunk.invalid) this.#invalidCalls.push(chunk)
    else if (!chunk.providerExecuted) {
      this.#calls.push({ toolCallId, toolName, input, ...(signature === undefined ? {} : { signature }) })
    }
  }

  /** Of one block, or of all that was said where the id is the message's own. */
  #redact(id: string): void {
    const all = id === this.#responseId
    for (const part of this.#parts) {
      if (!isBlock(part) || !(all || part.id === id)) continue
      part.text = ''
      delete part.signature
      delete part.redacted
      part.withdrawn = true
      if (part.type === 'tool-input') this.#withdrawn.add(part.id)
    }
    const gone = ({ toolCallId }: ToolCall) => all || toolCallId === id
    for (const call of [...this.#calls, ...this.#invalidCalls]) if (gone(call)) this.#withdrawn.add(call.toolCallId)
    this.#calls = this.#calls.filter((call) => !gone(call))
    this.#invalidCalls = this.#invalidCalls.filter((call) => !gone(call))
    this.#parts = this.#parts.filter((part) => isBlock(part) || !(all || (part.type === 'source' && part.id === id)))
  }

  #add(id: string, type: BlockType, toolName?: string): Growing {
    const block: Growing = { id, type, state: 'open', text: '', ...(toolName === undefined ? {} : { toolName }) }
    this.#blocks.set(id, block)
    this.#parts.push(block)
    this.#open += 1
    return block
  }

  #stop(block: Growing): void {
    block.state = 'stopped'
    this.#open -= 1
  }
}

const TYPE = {
  'text-start': 'text',
  'text-delta': 'text',
  'text-end': 'text',
  'refusal-start': 'refusal',
  'refusal-delta': 'refusal',
  'refusal-end': 'refusal',
  'reasoning-start': 'reasoning',
  'reasoning-delta': 'reasoning',
  'tool-input-delta': 'tool-input',
  'tool-input-end': 'tool-input',
} as const satisfies Partial<Record<ModelChunk['type'], BlockType>>
