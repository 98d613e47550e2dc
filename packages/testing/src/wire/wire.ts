import type { FinishReason, ToolChoice } from '@braid/core'
import type { Issued } from './issued.ts'
import type { JsonObject } from './json.ts'

/** The APIs that the provider server speaks. */
export type Api = 'openai-chat' | 'openai-responses' | 'anthropic-messages' | 'gemini' | 'bedrock-converse'

/** One message of a request, whatever its API calls it: its role in Braid's words and its text, without images and tool calls. */
export interface RequestMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly text: string
}

/** A tool that a request offers. */
export interface RequestTool {
  readonly name: string
  readonly description: string
  /** The JSON Schema of its input, as it came. */
  readonly schema: JsonObject
}

/** The result of a tool that a request brings back. */
export interface RequestToolResult {
  /** '' at Gemini, which goes by names and order. */
  readonly toolCallId: string
  readonly toolName: string
  /** Its text; JSON, where it came as JSON. */
  readonly output: string
  /** Whether the API was told so: OpenAI's have no mark for it, and say it in the text alone. */
  readonly failed: boolean
}

/** What a request asks for, read from its API's own body. */
export interface Asked {
  readonly model: string
  readonly messages: readonly RequestMessage[]
  readonly tools: readonly RequestTool[]
  readonly toolChoice: ToolChoice | undefined
  /** The JSON Schema that the answer has to be valid by, where the API's own mode was asked for. */
  readonly schema: JsonObject | undefined
  readonly toolResults: readonly RequestToolResult[]
  /** How the answer is framed: server-sent events, the elements of a JSON array, AWS's binary messages, or one JSON body. */
  readonly framing: 'sse' | 'array' | 'aws' | 'plain'
  /** How many candidates it wants. */
  readonly candidates: number
  /** What the real API would refuse it for, with a 400. */
  readonly problem?: string
}

/** What a model says, with nothing left open: the wires only frame it. */
export interface Spoken {
  /** Of the request, from 1: ids are made from it, so that the same script gives the same bytes. */
  readonly number: number
  readonly model: string
  readonly candidates: readonly SpokenCandidate[]
  readonly usage: {
    readonly input: number
    /** Reasoning included. */
    readonly output: number
    readonly reasoning: number
    readonly cached: number
  }
}

export interface SpokenCandidate {
  readonly text: string
  readonly reasoning: string
  readonly signature: string
  readonly redacted: string
  readonly toolCalls: readonly {
    /** Undefined where the script gave none and the API makes its own. */
    readonly id: string | undefined
    readonly name: string
    readonly input: unknown
    readonly rawInput: string
  }[]
  readonly finishReason: SpokenFinish
  readonly rawFinishReason: string | undefined
}

/** The reasons that all the APIs have a word for. */
export type SpokenFinish = Exclude<FinishReason, 'error' | 'other'>

/** What an error body says. What is left out is the provider's usual word for the status. */
export interface Problem {
  readonly status: number
  readonly message?: string | undefined
  /** The API's own error type: `type` at OpenAI and Anthropic, `status` at Gemini. */
  readonly type?: string | undefined
  /** OpenAI's `code`. */
  readonly code?: string | undefined
  readonly retryAfter?: number | string | undefined
}

/** Where faults find their place in an API's frames. */
export interface Anatomy {
  /** Matches up to where text begins in a frame that says some. */
  readonly text: RegExp
  /** Matches a frame that belongs to the protocol's end. */
  readonly closing: RegExp
}

/** One API, as its provider frames it. Frames are text or bytes; joined, they are the body. */
export interface Wire {
  /** Undefined for the wire of paths that belong to no API here. */
  readonly api: Api | undefined
  readonly anatomy: Anatomy
  owns(pathname: string): boolean
  read(body: JsonObject, context: ReadContext): Asked
  frames(spoken: Spoken, asked: Asked, body: JsonObject): Iterable<string | Uint8Array>
  /** The body of an answer that has not begun. */
  error(problem: Problem, asked: Asked, number: number): string
  /** The frame that reports an error in mid-stream. */
  errorFrame(problem: Problem, asked: Asked): string | Uint8Array
  /** Of a good answer. */
  contentType(asked: Asked): string
  /** Beyond the content type: the request's id. */
  headers(number: number): Readonly<Record<string, string>>
  /** Of an error, beside those. */
  errorHeaders?(problem: Problem): Readonly<Record<string, string>>
}

/** What a request says outside of its body, and what the server has given before it. */
export interface ReadContext {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly issued: Issued
}

/** A number as ids carry it: `000042`. */
export function serial(number: number): string {
  return String(number).padStart(6, '0')
}

/** What takes turns: the first of each list, then the second of each, as providers interleave candidates. */
export function* interleave<T>(lists: readonly (readonly T[])[]): Generator<readonly [index: number, item: T]> {
  const longest = lists.reduce((most, { length }) => Math.max(most, length), 0)
  for (let at = 0; at < longest; at++) {
    for (const [index, items] of lists.entries()) {
      const item = items[at]
      if (item !== undefined) yield [index, item]
    }
  }
}

/** The time that answers carry (seconds). Fixed, so that the same script gives the same bytes. */
export const CREATED = 1_700_000_000
