import { BraidError } from './error.ts'
import { newOrderedId } from './id.ts'
import type { Usage } from './usage.ts'

/** What a message says, by `type`; its role follows from it. */
export type Content =
  | SystemContent
  | InstructionContent
  | AssistantContent
  | ActionRequestContent
  | ActionResponseContent

export interface SystemContent {
  readonly type: 'system'
  readonly system: string
}
export interface InstructionContent {
  readonly type: 'instruction'
  readonly instruction: string
  /** Shown to the model below the instruction: text as it is, anything else as JSON. */
  readonly context?: unknown
  readonly files?: readonly FilePart[]
}
export interface AssistantContent {
  readonly type: 'assistant-response'
  readonly parts: readonly (TextPart | RefusalPart | ReasoningPart | SourcePart | FilePart)[]
  readonly finishReason: FinishReason
  readonly usage: Usage
  readonly model: string
}
export interface ActionRequestContent {
  readonly type: 'action-request'
  readonly calls: readonly ToolCall[]
}
export interface ActionResponseContent {
  readonly type: 'action-response'
  readonly outcomes: readonly ToolOutcome[]
}

export interface TextPart {
  readonly type: 'text'
  readonly text: string
}
export interface RefusalPart {
  readonly type: 'refusal'
  readonly text: string
}
export interface ReasoningPart {
  readonly type: 'reasoning'
  readonly text: string
  /** The provider's proof of this reasoning, byte for byte. */
  readonly signature?: string
  /** Reasoning that the provider encrypted. */
  readonly redacted?: string
}
export interface SourcePart {
  readonly type: 'source'
  readonly id: string
  readonly url?: string
  readonly title?: string
}
export interface FilePart {
  readonly type: 'file'
  readonly mediaType: string
  readonly bytes?: Uint8Array
  readonly url?: string
}
export interface ToolCall {
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
  /** The provider's proof of the reasoning behind the call, byte for byte; it goes back with the call. */
  readonly signature?: string
}
export type ToolOutcome = ToolCall & ({ readonly output: unknown } | { readonly error: BraidError })

/** Why a model stopped. The provider's own word is beside it as `rawFinishReason`. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'error' | 'other'

export type Role = 'system' | 'user' | 'assistant' | 'tool'

export interface MessageInit<C extends Content = Content> {
  readonly content: C
  readonly sender?: string
  readonly recipient?: string
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Given when a stored message is read back. */
  readonly id?: string
  readonly status?: 'complete' | 'partial'
  readonly createdAt?: Date
}

const NO_METADATA: Readonly<Record<string, unknown>> = Object.freeze({})

/**
 * One immutable message.
 *
 * @example
 * const question = Message.instruction('What is SSE?', { context: { audience: 'beginners' } })
 * await branch.append(question)
 */
export class Message<out C extends Content = Content> {
  static system(text: string): Message<SystemContent> {
    return new Message({ content: { type: 'system', system: text } })
  }

  static instruction(
    text: string,
    more: Pick<InstructionContent, 'context' | 'files'> = {},
  ): Message<InstructionContent> {
    return new Message({ content: { type: 'instruction', instruction: text, ...more } })
  }

  static assistant(text: string): Message<AssistantContent> {
    return new Message({
      content: {
        type: 'assistant-response',
        parts: [{ type: 'text', text }],
        finishReason: 'stop',
        usage: {},
        model: '',
      },
    })
  }

  readonly id: string
  readonly role: Role
  readonly content: C
  readonly sender?: string
  readonly recipient?: string
  /** `partial` when the stream that made it did not reach its end. */
  readonly status: 'complete' | 'partial'
  readonly createdAt: Date
  readonly metadata: Readonly<Record<string, unknown>>

  constructor(init: MessageInit<C>) {
    checkContent(init?.content)
    this.id = init.id ?? newOrderedId()
    this.role = ROLES[init.content.type]
    this.content = init.content
    if (init.sender !== undefined) this.sender = init.sender
    if (init.recipient !== undefined) this.recipient = init.recipient
    this.status = init.status ?? 'complete'
    this.createdAt = init.createdAt ?? new Date()
    this.metadata = init.metadata ?? NO_METADATA
    Object.freeze(this)
  }

  /** Its text alone: no reasoning, no refusal, no tool calls. */
  get text(): string {
    const content: Content = this.content
    switch (content.type) {
      case 'system':
        return content.system
      case 'instruction':
        return content.instruction
      case 'assistant-response': {
        let text = ''
        for (const part of content.parts) if (part.type === 'text') text += part.text
        return text
      }
      case 'action-request':
      case 'action-response':
        return ''
      default:
        return content satisfies never
    }
  }
}

const ROLES: Readonly<Record<Content['type'], Role>> = {
  system: 'system',
  instruction: 'user',
  'assistant-response': 'assistant',
  'action-request': 'assistant',
  'action-response': 'tool',
}

/** A message, or the short form that chat APIs have taught everyone. */
export type MessageLike = Message | { readonly role: 'system' | 'user' | 'assistant'; readonly content: string }

/** A Message of either form. */
export function toMessage(like: MessageLike): Message {
  if (like instanceof Message) return like
  if (typeof like?.content !== 'string') {
    throw new BraidError(
      'invalid_request',
      `expected a Message, or { role, content } with a text as its content; got ${like?.content === undefined ? 'none' : `a content of type ${typeof like.content}`}`,
    )
  }
  switch (like.role) {
    case 'system':
      return Message.system(like.content)
    case 'user':
      return Message.instruction(like.content)
    case 'assistant':
      return Message.assistant(like.content)
    default:
      like satisfies never
      throw new BraidError(
        'invalid_request',
        "expected a Message, or { role, content } with the role 'system', 'user' or 'assistant'; got something else",
      )
  }
}

/** Messages are kept for good, so what is none is refused where it is made. Text is not shown: it may be a prompt. */
function checkContent(content: Content): void {
  const type = content?.type
  if (!Object.hasOwn(ROLES, type)) {
    throw new BraidError(
      'invalid_request',
      `expected a message's \`content\` with a \`type\` among ${Object.keys(ROLES).join(', ')}; got ${type === undefined ? 'none' : `\`${String(type)}\``}`,
    )
  }
  const text: unknown = type === 'system' ? content.system : type === 'instruction' ? content.instruction : ''
  if (typeof text !== 'string') {
    throw new BraidError('invalid_request', `expected the text of a message of type \`${type}\`; got ${typeof text}`)
  }
}
