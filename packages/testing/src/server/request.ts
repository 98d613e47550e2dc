import type { BraidError, ToolChoice } from '@braid/core'
import type { JsonObject } from '../wire/json.ts'
import type { Api, RequestMessage, RequestTool, RequestToolResult } from '../wire/wire.ts'

/**
 * One request that the server got, and what became of its answer. The second half changes while the answer is on its way.
 *
 * @example
 * const [first] = server.requests
 * first?.prompt // 'Why is the sky blue?'
 * await first?.closed
 * first?.outcome // 'client-left'
 */
export interface ReceivedRequest {
  /** Its place in the order of arrival, from 0. A request arrives when its body is complete. */
  readonly index: number
  /** Undefined where the path belongs to none of the APIs that this server speaks. */
  readonly api: Api | undefined
  readonly method: string
  /** With its query. A key in it is shown as `[present]`. */
  readonly path: string
  /** Lower-case names. Of those that carry a secret, only that they came: `[present]`. */
  readonly headers: Readonly<Record<string, string>>
  /** The JSON object that came; an empty one where none did. */
  readonly body: JsonObject
  readonly model: string
  /** Its messages, whatever the API calls them: the system prompt first, then the turns. */
  readonly messages: readonly RequestMessage[]
  /** The text of the last message of the user. */
  readonly prompt: string
  /** What it offers to be called. */
  readonly tools: readonly RequestTool[]
  /** How the model is to choose among them, in Braid's words; undefined where the request does not say. */
  readonly toolChoice: ToolChoice | undefined
  /** The JSON Schema that the answer has to be valid by, where it asks for the API's own mode. */
  readonly schema: JsonObject | undefined
  /** The results of tools that it brings, in their order. */
  readonly toolResults: readonly RequestToolResult[]
  /** Whether it asked for a stream. */
  readonly stream: boolean
  /** Which connection it came on, from 1. */
  readonly connection: number

  /** The status of the answer, once it has begun. */
  readonly status: number | undefined
  /** Bytes of the answer's body that were handed to the socket. The kernel may hold several megabytes of them. */
  readonly bytesWritten: number
  readonly outcome: RequestOutcome
  /** What a reply of the script threw, or a fault that had no place in its answer. The client got a 500. */
  readonly error: BraidError | undefined
  /** Resolves when the answer is over, one way or another: the outcome says which. */
  readonly closed: Promise<void>
}

/** `answered` means that all of the answer left; `client-left` that the client closed before that; `reset` is the fault. */
export type RequestOutcome = 'open' | 'answered' | 'client-left' | 'reset' | 'server-closed'

export type RequestHead = Pick<
  ReceivedRequest,
  | 'index'
  | 'api'
  | 'method'
  | 'path'
  | 'headers'
  | 'body'
  | 'model'
  | 'messages'
  | 'tools'
  | 'toolChoice'
  | 'schema'
  | 'toolResults'
  | 'stream'
  | 'connection'
>

/** The server's own side of a {@link ReceivedRequest}: it writes what users read. */
export class Received implements ReceivedRequest {
  readonly index: number
  readonly api: Api | undefined
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: JsonObject
  readonly model: string
  readonly messages: readonly RequestMessage[]
  readonly prompt: string
  readonly tools: readonly RequestTool[]
  readonly toolChoice: ToolChoice | undefined
  readonly schema: JsonObject | undefined
  readonly toolResults: readonly RequestToolResult[]
  readonly stream: boolean
  readonly connection: number
  status: number | undefined
  bytesWritten = 0
  outcome: RequestOutcome = 'open'
  error: BraidError | undefined
  readonly closed: Promise<void>
  #resolve!: () => void

  constructor(head: RequestHead) {
    this.index = head.index
    this.api = head.api
    this.method = head.method
    this.path = head.path
    this.headers = head.headers
    this.body = head.body
    this.model = head.model
    this.messages = head.messages
    this.tools = head.tools
    this.toolChoice = head.toolChoice
    this.schema = head.schema
    this.toolResults = head.toolResults
    this.prompt = head.messages.findLast(({ role }) => role === 'user')?.text ?? ''
    this.stream = head.stream
    this.connection = head.connection
    this.closed = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }

  /** Says how it will end. The first word counts. */
  mark(outcome: Exclude<RequestOutcome, 'open'>): void {
    if (this.outcome === 'open') this.outcome = outcome
  }

  /** It has ended: so, unless it was said before how. */
  end(outcome: Exclude<RequestOutcome, 'open'>): void {
    this.mark(outcome)
    this.#resolve()
  }
}
