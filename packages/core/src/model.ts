import type { ModelChunk } from './chunk.ts'
import type { AssistantContent, Message, MessageLike } from './message.ts'
import type { Schema } from './schema.ts'
import type { Tool } from './tool.ts'

/** What a model is asked. */
export interface ModelRequest {
  readonly messages: readonly MessageLike[]
  /** What it may call. Nothing is run by the model: a call comes as a `tool-call` chunk. */
  readonly tools?: readonly Tool[]
  /** Whether it calls: as it likes (`auto`, the default), not at all, at least one, or this one. */
  readonly toolChoice?: ToolChoice
  /** What its answer has to be: sent as a JSON Schema, in the provider's own mode for it where it has one. The answer stays text. */
  readonly output?: Schema
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly toolName: string }

/**
 * The port behind which a model lives: anything with a name that turns a request into a stream of chunks.
 * `invoke` sends nothing; reading what it returns does.
 */
export interface Model {
  /** What operations call it. */
  readonly name: string
  readonly provider: string
  readonly model: string
  /** How many answers it gives to one request. Default: one. */
  readonly answers?: number
  invoke(request: string | ModelRequest, options?: { readonly signal?: AbortSignal }): ModelStream
  /** Closes what idles: connections kept for the next call. The model may be used again afterwards. */
  close?(): Promise<void>
}

/**
 * One answer as it is made. It is read once: by a loop, by `text()`, by `batches()`, or by awaiting `response`; whoever comes
 * first reads, and `response` resolves when that reading reaches the end.
 */
export interface ModelStream extends AsyncIterable<ModelChunk> {
  /** The whole message. Rejects as the loop would throw. Awaiting it reads the stream if nobody else does. */
  readonly response: Promise<Message<AssistantContent>>
  /** What has arrived so far, at any moment, also after a failure. The same message every time once the reading has ended. */
  readonly partial: Message<AssistantContent>
  /** The pieces of its text, as they arrive. */
  text(): AsyncIterable<string>
  /** One of `n` answers as a stream of its own. */
  candidate(index: number): AsyncIterable<ModelChunk>
  /** Chunks as they came off the wire together: what one network read gave. The cheapest way to read a stream. */
  batches(): AsyncIterable<readonly ModelChunk[]>
}
