import {
  BraidError,
  type Content,
  type FilePart,
  Message,
  type ReasoningPart,
  type TextPart,
  type ToolCall,
  type ToolOutcome,
} from '@braid/core'

/** Puts messages together of what others have in one, or in several: an answer and its calls; results that follow one another. */
export class Conversation {
  readonly messages: Message[] = []
  readonly #maker: string
  /** The calls so far, by their id. */
  readonly #calls = new Map<string, ToolCall>()

  /** Whose signed reasoning is in it. */
  constructor(maker: string) {
    this.#maker = maker
  }

  system(text: string): void {
    this.messages.push(Message.system(text))
  }

  instruction(text: string, files: readonly FilePart[]): void {
    this.messages.push(Message.instruction(text, files.length === 0 ? {} : { files }))
  }

  answer(parts: readonly (TextPart | ReasoningPart)[], calls: readonly ToolCall[]): void {
    const finishReason = calls.length > 0 ? 'tool-calls' : 'stop'
    if (parts.length > 0 || calls.length === 0) {
      this.#add({ type: 'assistant-response', parts, finishReason, usage: {}, model: '' })
    }
    if (calls.length === 0) return
    for (const call of calls) this.#calls.set(call.toolCallId, call)
    this.#add({ type: 'action-request', calls })
  }

  result(toolCallId: string, name: string | undefined, output: unknown, failed: boolean): void {
    const { toolName, input } = this.#calls.get(toolCallId) ?? { toolName: name ?? 'unknown', input: {} }
    const call = { toolCallId, toolName, input }
    const outcome: ToolOutcome = failed
      ? { ...call, error: new BraidError('tool_failed', typeof output === 'string' ? output : JSON.stringify(output)) }
      : { ...call, output }
    const last = this.messages.at(-1)?.content
    const before = last?.type === 'action-response' ? last.outcomes : []
    if (before.length > 0) this.messages.pop()
    this.#add({ type: 'action-response', outcomes: [...before, outcome] })
  }

  #add(content: Content): void {
    const signs = content.type === 'assistant-response' || content.type === 'action-request'
    this.messages.push(new Message({ content, ...(signs ? { metadata: { provider: this.#maker } } : {}) }))
  }
}
